// SPDX-License-Identifier: GPL-3.0-or-later
#include "obj/symbolize.h"

#include "heap/frame.h"
#include "obj/demangle.h"
#include "obj/source.h"
#include "obj_fixture.h"

#include <elfutils/libdwfl.h>

#include <sys/auxv.h>

static struct symbolizer *symbolizer;
static const struct resolver *resolver;

static void setup(void)
{
	fixture_setup();
	ck_ok(symbolizer_create(modules, &symbolizer));
	resolver = symbolizer_resolver(symbolizer);
}

static void teardown(void)
{
	symbolizer_destroy(symbolizer);
	fixture_teardown();
}

/** Inlining, three deep. The comments are searched for to find line numbers. */
static const char c_source[] =
	"#define INLINE static inline __attribute__((always_inline))\n"
	"INLINE void innermost(void (*fn)(void))\n"
	"{\n"
	"	fn(); // in innermost\n"
	"	__asm__ volatile(\"nop\");\n"
	"}\n"
	"INLINE void middle(void (*fn)(void))\n"
	"{\n"
	"	__asm__ volatile(\"nop\");\n"
	"	innermost(fn); // in middle\n"
	"}\n"
	"void probe(void (*fn)(void))\n"
	"{\n"
	"	__asm__ volatile(\"nop\");\n"
	"	middle(fn); // in probe\n"
	"	__asm__ volatile(\"nop\");\n"
	"}\n";

static const char cc_source[] =
	"namespace ns {\n"
	"template <typename T> struct Box {\n"
	"	__attribute__((noinline)) void open(void (*fn)())\n"
	"	{\n"
	"		fn(); // in open\n"
	"		__asm__ volatile(\"nop\");\n"
	"	}\n"
	"	__attribute__((always_inline)) void peek(void (*fn)())\n"
	"	{\n"
	"		open(fn); // in peek\n"
	"	}\n"
	"};\n"
	"}\n"
	"extern \"C\" void probe(void (*fn)())\n"
	"{\n"
	"	ns::Box<int> box;\n"
	"	box.peek(fn);\n"
	"	__asm__ volatile(\"nop\");\n"
	"}\n";

static uint32_t line_of(const char *source, const char *comment)
{
	const char *end = strstr(source, comment);
	uint32_t line = 1;

	ck_assert_ptr_nonnull(end);
	for (; source < end; source++)
		line += *source == '\n';
	return line;
}

/** Return address into the function that called back last. */
static void *called_from;

static __attribute__((noinline)) void on_call(void)
{
	called_from = __builtin_return_address(0);
}

static uint64_t frame_of(const void *pc)
{
	const struct module *module = module_of(pc);

	return frame_make(module->id, (uintptr_t)pc - module->bias);
}

/** Call the probe() of a loaded library, and return the frame that called back. */
static uint64_t probe_handle(void *handle)
{
	void (*function)(void (*)(void));
	size_t added, removed;

	*(void **)&function = dlsym(handle, "probe");
	ck_assert_ptr_nonnull(*(void **)&function);
	function(on_call);
	refresh(&added, &removed);
	return frame_of((char *)called_from - 1);
}

static uint64_t probe(const char *path)
{
	void *handle = dlopen(path, RTLD_NOW);

	ck_assert_msg(handle, "%s", dlerror());
	return probe_handle(handle);
}

static const char *text(uint32_t id)
{
	return strtab_get(resolver->strings, id);
}

/** The source, made in the directory of the test, as a library. */
static const char *compile(const char *source, const char *name, const char *flags)
{
	const char *library = in_dir("lib.so");

	write_file(in_dir(name), source, strlen(source));
	run("cd %s && %s -O2 -fPIC -shared %s -o %s %s", dir, compiler(), flags, library,
	    in_dir(name));
	return library;
}

