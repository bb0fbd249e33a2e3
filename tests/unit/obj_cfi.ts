// SPDX-License-Identifier: GPL-3.0-or-later
#include "obj/modules.h"

#include "obj_fixture.h"

#include <execinfo.h>
#include <gelf.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdalign.h>
#include <sys/auxv.h>
#include <ucontext.h>
#include <unistd.h>

#define MAX_DEPTH 64

#if defined(__has_feature)
#define HAS_ASAN_FEATURE __has_feature(address_sanitizer)
#else
#define HAS_ASAN_FEATURE 0
#endif
#if defined(__SANITIZE_ADDRESS__) || HAS_ASAN_FEATURE
#define IS_SANITIZED 1
#else
#define IS_SANITIZED 0
#endif

/** A stack walked with rows: return addresses, exact pcs for interrupted frames. */
struct walked {
	uint64_t pcs[MAX_DEPTH];
	size_t num;
	/** Kind of the row that ended it. */
	int last_kind;
	/** Kinds met. */
	unsigned kinds;
};

struct cursor {
	uint64_t pc;
	bool is_call_site;
	uint64_t regs[WALK_NUM_REGS];
};

static __attribute__((no_sanitize("address"))) uint64_t peek(uint64_t addr)
{
	return *(volatile uint64_t *)(uintptr_t)addr;
}

static void registers_of(const ucontext_t *context, struct cursor *ret)
{
	static const int places[WALK_NUM_REGS] = {
		[WALK_SP] = REG_RSP,  [WALK_BP] = REG_RBP,  [WALK_BX] = REG_RBX,
		[WALK_R12] = REG_R12, [WALK_R13] = REG_R13, [WALK_R14] = REG_R14,
		[WALK_R15] = REG_R15, [WALK_R10] = REG_R10,
	};
	unsigned i;

	for (i = 0; i < WALK_NUM_REGS; i++)
		ret->regs[i] = (uint64_t)context->uc_mcontext.gregs[places[i]];
	ret->pc = (uint64_t)context->uc_mcontext.gregs[REG_RIP];
	ret->is_call_site = false;
}

static uint64_t cfa_of(const struct cursor *cursor, const struct cfi_row *row)
{
	uint64_t base = cursor->regs[row->cfa_reg];

	if (row->kind == CFI_ROW_DEREF)
		base = peek(base + (uint64_t)(int64_t)row->deref_offset);
	else if (row->kind == CFI_ROW_PLT && (int)(cursor->pc & 15) >= row->deref_offset)
		base += 8;
	return base + (uint64_t)(int64_t)row->cfa_offset;
}

static void step(struct cursor *cursor, const struct cfi_row *row)
{
	struct cursor next = *cursor;
	uint64_t cfa;
	unsigned i;

	if (row->kind == CFI_ROW_SIGNAL) {
		registers_of((const ucontext_t *)(uintptr_t)cursor->regs[WALK_SP], cursor);
		return;
	}
	cfa = cfa_of(cursor, row);
	for (i = WALK_BP; i <= WALK_R15; i++)
		if (row->reg_offset[i] != CFI_ROW_SAME)
			next.regs[i] = peek(cfi_row_saved_addr(row, i, cfa, cursor->regs[WALK_BP]));
	next.regs[WALK_SP] = cfa;
	next.pc = peek(cfa + (uint64_t)(int64_t)row->ra_offset);
	next.is_call_site = true;
	*cursor = next;
}

/** From the caller of getcontext() to the end, by rows alone. */
static void walk(const ucontext_t *context, struct walked *ret)
{
	struct cursor cursor;
	struct cfi_row row;

	registers_of(context, &cursor);
	ret->num = 0;
	ret->kinds = 0;
	while (ret->num < MAX_DEPTH) {
		ret->pcs[ret->num++] = cursor.pc;
		ck_ok(modules_cfi_row(modules, cursor.pc, cursor.is_call_site, &row));
		ret->last_kind = row.kind;
		ret->kinds |= 1u << row.kind;
		if (row.kind == CFI_ROW_END || row.kind == CFI_ROW_NO_CFI || row.kind == CFI_ROW_NONE)
			return;
		step(&cursor, &row);
	}
}

static struct walked walked;
static void *expected[MAX_DEPTH];
static int num_expected;

/** Walk the stack of the caller both ways. */
static __attribute__((noinline)) void record(void)
{
	ucontext_t context;

	num_expected = backtrace(expected, MAX_DEPTH);
	getcontext(&context);
	walk(&context, &walked);
}

