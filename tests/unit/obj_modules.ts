// SPDX-License-Identifier: GPL-3.0-or-later
#include "obj/modules.h"

#include "base/io.h"
#include "obj/maps.h"
#include "obj/modules_internal.h"
#include "obj/symindex.h"
#include "obj_fixture.h"

#include <math.h>
#include <stdbool.h>
#include <sys/auxv.h>
#include <sys/resource.h>
#include <sys/wait.h>

/** What a callback was told. */
struct hits {
	size_t num;
	size_t name_index[16];
	uint64_t addr[16];
	char name[16][256];
};

static struct err *on_function(void *ctx, size_t name_index, uint64_t addr, uint64_t size)
{
	struct hits *hits = ctx;

	(void)size;
	ck_assert_uint_lt(hits->num, 16);
	hits->name_index[hits->num] = name_index;
	hits->addr[hits->num++] = addr;
	return NULL;
}

static struct err *on_match(void *ctx, const char *full_name, uint64_t addr)
{
	struct hits *hits = ctx;

	ck_assert_uint_lt(hits->num, 16);
	snprintf(hits->name[hits->num], sizeof(hits->name[0]), "%s", full_name);
	hits->addr[hits->num++] = addr;
	return NULL;
}

static struct err *on_name(void *ctx, const char *name)
{
	return on_match(ctx, name, 0);
}

static struct err *on_function_stop(void *ctx, size_t name_index, uint64_t addr, uint64_t size)
{
	ck_ok(on_function(ctx, name_index, addr, size));
	return &err_stop;
}

/** Looks the names up in the module of an address. */
static struct hits find(const void *in, bool want_debug, const char *const *names, size_t num)
{
	struct hits hits = {0};

	ck_ok(module_find_functions(modules, module_of(in)->id, names, num, want_debug, on_function,
				    &hits));
	return hits;
}

static __attribute__((noinline, used)) int hidden_allocator(int size)
{
	__asm__ volatile("" : "+r"(size));
	return size + 1;
}

/** A function of libm, which is not static even where libc is interposed by a sanitizer. */
static const void *in_libm(void)
{
	void *libm = dlopen("libm.so.6", RTLD_NOW);
	void *sym = libm ? dlsym(libm, "cbrt") : NULL;

	ck_assert_ptr_nonnull(sym);
	return sym;
}

static void *in_libc(const char *symbol)
{
	void *sym = dlsym(dlopen("libc.so.6", RTLD_NOW | RTLD_NOLOAD), symbol);

	ck_assert_ptr_nonnull(sym);
	return sym;
}

struct loaded {
	size_t num;
};

static int check_loaded(struct dl_phdr_info *info, size_t size, void *ctx)
{
	struct loaded *loaded = ctx;
	int i;

	(void)size;
	for (i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *phdr = &info->dlpi_phdr[i];
		uint64_t start = info->dlpi_addr + phdr->p_vaddr;
		const struct module *module;

		if (phdr->p_type != PT_LOAD || !(phdr->p_flags & PF_X))
			continue;
		module = modules_find(modules, start);
		ck_assert_ptr_nonnull(module);
		ck_assert_uint_eq(module->bias, info->dlpi_addr);
		ck_assert(module->start <= start && start + phdr->p_memsz <= module->end);
		ck_assert_ptr_eq(modules_find(modules, start + phdr->p_memsz - 1), module);
		ck_assert(module->is_live && module->is_64bit_x86);
		ck_assert_ptr_eq(modules_get(modules, module->id), module);
		loaded->num++;
	}
	return 0;
}

/** Modules that a first look finds now are those that are known, at the same places. */
static void check_like_first_look(void)
{
	struct modules_delta delta = {0};
	struct modules *fresh;
	uint32_t id;
	size_t i, num_live = 0;

	ck_ok(modules_create(&fresh));
	ck_ok(modules_refresh(fresh, getpid(), &delta));
	for (i = 0; i < delta.added.num; i++) {
		const struct module *want = modules_get(fresh, delta.added.items[i]);
		const struct module *got = modules_find(modules, want->end - 1);

		ck_assert_ptr_nonnull(got);
		ck_assert_str_eq(got->path, want->path);
		ck_assert(got->is_live);
		ck_assert_uint_eq(got->start, want->start);
		ck_assert_uint_eq(got->end, want->end);
		ck_assert_uint_eq(got->bias, want->bias);
	}
	for (id = 1; id <= modules_num(modules); id++)
		num_live += modules_get(modules, id)->is_live;
	ck_assert_uint_eq(num_live, delta.added.num);
	ck_assert_uint_eq(modules->ranges.num, fresh->ranges.num);
	for (i = 0; i < fresh->ranges.num; i++) {
		ck_assert_uint_eq(modules->ranges.items[i].start, fresh->ranges.items[i].start);
		ck_assert_uint_eq(modules->ranges.items[i].end, fresh->ranges.items[i].end);
	}
	modules_delta_deinit(&delta);
	modules_destroy(fresh);
}