/** The chain of c_source, as found with full debug information. */
static void check_chain(const char *library)
{
	const struct location *l;
	size_t num, i;

	ck_ok(resolver->resolve(resolver->ctx, probe(library), &l, &num));
	ck_assert_uint_eq(num, 3);
	ck_assert_str_eq(text(l[0].function), "innermost");
	ck_assert_uint_eq(l[0].line, line_of(c_source, "// in innermost"));
	ck_assert_str_eq(text(l[1].function), "middle");
	ck_assert_uint_eq(l[1].line, line_of(c_source, "// in middle"));
	ck_assert_str_eq(text(l[2].function), "probe");
	ck_assert_uint_eq(l[2].line, line_of(c_source, "// in probe"));
	for (i = 0; i < num; i++) {
		ck_assert_str_eq(text(l[i].file), in_dir("c.c"));
		ck_assert_str_eq(text(l[i].module), library);
		ck_assert(l[i].has_line);
		ck_assert(!l[i].is_plumbing);
	}
}

/** The function alone, by its symbol: no line of somebody else. One note tells why. */
static void check_no_lines(const char *library, const char *note)
{
	const struct location *l;
	size_t num, again;
	char *got;

	for (again = 0; again < 2; again++) {
		// The second time an address that is not cached.
		uint64_t frame = probe(library) - again;

		ck_ok(resolver->resolve(resolver->ctx, frame, &l, &num));
		ck_assert_uint_eq(num, 1);
		ck_assert_str_eq(text(l[0].function), "probe");
		ck_assert_int_eq(strncmp(text(l[0].file), "lib.so(probe+0x", 15), 0);
		ck_assert(!l[0].has_line);
		ck_assert_uint_eq(l[0].line, 0);
	}
	got = symbolizer_take_note(symbolizer);
	ck_assert_ptr_nonnull(got);
	ck_assert_msg(strstr(got, note), "%s", got);
	free(got);
	ck_assert_ptr_null(symbolizer_take_note(symbolizer));
}

/** elfutils is older than that. */
static bool is_elfutils_before(int minor)
{
	int major, got;

	ck_assert_int_eq(sscanf(dwfl_version(NULL), "%d.%d", &major, &got), 2);
	return major == 0 && got < minor;
}

static void check_normalized(const char *path, const char *expected)
{
	char buf[64];

	snprintf(buf, sizeof(buf), "%s", path);
	source_path_normalize(buf);
	ck_assert_str_eq(buf, expected);
}

static void check_demangled(char *demangled, const char *expected)
{
	if (expected)
		ck_assert_str_eq(demangled, expected);
	else
		ck_assert_ptr_null(demangled);
	free(demangled);
}

#suite obj_symbolize

#tcase dwarf

#test inlined_functions
	check_chain(compile(c_source, "c.c", "-g"));

#test inlined_functions_dwarf_4
	check_chain(compile(c_source, "c.c", "-gdwarf-4"));

#test inlined_functions_split_dwarf
	check_chain(compile(c_source, "c.c", "-gdwarf-5 -gsplit-dwarf"));

#test-loop(0,2) no_line_without_the_split_file
	static const char *const flags[] = {"-gdwarf-4 -gsplit-dwarf", "-gdwarf-5 -gsplit-dwarf"};
	const char *library = compile(c_source, "c.c", flags[_i]);

	run("cd %s && mkdir moved && mv *.dwo moved && cd moved && for f in *; do [ $f = c.dwo ] || mv $f c.dwo; done", dir);
	check_no_lines(library, "lib.so: split debug information is missing (");

#test no_line_with_another_split_file
	const char *library = compile(c_source, "c.c", "-gdwarf-5 -gsplit-dwarf");

	// It has the name, but not the identity.
	run("cd %s && cp lib.so kept && sed s/innermost/another/g c.c >d.c && mv d.c c.c && "
	    "%s -O2 -fPIC -shared -gdwarf-5 -gsplit-dwarf -o lib.so c.c && mv kept lib.so", dir, compiler());
	check_no_lines(library, "lib.so: split debug information is missing (");