/** Both ways agree, but for the pc inside record(), and reach the end. */
static void check_recorded(size_t min_depth)
{
	size_t i, extra = (size_t)num_expected - walked.num;

	ck_assert_int_eq(walked.last_kind, CFI_ROW_END);
	ck_assert_uint_ge(walked.num, min_depth);
	// A sanitizer's own backtrace() shows itself too.
	ck_assert_uint_le(extra, IS_SANITIZED);
	for (i = 1; i < walked.num; i++)
		ck_assert_uint_eq(walked.pcs[i], (uintptr_t)expected[i + extra]);
}

static int compare_and_record(const void *a, const void *b)
{
	record();
	return *(const int *)a - *(const int *)b;
}

static void on_signal(int sig)
{
	(void)sig;
	record();
	// Not a tail call.
	__asm__ volatile("");
}

static void *on_thread(void *arg)
{
	record();
	return arg;
}

#if defined(__clang__)
#define NOIPA __attribute__((noinline))
#else
#define NOIPA __attribute__((noipa))
#pragma GCC diagnostic ignored "-Wstack-usage="
#endif

/** The frame is realigned, and its size is known only when it runs: gcc addresses the arguments through a register that it
 *  saves (DW_CFA_def_cfa_expression). The callee-saved registers are in use. */
static NOIPA int realigned(int a, int b, int c, int d, int e, int f, int g)
{
	alignas(64) volatile char wide[64];
	volatile char *sized = __builtin_alloca((size_t)a * 16 + 16);

	wide[a] = (char)b;
	sized[a] = (char)c;
	record();
	return wide[a] + sized[a] + a * b + c * d + e * f + g;
}

static NOIPA int keeps_registers(int n)
{
	register long r12 __asm__("r12") = n + 12, r13 __asm__("r13") = n + 13;
	register long bx __asm__("rbx") = n + 3, r14 __asm__("r14") = n + 14;

	__asm__ volatile("" : "+r"(r12), "+r"(r13), "+r"(bx), "+r"(r14));
	n = realigned(1, n, 3, 4, 5, 6, 7);
	__asm__ volatile("" : "+r"(r12), "+r"(r13), "+r"(bx), "+r"(r14));
	return n + (int)(r12 + r13 + bx + r14);
}

/** Code without any CFI: the first bytes are a signal trampoline of a libc that has none, such as musl's. */
void bare_code(void);
void bare_function(void);
__asm__(".pushsection .text\n"
	".globl bare_code\n"
	".type bare_code, @function\n"
	"bare_code:\n"
	"	mov $15, %rax\n"
	"	syscall\n"
	"	ret\n"
	"	ret\n"
	".globl bare_function\n"
	".type bare_function, @function\n"
	"bare_function:\n"
	"	ret\n"
	"	ret\n"
	".size bare_function, . - bare_function\n"
	".size bare_code, . - bare_code\n"
	".popsection\n");

static struct cfi_row row_at(uint64_t pc, bool is_call_site)
{
	struct cfi_row row;

	ck_ok(modules_cfi_row(modules, pc, is_call_site, &row));
	return row;
}

/** Section of the test program by name. False: it has none. */
static bool find_section(const char *name, GElf_Shdr *ret)
{
	int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	Elf *elf = elf_begin(fd, ELF_C_READ, NULL);
	Elf_Scn *section = NULL;
	bool is_found = false;
	size_t names;

	ck_assert_int_eq(elf_getshdrstrndx(elf, &names), 0);
	while (!is_found && (section = elf_nextscn(elf, section))) {
		ck_assert_ptr_nonnull(gelf_getshdr(section, ret));
		is_found = strcmp(elf_strptr(elf, names, ret->sh_name), name) == 0;
	}
	elf_end(elf);
	close(fd);
	return is_found;
}

static void *map_bytes(const char *path, const char *bytes, size_t size)
{
	// Another inode each time, so another module.
	unlink(path);
	write_file(path, bytes, size);
	return map_whole(path);
}

static struct err *on_function(void *ctx, size_t name_index, uint64_t addr, uint64_t size)
{
	(void)ctx;
	(void)addr;
	(void)size;
	ck_assert_uint_lt(name_index, 3);
	return NULL;
}

static const char *libm_path(void)
{
	return file_of(dlsym(dlopen("libm.so.6", RTLD_NOW), "cbrt"));
}