/** Map or unmap something of one of four files, to execute or only to read. */
static void change_mappings(char *at[4], unsigned random)
{
	unsigned file = random % 4, kind = random / 4 % 5, prot = PROT_READ;
	int fd;

	if (kind == 0) {
		munmap(at[file], 16 << 12);
		return;
	}
	if (kind == 1) {
		munmap(at[file] + (random / 32 % 16 << 12), 1 << 12);
		return;
	}
	prot |= random / 1024 % 3 ? PROT_EXEC : 0;
	fd = open(in_dir((const char *[]){"a", "b", "c", "d"}[file]), O_RDONLY | O_CLOEXEC);
	ck_assert_int_ge(fd, 0);
	// The whole, or some pages, at their own place or at another one.
	if (kind == 2)
		ck_assert(mmap(at[file], 16 << 12, (int)prot, MAP_PRIVATE | MAP_FIXED, fd, 0) != MAP_FAILED);
	else
		ck_assert(mmap(at[file] + (random / 32 % 12 << 12), 3 << 12, (int)prot, MAP_PRIVATE | MAP_FIXED,
			       fd, random / 512 % 8 << 12) != MAP_FAILED);
	close(fd);
}

#suite obj_modules

#tcase find

#test same_modules_and_biases_as_the_dynamic_linker
	struct loaded loaded = {0};

	dl_iterate_phdr(check_loaded, &loaded);
	ck_assert_uint_ge(loaded.num, 4);
	// Nothing but these: each of its own file.
	ck_assert_uint_eq(loaded.num, modules_num(modules));

#test own_executable
	const struct module *module = module_of((void *)hidden_allocator);
	char exe[PATH_MAX];
	ssize_t size = readlink("/proc/self/exe", exe, sizeof(exe) - 1);

	ck_assert_int_gt(size, 0);
	exe[size] = '\0';
	ck_assert_str_eq(module->path, exe);
	ck_assert_str_eq(module->name, strrchr(exe, '/') + 1);
	ck_assert(module->is_executable_file);
	ck_assert(!module_of(in_libc("malloc"))->is_executable_file);
	ck_assert_uint_eq(module_of(in_libc("malloc"))->build_id_size, 20);

#test every_mapping_as_maps_says
	struct maps_cursor cursor;
	struct map_entry map;
	size_t size, num_found = 0;
	char *text;

	ck_ok(io_read_file("/proc/self/maps", 1 << 24, &text, &size));
	maps_cursor_init(&cursor, text, size);
	while (maps_next(&cursor, &map)) {
		const struct module *module = modules_find(modules, map.start);

		if (map.inode && map.is_executable)
			ck_assert_ptr_nonnull(module);
		if (!map.inode && !map_entry_has_path(&map, "[vdso]"))
			ck_assert_ptr_null(module);
		if (!module)
			continue;
		ck_assert(map_entry_has_path(&map, module->path));
		ck_assert_ptr_eq(modules_find(modules, map.end - 1), module);
		ck_assert_ptr_ne(modules_find(modules, map.start - 1), map.offset ? NULL : module);
		num_found++;
	}
	ck_assert_uint_ge(num_found, 12);
	ck_assert_ptr_null(modules_find(modules, 0));
	ck_assert_ptr_null(modules_find(modules, UINT64_MAX));
	free(text);

#test vdso
	const char *const names[] = {"__vdso_clock_gettime"};
	const struct module *module = modules_find(modules, getauxval(AT_SYSINFO_EHDR));
	struct hits hits;

	ck_assert_ptr_nonnull(module);
	ck_assert_str_eq(module->path, "[vdso]");
	ck_assert_str_eq(module->name, "[vdso]");
	hits = find((void *)getauxval(AT_SYSINFO_EHDR), false, names, 1);
	ck_assert_uint_eq(hits.num, 1);

#test unchanged_refresh_finds_nothing
	struct modules_delta delta = {0};

	ck_ok(modules_refresh(modules, getpid(), &delta));
	ck_assert_uint_eq(delta.added.num, 0);
	ck_assert_uint_eq(delta.removed.num, 0);