#test no_wrong_line_with_a_package_of_split_files
	const char *library = compile(c_source, "c.c", "-gdwarf-4 -gsplit-dwarf");

	if (system("dwp --version >/dev/null 2>&1") == 0) {
		run("cd %s && dwp -e lib.so -o lib.so.dwp && rm *.dwo", dir);
		if (is_elfutils_before(189))
			check_no_lines(library, "cannot use lib.so.dwp: no lines");
	}

#test sections_compressed_with_zstd
	const char *library = compile(c_source, "c.c", "-g -Wl,--build-id=none");

	if (system("objcopy --help | grep -q zstd") == 0) {
		run("objcopy --compress-debug-sections=zstd %s", library);
		if (is_elfutils_before(189))
			check_no_lines(library, "lib.so: its debug information is compressed with zstd");
	}

#test debug_file_compressed_with_zstd
	const char *library = compile(c_source, "c.c", "-g -Wl,--build-id=none");

	if (system("objcopy --help | grep -q zstd") == 0) {
		run("cd %s && mkdir .debug && objcopy --only-keep-debug --compress-debug-sections=zstd lib.so .debug/lib.dbg && "
		    "objcopy --strip-all --add-gnu-debuglink=.debug/lib.dbg lib.so", dir);
		if (is_elfutils_before(189))
			check_no_lines(library, "lib.so: its debug information is compressed with zstd");
	}

#test nothing_is_missing
	check_chain(compile(c_source, "c.c", "-gdwarf-5 -gsplit-dwarf"));
	ck_assert_ptr_null(symbolizer_take_note(symbolizer));

#test inlined_functions_compressed_and_relocated_sections
	check_chain(compile(c_source, "c.c", "-g -gz -ffunction-sections -Wl,--gc-sections"));

#test inlined_functions_without_aranges
	const char *library = compile(c_source, "c.c", "-g");

	run("objcopy --remove-section .debug_aranges %s", library);
	check_chain(library);

#test inlined_functions_in_file_with_debuglink
	const char *library = compile(c_source, "c.c", "-g -Wl,--build-id=none");

	run("cd %s && mkdir .debug && objcopy --only-keep-debug lib.so .debug/lib.dbg && "
	    "objcopy --strip-all --add-gnu-debuglink=.debug/lib.dbg lib.so",
	    dir);
	check_chain(library);

#test relative_compilation
	const char *library = in_dir("lib.so");

	write_file(in_dir("c.c"), c_source, strlen(c_source));
	run("mkdir %s/sub && cd %s/sub && %s -O2 -g -fPIC -shared -o ../lib.so .././/c.c", dir, dir,
	    compiler());
	check_chain(library);

#test cplusplus_names
	const char *library = compile(cc_source, "c.cc", "-g -x c++");
	const struct location *l;
	size_t num;

	ck_ok(resolver->resolve(resolver->ctx, probe(library), &l, &num));
	ck_assert_uint_eq(num, 1);
	ck_assert_str_eq(text(l[0].function), "ns::Box<int>::open(void (*)())");
	ck_assert_uint_eq(l[0].line, line_of(cc_source, "// in open"));

#test own_function_by_entry
	const struct location *l, *again;
	size_t num;

	ck_ok(resolver->resolve(resolver->ctx, frame_of((void *)on_call), &l, &num));
	ck_assert_uint_ge(num, 1);
	ck_assert_str_eq(text(l[num - 1].function), "on_call");
	ck_ok(resolver->resolve(resolver->ctx, frame_of((void *)on_call), &again, &num));
	ck_assert_ptr_eq(l, again);

