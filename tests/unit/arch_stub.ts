// SPDX-License-Identifier: GPL-3.0-or-later
/** The stub of an injected system call: a thread that is left alone in it comes back with everything that it had. */
#include "arch/x86_64.h"
#include "test_util.h"

#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>

static const struct arch *arch = &arch_x86_64;
/** Shared with the child: the stub, and behind it a trap. */
static uint8_t *page;
static pid_t child;

#define TRAP_AT  1024
#define SERIAL   0x1234567890
#define CHECKED  ((1u << 0) | (1u << 2) | (1u << 6) | (1u << 7) | (1u << 11))
#define PATTERN(i) (0x1111111100000000 + (i))

static void setup(void)
{
	int status;

	page = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_SHARED | MAP_ANONYMOUS, -1,
		    0);
	ck_assert_ptr_ne(page, MAP_FAILED);
	page[TRAP_AT] = 0xcc;
	child = test_fork();
	if (child == 0) {
		ptrace(PTRACE_TRACEME, 0, 0, 0);
		raise(SIGSTOP);
		_exit(0);
	}
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert(WIFSTOPPED(status));
	ck_assert_int_eq(ptrace(PTRACE_SETOPTIONS, child, 0, PTRACE_O_EXITKILL), 0);
}

static void teardown(void)
{
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	munmap(page, 4096);
}

/** Every register of its own, going on at the trap. */
static void fill(struct arch_regs *regs)
{
	unsigned i;

	ck_assert_int_eq(ptrace(PTRACE_GETREGS, child, 0, regs), 0);
	for (i = 0; i <= W_RDI; i++)
		regs->word[i] = PATTERN(i);
	// Carry, parity, zero, sign and overflow set: no instruction may change them.
	regs->word[W_EFLAGS] |= CHECKED;
	regs->word[W_ORIG_RAX] = (uint64_t)-1;
	arch->set_pc(regs, (uint64_t)(uintptr_t)page + TRAP_AT);
}

/** Let the child make call nr in the stub, with no more help. Its registers then. */
static struct arch_regs run(const struct arch_regs *back, long nr, const uint64_t args[6],
			    uint64_t mask)
{
	uint64_t all = ~(1ull << (SIGTRAP - 1));
	struct arch_regs regs = *back;
	int status;

	arch->stub(back, mask, SERIAL, page);
	arch->set_syscall(&regs, (uint64_t)(uintptr_t)page, nr, args);
	ck_assert_int_eq(ptrace(PTRACE_SETREGS, child, 0, &regs), 0);
	ck_assert_int_eq(ptrace(PTRACE_SETSIGMASK, child, sizeof(all), &all), 0);
	ck_assert_int_eq(ptrace(PTRACE_CONT, child, 0, 0), 0);
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_msg(WIFSTOPPED(status) && WSTOPSIG(status) == SIGTRAP, "status %#x",
		      (unsigned)status);
	ck_assert_int_eq(ptrace(PTRACE_GETREGS, child, 0, &regs), 0);
	return regs;
}

#suite arch_stub

#tcase stub

#test comes_back_by_itself
	const uint64_t mask = 1ull << (SIGUSR1 - 1), none[6] = {0};
	struct arch_regs wanted, got;
	uint64_t now, i;

	fill(&wanted);
	got = run(&wanted, SYS_getpid, none, mask);
	// Behind the trap.
	ck_assert_uint_eq(arch->pc(&got), arch->pc(&wanted) + 1);
	for (i = 0; i <= W_RDI; i++)
		ck_assert_msg(got.word[i] == PATTERN(i), "register %d: %#llx", (int)i,
			      (unsigned long long)got.word[i]);
	ck_assert_uint_eq(got.word[W_RSP], wanted.word[W_RSP]);
	ck_assert_uint_eq(got.word[W_EFLAGS] & CHECKED, CHECKED);
	ck_assert_int_eq(ptrace(PTRACE_GETSIGMASK, child, sizeof(now), &now), 0);
	ck_assert_uint_eq(now, mask);

#test makes_the_call
	// dup2() of a descriptor that the test has to one that it has not.
	const uint64_t args[6] = {STDOUT_FILENO, 200};
	struct arch_regs back;
	char path[64];

	fill(&back);
	run(&back, SYS_dup2, args, 0);
	snprintf(path, sizeof(path), "/proc/%d/fd/200", (int)child);
	ck_assert_int_eq(access(path, F_OK), 0);

#test serial
	struct arch_regs back;
	uint64_t serial;

	fill(&back);
	arch->stub(&back, 0, SERIAL, page);
	memcpy(&serial, page + ARCH_STUB_SERIAL, sizeof(serial));
	ck_assert_uint_eq(serial, SERIAL);

#test finish_syscall
	// The call's number, its result, whether it is in a call at all, begins again, and as what.
	static const struct {
		long nr;
		long result;
		bool is_in_call;
		bool is_restarted;
		long rax;
	} cases[] = {
		{-1, 5, false, false, 5},
		{-1, -512, false, false, -512},
		{SYS_clone, 4711, true, false, 4711},
		{SYS_read, -4, true, false, -4},
		{SYS_read, -512, true, true, SYS_read},
		{SYS_read, -513, true, true, SYS_read},
		{SYS_pause, -514, true, true, SYS_pause},
		{SYS_read, -515, true, false, -515},
		{SYS_nanosleep, -516, true, true, SYS_restart_syscall},
	};
	struct arch_regs regs;
	bool is_restarted;
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		memset(&regs, 0, sizeof(regs));
		regs.word[W_ORIG_RAX] = (uint64_t)cases[i].nr;
		regs.word[W_RAX] = (uint64_t)cases[i].result;
		arch->set_pc(&regs, 0x1000);
		ck_assert(arch->finish_syscall(&regs, &is_restarted) == cases[i].is_in_call);
		ck_assert(is_restarted == cases[i].is_restarted);
		ck_assert_int_eq((long)regs.word[W_RAX], cases[i].rax);
		ck_assert_int_eq((long)regs.word[W_ORIG_RAX], -1);
		ck_assert_uint_eq(arch->pc(&regs), is_restarted ? 0xffe : 0x1000);
	}

#main-pre
	tcase_add_checked_fixture(tc1_1, setup, teardown);