/** Part of the file that holds the CFI, as offset and size. */
static void cfi_part(const char *bytes, size_t *offset_ret, size_t *size_ret)
{
	const Elf64_Ehdr *ehdr = (const Elf64_Ehdr *)bytes;
	const Elf64_Phdr *phdrs = (const Elf64_Phdr *)(bytes + ehdr->e_phoff);
	size_t i;

	for (i = 0; i < ehdr->e_phnum && phdrs[i].p_type != PT_GNU_EH_FRAME; i++)
		;
	ck_assert_uint_lt(i, ehdr->e_phnum);
	*offset_ret = phdrs[i].p_offset;
	// .eh_frame follows its header.
	*size_ret = phdrs[i].p_filesz * 4;
}

#suite obj_cfi

#tcase walk

#test plain_calls
	record();
	check_recorded(4);

#test through_a_library_and_back
	int numbers[] = {3, 1, 2};

	qsort(numbers, 3, sizeof(numbers[0]), compare_and_record);
	check_recorded(6);
	ck_assert_int_eq(numbers[0], 1);

#test through_realigned_frames
	ck_assert_int_ne(keeps_registers(1), 0);
	check_recorded(6);
#if defined(__GNUC__) && !defined(__clang__) && !IS_SANITIZED
	ck_assert(walked.kinds & 1u << CFI_ROW_DEREF);
#endif

#test through_a_signal_handler
	signal(SIGUSR1, on_signal);
	raise(SIGUSR1);
	check_recorded(6);
	ck_assert(walked.kinds & 1u << CFI_ROW_SIGNAL);

#test through_a_signal_handler_on_its_own_stack
	static char area[1 << 16];
	stack_t stack = {.ss_sp = area, .ss_size = sizeof(area)};
	struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_ONSTACK};

	ck_assert_int_eq(sigaltstack(&stack, NULL), 0);
	ck_assert_int_eq(sigaction(SIGUSR1, &action, NULL), 0);
	raise(SIGUSR1);
	check_recorded(6);

#test a_thread_ends_where_it_began
	pthread_t thread;

	ck_assert_int_eq(pthread_create(&thread, NULL, on_thread, NULL), 0);
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
	check_recorded(3);

#tcase rows

#test outermost_frame
	struct cfi_row row = row_at(getauxval(AT_ENTRY), false);

	ck_assert_int_eq(row.kind, CFI_ROW_END);

#test function_entry
	struct cfi_row row = row_at((uintptr_t)compare_and_record, false);

	ck_assert_int_eq(row.kind, CFI_ROW_REG);
	ck_assert_int_eq(row.cfa_reg, WALK_SP);
	ck_assert_int_eq(row.cfa_offset, 8);
	ck_assert_int_eq(row.ra_offset, -8);
	ck_assert_int_eq(row.reg_offset[WALK_BP], CFI_ROW_SAME);
	ck_assert_int_eq(row.reg_offset[WALK_R15], CFI_ROW_SAME);

#test plt_stubs
	GElf_Shdr plt;
	struct cfi_row row;
	uint64_t bias = module_of((void *)on_signal)->bias;

	// Programs linked with -z now have none.
	if (find_section(".plt", &plt) && plt.sh_size >= 48) {
		row = row_at(bias + plt.sh_addr + 16 + 6, false);
		ck_assert_int_eq(row.kind, CFI_ROW_PLT);
		ck_assert_int_eq(row.cfa_reg, WALK_SP);
		ck_assert_int_eq(row.cfa_offset, 8);
		ck_assert_int_ge(row.deref_offset, 6);
		ck_assert_int_le(row.deref_offset, 11);
	}

#test code_without_cfi
	ck_assert_int_eq(row_at((uintptr_t)bare_code + 10, false).kind, CFI_ROW_NO_CFI);
	ck_assert_int_eq(row_at((uintptr_t)bare_function + 1, false).kind, CFI_ROW_NO_CFI);
	ck_assert_int_eq(row_at((uintptr_t)bare_function, true).kind, CFI_ROW_NO_CFI);
	ck_assert_int_eq(row_at((uintptr_t)bare_function, false).kind, CFI_ROW_REG);
	ck_assert_int_eq(row_at((uintptr_t)bare_function, false).cfa_offset, 8);
	ck_assert_int_eq(row_at((uintptr_t)bare_code, false).kind, CFI_ROW_SIGNAL);
	ck_assert_int_eq(row_at((uintptr_t)bare_code, true).kind, CFI_ROW_SIGNAL);