#test source_lines
	const char *library = compile(c_source, "c.c", "-g");
	const struct location *l;
	size_t num;
	char *line;

	ck_ok(resolver->resolve(resolver->ctx, probe(library), &l, &num));
	line = symbolizer_source_line(symbolizer, text(l[1].file), l[1].line);
	ck_assert_str_eq(line, "\tinnermost(fn); // in middle");
	free(line);
	// Read once: what comes later changes nothing.
	ck_assert_int_eq(unlink(text(l[1].file)), 0);
	line = symbolizer_source_line(symbolizer, text(l[1].file), 1);
	ck_assert_str_eq(line, "#define INLINE static inline __attribute__((always_inline))");
	free(line);
	ck_assert_ptr_null(symbolizer_source_line(symbolizer, text(l[1].file), 0));
	ck_assert_ptr_null(symbolizer_source_line(symbolizer, text(l[1].file), 18));
	ck_assert_ptr_null(symbolizer_source_line(symbolizer, "/no/such/file", 1));
	ck_assert_ptr_null(symbolizer_source_line(symbolizer, "c.c", 1));
	ck_assert_ptr_null(symbolizer_source_line(symbolizer, "/dev/zero", 1));

#test source_lines_of_odd_files
	char *line;

	write_file(in_dir("odd"), "a\r\n\nlast", 8);
	line = symbolizer_source_line(symbolizer, in_dir("odd"), 1);
	ck_assert_str_eq(line, "a");
	free(line);
	line = symbolizer_source_line(symbolizer, in_dir("odd"), 2);
	ck_assert_str_eq(line, "");
	free(line);
	line = symbolizer_source_line(symbolizer, in_dir("odd"), 3);
	ck_assert_str_eq(line, "last");
	free(line);
	ck_assert_ptr_null(symbolizer_source_line(symbolizer, in_dir("odd"), 4));
	write_file(in_dir("empty"), "", 0);
	ck_assert_ptr_null(symbolizer_source_line(symbolizer, in_dir("empty"), 1));

#tcase symbols

#test symbol_without_lines
	const char *library = compile(c_source, "c.c", "-g0 -s");
	char expected[64];
	const struct location *l;
	uint64_t frame = probe(library);
	size_t num;
	void *start = dlsym(dlopen(library, RTLD_NOW), "probe");

	ck_ok(resolver->resolve(resolver->ctx, frame, &l, &num));
	ck_assert_uint_eq(num, 1);
	snprintf(expected, sizeof(expected), "lib.so(probe+0x%zx)",
		 (size_t)((char *)called_from - 1 - (char *)start));
	ck_assert_str_eq(text(l[0].file), expected);
	ck_assert_str_eq(text(l[0].function), "probe");
	ck_assert_str_eq(text(l[0].module), library);
	ck_assert_uint_eq(l[0].line, 0);
	ck_assert(!l[0].has_line);

#test mangled_symbol_without_lines
	const char *library = compile(cc_source, "c.cc", "-g0 -x c++");
	const struct location *l;
	size_t num;

	ck_ok(resolver->resolve(resolver->ctx, probe(library), &l, &num));
	ck_assert_str_eq(text(l[0].function), "ns::Box<int>::open(void (*)())");
	ck_assert_int_eq(strncmp(text(l[0].file), "lib.so(ns::Box<int>::open(void (*)())+0x", 40), 0);

#test module_without_symbol
	const char *library = compile(c_source, "c.c", "-g0 -s");
	const struct location *l;
	char expected[64];
	size_t num;
	// The ELF header lies in no function.
	uint64_t frame = frame_make(frame_module(probe(library)), 0x11);

	ck_ok(resolver->resolve(resolver->ctx, frame, &l, &num));
	snprintf(expected, sizeof(expected), "lib.so(+0x11)");
	ck_assert_str_eq(text(l[0].file), expected);
	ck_assert_uint_eq(l[0].function, 0);
	ck_assert(!l[0].has_line);

#test deleted_module_has_its_plain_name
	const char *library = compile(c_source, "c.c", "-g0 -s");
	void *handle = dlopen(library, RTLD_NOW);
	const struct location *l;
	size_t num;

	ck_assert_ptr_nonnull(handle);
	ck_assert_int_eq(unlink(library), 0);
	ck_ok(resolver->resolve(resolver->ctx, probe_handle(handle), &l, &num));
	ck_assert_int_eq(strncmp(text(l[0].file), "lib.so(probe+0x", 15), 0);