#test forgotten_modules_keep_symbols_and_ids
	uint32_t id = module_of(in_libc("malloc"))->id;
	const char *const names[] = {"malloc"};
	size_t added, removed, num = modules_num(modules);
	struct hits hits = {0};

	modules_forget_live(modules);
	ck_assert_ptr_null(modules_find(modules, (uintptr_t)in_libc("malloc")));
	ck_assert(!modules_get(modules, id)->is_live);
	ck_ok(module_find_functions(modules, id, names, 1, false, on_function, &hits));
	ck_assert_uint_eq(hits.num, 1);
	refresh(&added, &removed);
	ck_assert_uint_eq(module_of(in_libc("malloc"))->id, id);
	ck_assert_uint_eq(removed, 0);
	// All but the copy of the vDSO's memory are known again by their files.
	ck_assert_uint_le(modules_num(modules), num + 1);

#test no_such_process
	struct modules_delta delta = {0};
	size_t num = modules_num(modules);
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	// First a zombie, then nothing.
	ck_assert_int_eq(waitid(P_PID, (id_t)pid, NULL, WEXITED | WNOWAIT), 0);
	ck_assert_ptr_eq(modules_refresh(modules, pid, &delta), &err_gone);
	ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
	ck_assert_ptr_eq(modules_refresh(modules, pid, &delta), &err_gone);
	ck_assert_uint_eq(delta.added.num + delta.removed.num, 0);
	ck_assert_uint_eq(modules_num(modules), num);
	ck_assert_ptr_nonnull(modules_find(modules, (uintptr_t)hidden_allocator));

#test open_files_limit_is_raised
	struct rlimit limit;

	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
	ck_assert_uint_eq(limit.rlim_cur, limit.rlim_max);

#tcase change

#test reload_keeps_id
	const char *path = in_dir("libx.so");
	uint32_t id, num;
	size_t added, removed;
	void *handle;

	copy_file(file_of(in_libm()), path);
	handle = dlopen(path, RTLD_NOW);
	refresh(&added, &removed);
	ck_assert_uint_eq(added, 1);
	id = module_of(dlsym(handle, "cbrt"))->id;
	num = modules_num(modules);
	ck_assert_str_eq(modules_get(modules, id)->path, path);
	dlclose(handle);
	refresh(&added, &removed);
	ck_assert_uint_eq(removed, 1);
	ck_assert(!modules_get(modules, id)->is_live);
	handle = dlopen(path, RTLD_NOW);
	refresh(&added, &removed);
	ck_assert_uint_eq(added, 1);
	ck_assert_uint_eq(module_of(dlsym(handle, "cbrt"))->id, id);
	ck_assert_uint_eq(modules_num(modules), num);

#test file_mapped_twice_is_two_modules
	const char *path = in_dir("libx.so");
	const struct module *first, *second;
	size_t added, removed;
	char *p, *q;

	copy_file(file_of(in_libm()), path);
	p = map_whole(path);
	q = map_whole(path);
	refresh(&added, &removed);
	ck_assert_uint_eq(added, 2);
	first = module_of(p);
	second = module_of(q);
	ck_assert_uint_ne(first->id, second->id);
	ck_assert_uint_eq(first->bias, (uintptr_t)p);
	ck_assert_uint_eq(second->bias, (uintptr_t)q);
	ck_assert_ptr_eq(modules_get_entry(modules, first->id)->image,
			 modules_get_entry(modules, second->id)->image);

#test move_between_refreshes_is_removal_and_addition
	const char *path = in_dir("libx.so");
	size_t added, removed, size;
	uint32_t id;
	char *p, *q;

	copy_file(file_of(in_libm()), path);
	p = map_whole(path);
	refresh(&added, &removed);
	id = module_of(p)->id;
	q = map_whole(path);
	size = modules_get(modules, id)->end - modules_get(modules, id)->start;
	munmap(p, size);
	refresh(&added, &removed);
	ck_assert_uint_eq(added, 1);
	ck_assert_uint_eq(removed, 1);
	ck_assert_uint_ne(module_of(q)->id, id);
	ck_assert_uint_eq(modules_get(modules, id)->bias, (uintptr_t)p);
	ck_assert_ptr_null(modules_find(modules, (uintptr_t)p));