#test pcs_outside_modules
	ck_assert_int_eq(row_at(0, true).kind, CFI_ROW_NO_CFI);
	ck_assert_int_eq(row_at(0, false).kind, CFI_ROW_NO_CFI);
	ck_assert_int_eq(row_at(UINT64_MAX, false).kind, CFI_ROW_NO_CFI);
	ck_assert_int_eq(row_at((uintptr_t)&walked, true).kind, CFI_ROW_NO_CFI);
	modules_forget_live(modules);
	ck_assert_int_eq(row_at((uintptr_t)on_signal, true).kind, CFI_ROW_NO_CFI);

#test nearly_all_of_libc_has_rows
	const struct module *libc = module_of(dlsym(dlopen("libc.so.6", RTLD_NOW | RTLD_NOLOAD),
						    "qsort"));
	size_t num[CFI_ROW_NO_CFI + 1] = {0}, total = 0;
	struct cfi_row row;
	uint64_t pc;

	for (pc = libc->start; pc < libc->end; pc += 61) {
		struct err *err = modules_cfi_row(modules, pc, true, &row);

		ck_assert(!err || err == &err_not_found);
		ck_assert(!!err == (row.kind == CFI_ROW_NONE));
		ck_assert_uint_le(row.kind, CFI_ROW_NO_CFI);
		num[row.kind]++;
		total++;
	}
	ck_assert_uint_gt(num[CFI_ROW_REG], total / 3);
	ck_assert_uint_lt(num[CFI_ROW_NONE], total / 200);
	ck_assert_uint_gt(num[CFI_ROW_NO_CFI], 0);

#tcase hostile

#test flipped_bits_in_cfi
	size_t size, offset, part, added, removed, i;
	char *good = read_whole(libm_path(), &size), *bytes = malloc(size), *p;
	unsigned round, seed = 7;
	struct cfi_row row;

	cfi_part(good, &offset, &part);
	for (round = 0; round < 60; round++) {
		memcpy(bytes, good, size);
		for (i = 0; i < 1 + part / 200; i++)
			bytes[offset + (size_t)rand_r(&seed) % part] ^= (char)(1 << rand_r(&seed) % 8);
		p = map_bytes(in_dir("fuzz"), bytes, size);
		refresh(&added, &removed);
		for (i = 0; i < size; i += 577) {
			struct err *err = modules_cfi_row(modules, (uintptr_t)p + i, i & 1, &row);

			ck_assert(!err || err == &err_not_found);
			ck_assert_uint_le(row.kind, CFI_ROW_NO_CFI);
		}
		munmap(p, size);
	}
	free(bytes);
	free(good);

#test flipped_bits_in_headers
	const char *const names[] = {"cbrt", "malloc", "free"};
	size_t size, added, removed, i;
	char *good = read_whole(libm_path(), &size), *bytes = malloc(size), *p;
	unsigned round, seed = 11;
	const Elf64_Ehdr *ehdr = (const Elf64_Ehdr *)good;
	struct cfi_row row;

	for (round = 0; round < 300; round++) {
		memcpy(bytes, good, size);
		for (i = 0; i < 1 + round % 8; i++)
			bytes[(size_t)rand_r(&seed) % 4096] ^= (char)(1 << rand_r(&seed) % 8);
		// Section headers too.
		bytes[ehdr->e_shoff + (size_t)rand_r(&seed) % ((size_t)ehdr->e_shnum * 64)] ^= (char)(1 << rand_r(&seed) % 8);
		p = map_bytes(in_dir("fuzz"), bytes, size);
		refresh(&added, &removed);
		for (i = 0; i < size; i += 5077)
			(void)!modules_cfi_row(modules, (uintptr_t)p + i, i & 1, &row);
		if (modules_find(modules, (uintptr_t)p))
			(void)!module_find_functions(modules, module_of(p)->id, names, 3, true,
						     on_function, NULL);
		munmap(p, size);
	}
	free(bytes);
	free(good);

#main-pre
	tcase_add_checked_fixture(tc1_1, fixture_setup, fixture_teardown);
	tcase_add_checked_fixture(tc1_2, fixture_setup, fixture_teardown);
	tcase_add_checked_fixture(tc1_3, fixture_setup, fixture_teardown);
	tcase_set_timeout(tc1_2, 60);
	tcase_set_timeout(tc1_3, 120);