#test sane_names_among_aliases
	static const char *const names[] = {"malloc", "free", "qsort_r", "strdup", "fopen", "printf"};
	void *libc = dlopen("libc.so.6", RTLD_NOW | RTLD_NOLOAD);
	const struct location *l;
	size_t num, i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		uint64_t frame = frame_of(dlsym(libc, names[i]));

		ck_ok(resolver->resolve(resolver->ctx, frame, &l, &num));
		ck_assert_str_eq(text(l[num - 1].function), names[i]);
	}

#test plumbing_is_marked
	void *libc = dlopen("libc.so.6", RTLD_NOW | RTLD_NOLOAD);
	const struct location *l;
	size_t num;

	ck_ok(resolver->resolve(resolver->ctx, frame_of(dlsym(libc, "strdup")), &l, &num));
	ck_assert(l[num - 1].is_plumbing);
	ck_ok(resolver->resolve(resolver->ctx, frame_of(dlsym(libc, "qsort")), &l, &num));
	ck_assert(!l[num - 1].is_plumbing);

#test vdso_function
	const struct location *l;
	size_t num, id = modules_find(modules, getauxval(AT_SYSINFO_EHDR))->id;

	ck_ok(resolver->resolve(resolver->ctx, frame_make((uint32_t)id, 1), &l, &num));
	ck_assert_str_eq(text(l[0].file), "[vdso](+0x1)");

#test unknown_frames
	static const uint64_t frames[] = {FRAME_UNKNOWN, 0x123456, UINT64_MAX,
					  (uint64_t)FRAME_MODULE_MAX << FRAME_ADDR_BITS};
	const struct location *l;
	size_t num, i;

	for (i = 0; i < 4; i++) {
		ck_ok(resolver->resolve(resolver->ctx, frames[i], &l, &num));
		ck_assert_uint_eq(num, 1);
		ck_assert_str_eq(text(l[0].file), "<unknown>");
		ck_assert_uint_eq(l[0].line, 0);
		ck_assert_uint_eq(l[0].function, 0);
		ck_assert_uint_eq(l[0].module, 0);
		ck_assert(!l[0].has_line && !l[0].is_plumbing);
	}

#test after_the_end_of_the_process
	const char *library = compile(c_source, "c.c", "-g");
	uint64_t frame = probe(library);
	const struct location *l;
	size_t num;

	dlclose(dlopen(library, RTLD_NOW));
	modules_forget_live(modules);
	ck_assert_int_eq(unlink(library), 0);
	ck_ok(resolver->resolve(resolver->ctx, frame, &l, &num));
	ck_assert_uint_eq(num, 3);
	ck_assert_str_eq(text(l[2].function), "probe");

#test flipped_bits_in_dwarf
	const char *library = compile(c_source, "c.c", "-g");
	uint64_t frame = probe(library);
	size_t size, added, removed, i;
	char *good = read_whole(library, &size), *bytes = malloc(size);
	unsigned round, seed = 3;

	for (round = 0; round < 200; round++) {
		const struct location *l;
		size_t num;
		char *p;

		memcpy(bytes, good, size);
		// All but the headers.
		for (i = 0; i < 1 + round; i++)
			bytes[4096 + (size_t)rand_r(&seed) % (size - 4096)] ^=
				(char)(1 << rand_r(&seed) % 8);
		unlink(in_dir("fuzz"));
		write_file(in_dir("fuzz"), bytes, size);
		p = map_whole(in_dir("fuzz"));
		refresh(&added, &removed);
		for (i = 0; i < 64; i++) {
			uint64_t addr = (frame_addr(frame) & ~31ull) + i;

			ck_ok(resolver->resolve(resolver->ctx, frame_make(module_of(p)->id, addr), &l,
						&num));
			ck_assert_uint_ge(num, 1);
		}
		munmap(p, size);
	}
	free(bytes);
	free(good);

#tcase names