#test changes_are_seen_like_at_a_first_look
	unsigned random = 1, round, i;
	size_t added, removed;
	char *at[4];

	for (i = 0; i < 4; i++) {
		copy_file(file_of(in_libm()), in_dir((const char *[]){"a", "b", "c", "d"}[i]));
		at[i] = mmap(NULL, 16 << 12, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		ck_assert(at[i] != MAP_FAILED);
	}
	for (round = 0; round < 400; round++) {
		for (i = 0; i <= round % 3; i++) {
			random = random * 1103515245 + 12345;
			change_mappings(at, random >> 8);
		}
		refresh(&added, &removed);
		check_like_first_look();
	}

#test replaced_file_is_another_module
	const char *path = in_dir("libx.so"), *const names[] = {"cbrt", "check_major_version"};
	size_t added, removed;
	struct hits hits;
	uint32_t id;
	char *p;

	copy_file(file_of(in_libm()), path);
	p = map_whole(path);
	refresh(&added, &removed);
	id = module_of(p)->id;
	hits = find(p, false, names, 2);
	ck_assert_uint_eq(hits.num, 1);
	munmap(p, modules_get(modules, id)->end - modules_get(modules, id)->start);
	ck_assert_int_eq(unlink(path), 0);
	copy_file(file_of((void *)getauxval(AT_BASE)), path);
	p = map_whole(path);
	refresh(&added, &removed);
	ck_assert_uint_ne(module_of(p)->id, id);
	hits = find(p, false, names, 2);
	ck_assert_uint_eq(hits.num, 0);
	hits = (struct hits){0};
	ck_ok(module_find_functions(modules, id, names, 2, false, on_function, &hits));
	ck_assert_uint_eq(hits.num, 1);

#test deleted_file_has_symbols
	const char *path = in_dir("libx.so"), *const names[] = {"cbrt"};
	size_t added, removed;
	struct hits hits;
	void *handle;

	copy_file(file_of(in_libm()), path);
	handle = dlopen(path, RTLD_NOW);
	ck_assert_int_eq(unlink(path), 0);
	refresh(&added, &removed);
	ck_assert_ptr_nonnull(strstr(module_of(dlsym(handle, "cbrt"))->path, " (deleted)"));
	hits = find(dlsym(handle, "cbrt"), false, names, 1);
	ck_assert_uint_eq(hits.num, 1);
	ck_assert_uint_eq(hits.addr[0] + module_of(dlsym(handle, "cbrt"))->bias,
			  (uintptr_t)dlsym(handle, "cbrt"));

#test copy_from_memory_is_as_good_as_the_file
	struct maps_cursor cursor;
	struct map_entry map;
	const struct symindex *index;
	struct image *image;
	uint64_t bias, addr = (uintptr_t)in_libc("malloc"), offset;
	char *text, in_copy[64];
	size_t size;
	int fd;

	ck_ok(io_read_file("/proc/self/maps", 1 << 24, &text, &size));
	maps_cursor_init(&cursor, text, size);
	while (maps_next(&cursor, &map) && addr >= map.end)
		;
	fd = image_copy_from_memory(getpid(), text, size, &map);
	ck_assert_int_ge(fd, 0);
	ck_ok(image_create(fd, map.path, map.path_size, &image));
	ck_assert(image->is_elf);
	ck_assert(image_bias_of(image, &map, 0, &bias));
	ck_assert_uint_eq(bias, module_of(in_libc("malloc"))->bias);
	image_mend_copy(image, bias);
	ck_assert(image->dynamic.has_symbols);
	ck_assert_mem_eq(image->build_id, module_of(in_libc("malloc"))->build_id, 20);
	ck_assert(image_offset_of(image, addr - bias, &offset));
	ck_assert(image_read(image, offset, in_copy, sizeof(in_copy)));
	ck_assert_mem_eq(in_copy, in_libc("malloc"), sizeof(in_copy));
	ck_ok(image_symindex(image, &index));
	ck_assert_ptr_nonnull(symindex_find(index, addr - bias));
	ck_assert_str_eq(symindex_find(index, addr - bias)->name, "malloc");
	image_destroy(image);
	free(text);

#test files_that_are_no_elf
	static const char text[] = "no ELF file, but somebody maps it to execute";
	const char *const names[] = {"malloc"};
	size_t added, removed;
	struct cfi_row row;
	struct hits hits;
	char *p;

	write_file(in_dir("jit"), text, sizeof(text));
	p = map_whole(in_dir("jit"));
	refresh(&added, &removed);
	ck_assert_uint_eq(added, 1);
	ck_assert(!module_of(p)->is_64bit_x86);
	ck_assert_uint_eq(module_of(p)->bias, (uintptr_t)p);
	hits = find(p, true, names, 1);
	ck_assert_uint_eq(hits.num, 0);
	ck_ok(modules_cfi_row(modules, (uintptr_t)p + 8, true, &row));
	ck_assert_int_eq(row.kind, CFI_ROW_NO_CFI);

#test truncated_files
	const char *const names[] = {"cbrt", "malloc"};
	size_t size, cut, added, removed;
	char *bytes = read_whole(file_of(in_libm()), &size), *p;
	const struct module *libm = module_of(in_libm());
	char *build_id = memmem(bytes, size, libm->build_id, libm->build_id_size);
	struct cfi_row row;
	struct hits hits;

	// No machine has a debug file of that name, so libdw searches in vain, and may load what it would download with.
	ck_assert_ptr_nonnull(build_id);
	memset(build_id, 0xee, libm->build_id_size);
	for (cut = 1; cut < size; cut = cut * 5 / 3 + 7) {
		write_file(in_dir("cut"), bytes, cut);
		p = map_whole(in_dir("cut"));
		refresh(&added, &removed);
		ck_assert_uint_eq(added, 1);
		hits = find(p, true, names, 2);
		ck_assert_uint_le(hits.num, 1);
		(void)!modules_cfi_row(modules, (uintptr_t)p + cut / 2, true, &row);
		munmap(p, cut);
		unlink(in_dir("cut"));
	}
	free(bytes);

#tcase functions

#test exported_functions_of_libc
	static const char *const names[] = {"malloc",	"calloc",      "realloc",
					    "free",	"no_such_one", "posix_memalign"};
	struct hits hits = find(in_libc("malloc"), false, names, 6);
	uint64_t bias = module_of(in_libc("malloc"))->bias;
	size_t i;

	ck_assert_uint_eq(hits.num, 5);
	for (i = 0; i < hits.num; i++)
		ck_assert_uint_eq(hits.addr[i] + bias,
				  (uintptr_t)in_libc(names[hits.name_index[i]]));

#test debug_symbols_report_the_same_address_once
	static const char *const names[] = {"malloc", "free"};
	struct hits hits = find(in_libc("malloc"), true, names, 2);

	ck_assert_uint_eq(hits.num, 2);

#test indirect_functions_are_left_out
	static const char *const names[] = {"strlen", "strdup"};
	struct hits hits = find(in_libc("strdup"), true, names, 2);

	ck_assert_uint_eq(hits.num, 1);
	ck_assert_uint_eq(hits.name_index[0], 1);

#test undefined_functions_are_left_out
	static const char *const names[] = {"dlopen", "dl_iterate_phdr"};
	struct hits hits = find((void *)hidden_allocator, true, names, 2);

	ck_assert_uint_eq(hits.num, 0);

#test function_that_the_executable_does_not_export
	static const char *const names[] = {"nothing", "hidden_allocator"};
	struct hits hits = find((void *)hidden_allocator, false, names, 2);

	ck_assert_uint_eq(hits.num, 1);
	ck_assert_uint_eq(hits.name_index[0], 1);
	ck_assert_uint_eq(hits.addr[0] + module_of((void *)hidden_allocator)->bias,
			  (uintptr_t)hidden_allocator);

#test callback_can_stop
	static const char *const names[] = {"malloc", "free"};
	struct hits hits = {0};

	ck_assert_ptr_eq(module_find_functions(modules, module_of(in_libc("malloc"))->id, names, 2, false,
				     on_function_stop, &hits), &err_stop);
	ck_assert_uint_eq(hits.num, 1);

#test unknown_module
	static const char *const names[] = {"malloc"};
	struct hits hits = {0};
	uint64_t addr;

	ck_assert_ptr_eq(module_find_functions(modules, 0, names, 1, false, on_function, &hits), &err_not_found);
	ck_assert_ptr_eq(module_match_functions(modules, 1u << 20, "f", on_match, &hits), &err_not_found);
	ck_assert_ptr_eq(module_find_rendezvous(modules, 1u << 20, &addr), &err_not_found);

#test rendezvous_is_where_the_dynamic_linker_says
	uint64_t addr;
	size_t id, num = 0;

	for (id = 1; id <= modules_num(modules); id++) {
		struct err *err = module_find_rendezvous(modules, (uint32_t)id, &addr);

		if (err == &err_not_found)
			continue;
		ck_ok(err);
		ck_assert_uint_eq(addr, _r_debug.r_brk);
		num++;
	}
	ck_assert_uint_eq(num, 1);

#test syscall_instruction
	uint64_t addr;

	ck_ok(modules_find_syscall_insn(modules, getpid(), &addr));
	ck_assert_mem_eq((void *)(uintptr_t)addr, "\x0f\x05", 2);
	ck_assert_str_eq(modules_find(modules, addr)->name, "[vdso]");
	modules_forget_live(modules);
	ck_assert_ptr_eq(modules_find_syscall_insn(modules, getpid(), &addr), &err_not_found);

#test names_as_a_user_types_them
	static const char source[] =
		"namespace ns { struct Klass { int method(int); int method(char); Klass(int); };\n"
		"int Klass::method(int i) { return i; }\n"
		"int Klass::method(char c) { return c + 1; }\n"
		"Klass::Klass(int) {}\n"
		"template <typename T> int tmpl(T t) { return t; }\n"
		"template int tmpl<int>(int); }\n"
		"void *operator new(__SIZE_TYPE__, int) noexcept { return nullptr; }\n"
		"extern \"C\" int plain(void) { return 3; }\n";
	struct hits hits = {0};
	size_t added, removed;
	void *handle, *sym;
	uint32_t id;

	write_file(in_dir("a.cc"), source, sizeof(source) - 1);
	run("%s -x c++ -shared -fPIC -O1 -o %s %s", compiler(), in_dir("a.so"), in_dir("a.cc"));
	handle = dlopen(in_dir("a.so"), RTLD_NOW);
	ck_assert_ptr_nonnull(handle);
	sym = dlsym(handle, "_ZN2ns5Klass6methodEi");
	ck_assert_ptr_nonnull(sym);
	refresh(&added, &removed);
	id = module_of(sym)->id;
	ck_ok(module_match_functions(modules, id, "ns::Klass::method(int)", on_match, &hits));
	ck_assert_uint_eq(hits.num, 1);
	ck_assert_str_eq(hits.name[0], "ns::Klass::method(int)");
	ck_assert_uint_eq(hits.addr[0] + module_of(sym)->bias, (uintptr_t)sym);
	ck_ok(module_match_functions(modules, id, "ns::Klass::method", on_match, &hits));
	ck_assert_uint_eq(hits.num, 3);
	ck_ok(module_match_functions(modules, id, "_ZN2ns5Klass6methodEc", on_match, &hits));
	ck_assert_uint_eq(hits.num, 4);
	ck_assert_str_eq(hits.name[3], "ns::Klass::method(char)");
	// C1 and C2 constructors are one piece of code.
	ck_ok(module_match_functions(modules, id, "ns::Klass::Klass", on_match, &hits));
	ck_assert_uint_eq(hits.num, 5);
	ck_ok(module_match_functions(modules, id, "ns::tmpl<int>", on_match, &hits));
	ck_assert_uint_eq(hits.num, 6);
	ck_ok(module_match_functions(modules, id, "operator new", on_match, &hits));
	ck_assert_uint_eq(hits.num, 7);
	ck_ok(module_match_functions(modules, id, "plain", on_match, &hits));
	ck_assert_uint_eq(hits.num, 8);
	ck_assert_str_eq(hits.name[7], "plain");
	ck_ok(module_match_functions(modules, id, "method", on_match, &hits));
	ck_ok(module_match_functions(modules, id, "ns::Klass", on_match, &hits));
	ck_ok(module_match_functions(modules, id, "plai", on_match, &hits));
	ck_ok(module_match_functions(modules, id, "", on_match, &hits));
	ck_assert_uint_eq(hits.num, 8);

	hits.num = 0;
	ck_ok(module_complete_functions(modules, id, "ns::Klass::m", on_name, &hits));
	ck_assert_uint_eq(hits.num, 2);
	ck_assert_str_eq(hits.name[0], "ns::Klass::method");
	ck_ok(module_complete_functions(modules, id, "pla", on_name, &hits));
	ck_assert_uint_eq(hits.num, 3);
	ck_assert_str_eq(hits.name[2], "plain");

#main-pre
	tcase_add_checked_fixture(tc1_1, fixture_setup, fixture_teardown);
	tcase_add_checked_fixture(tc1_2, fixture_setup, fixture_teardown);
	tcase_add_checked_fixture(tc1_3, fixture_setup, fixture_teardown);
	tcase_set_timeout(tc1_2, 60);
	tcase_set_timeout(tc1_3, 60);