#test demangle
	check_demangled(demangle_full("_ZN2ns1fEi"), "ns::f(int)");
	check_demangled(demangle_base("_ZN2ns1fEi"), "ns::f");
	check_demangled(demangle_full("_Znwm@@GLIBCXX_3.4"), "operator new(unsigned long)");
	check_demangled(demangle_base("_ZN2ns1fEi.constprop.0"), "ns::f");
	check_demangled(demangle_full("_ZN4core3fmt5write17h0123456789abcdefE"), "core::fmt::write");
	check_demangled(demangle_full("_RNvCsbmNqQUJIY6D_4core3foo"), "core::foo");
	check_demangled(demangle_full("_ZN2ns1fEi.isra.0"), "ns::f(int) [clone .isra.0]");
	check_demangled(demangle_full("i"), NULL);
	check_demangled(demangle_full(""), NULL);
	check_demangled(demangle_full("_"), NULL);
	check_demangled(demangle_full("_Z"), NULL);
	check_demangled(demangle_full("_Realloc"), NULL);
	check_demangled(demangle_full("malloc"), NULL);
	check_demangled(demangle_full("_ZN99999999999999999999f"), NULL);

#test names_without_suffixes
	ck_assert_uint_eq(demangle_whole_size("f"), 1);
	ck_assert_uint_eq(demangle_whole_size("f.cold"), 1);
	ck_assert_uint_eq(demangle_whole_size("f.isra.0.constprop.12"), 1);
	ck_assert_uint_eq(demangle_whole_size("f.part.0.cold@V1"), 1);
	ck_assert_uint_eq(demangle_whole_size("f@@V1.cold"), 1);
	ck_assert_uint_eq(demangle_whole_size("main.f"), 6);
	ck_assert_uint_eq(demangle_whole_size("main.f.cold"), 6);
	ck_assert_uint_eq(demangle_whole_size("f.cold.g"), 8);
	ck_assert_uint_eq(demangle_whole_size("f.coldness"), 10);
	ck_assert_uint_eq(demangle_whole_size(".cold"), 5);
	ck_assert_uint_eq(demangle_whole_size("f."), 2);
	ck_assert_uint_eq(demangle_whole_size(""), 0);

#test demangle_of_random_names_is_safe
	static const char alphabet[] = "ZNSKRPTIEJLC_0123456789abcdefhimlstvwxyzQWGDF";
	unsigned round, seed = 5;

	for (round = 0; round < 20000; round++) {
		char name[64] = "_Z";
		size_t i, size = 3 + (size_t)rand_r(&seed) % 40;

		name[1] = rand_r(&seed) % 4 ? 'Z' : 'R';
		for (i = 2; i < size; i++)
			name[i] = alphabet[(size_t)rand_r(&seed) % (sizeof(alphabet) - 1)];
		free(demangle_full(name));
		free(demangle_base(name));
	}

#test normalized_paths
	check_normalized("/a/b.c", "/a/b.c");
	check_normalized("/a/./b.c", "/a/b.c");
	check_normalized("./malloc/./malloc.c", "malloc/malloc.c");
	check_normalized("/a//b///c.c", "/a/b/c.c");
	check_normalized("/a/b/../c.c", "/a/c.c");
	check_normalized("/a/../../c.c", "/c.c");
	check_normalized("a/../c.c", "c.c");
	check_normalized("../a/c.c", "../a/c.c");
	check_normalized("a/../../c.c", "../c.c");
	check_normalized("../../c.c", "../../c.c");
	check_normalized("/a/b/../../c.c", "/c.c");
	check_normalized("/a/..b/.c/c.c", "/a/..b/.c/c.c");
	check_normalized("/a/b/..", "/a/");
	check_normalized("a", "a");
	check_normalized("", "");
	check_normalized("/", "/");
	check_normalized(".", "");

#main-pre
	tcase_add_checked_fixture(tc1_1, setup, teardown);
	tcase_add_checked_fixture(tc1_2, setup, teardown);
	tcase_set_timeout(tc1_1, 60);
	tcase_set_timeout(tc1_2, 120);
	tcase_set_timeout(tc1_3, 60);
