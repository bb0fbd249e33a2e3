// SPDX-License-Identifier: GPL-3.0-or-later
// System calls by their registers: to make one, to see or change one that a thread makes, to begin
// one again.
#include "config.h"

#include "arch/x86_64.h"

#include <errno.h>
#include <sys/syscall.h>

void arch_x86_64_set_syscall(struct arch_regs *regs, uint64_t insn_addr, long nr,
			     const uint64_t args[6])
{
	static const uint8_t place[] = {W_RDI, W_RSI, W_RDX, W_R10, W_R8, W_R9};
	unsigned i;

	for (i = 0; i < 6; i++)
		regs->word[place[i]] = args[i];
	regs->word[W_RAX] = nr;
	// Not in a system call as far as signal code is concerned: nothing to restart.
	regs->word[W_ORIG_RAX] = (uint64_t)-1;
	regs->word[W_RIP] = insn_addr;
}

long arch_x86_64_syscall_nr(const struct arch_regs *regs)
{
	return (long)regs->word[W_ORIG_RAX];
}

uint64_t arch_x86_64_syscall_arg(const struct arch_regs *regs, unsigned i)
{
	static const uint8_t place[] = {W_RDI, W_RSI, W_RDX, W_R10, W_R8, W_R9};

	return regs->word[place[i]];
}

int64_t arch_x86_64_syscall_result(const struct arch_regs *regs)
{
	return (int64_t)regs->word[W_RAX];
}

bool arch_x86_64_is_syscall_entry(const struct arch_regs *regs)
{
	// What the call returns if there is no such call is there from the begin (Linux,
	// arch/x86/entry/entry_64.S).
	return (int64_t)regs->word[W_RAX] == -ENOSYS;
}

bool arch_x86_64_makes_task(long nr)
{
	return nr == SYS_clone || nr == SYS_fork || nr == SYS_vfork || nr == SYS_clone3;
}

void arch_x86_64_skip_syscall(struct arch_regs *regs, int64_t result)
{
	// do_syscall_64(): no such number, rax stays.
	regs->word[W_ORIG_RAX] = (uint64_t)-1;
	regs->word[W_RAX] = (uint64_t)result;
}

/** pop rdi; pop rax; syscall; ret REDO_GAP */
#define REDO_GAP 128
const uint8_t arch_x86_64_redo_stub[ARCH_X86_64_REDO_SIZE] = {0x5f, 0x58,     0x0f, 0x05,
							      0xc2, REDO_GAP, 0x00};

void arch_x86_64_insert_syscall(struct arch_regs *regs, long nr, uint64_t arg, uint64_t stub,
				uint64_t stack_ret[ARCH_REDO_WORDS])
{
	stack_ret[0] = regs->word[W_RDI];
	stack_ret[1] = regs->word[W_ORIG_RAX];
	stack_ret[2] = regs->word[W_RIP];
	// Below the red zone.
	regs->word[W_RSP] -= REDO_GAP + ARCH_REDO_WORDS * sizeof(uint64_t);
	regs->word[W_RDI] = arg;
	regs->word[W_ORIG_RAX] = (uint64_t)nr;
	regs->word[W_RIP] = stub;
}

bool arch_x86_64_restart_eintr(struct arch_regs *regs)
{
	// -EINTR in the kernel's numbering; ERESTART* (-512 ...) restart by themselves.
	if ((int64_t)regs->word[W_ORIG_RAX] < 0 || (int64_t)regs->word[W_RAX] != -4)
		return false;
	regs->word[W_RAX] = regs->word[W_ORIG_RAX];
	regs->word[W_ORIG_RAX] = (uint64_t)-1;
	regs->word[W_RIP] -= 2;
	return true;
}

bool arch_x86_64_finish_syscall(struct arch_regs *regs, bool *is_restarted_ret)
{
	// ERESTARTSYS, ERESTARTNOINTR, ERESTARTNOHAND, ERESTART_RESTARTBLOCK (Linux,
	// include/linux/errno.h), and what the kernel makes of them (arch_do_signal_or_restart(),
	// arch/x86/kernel/signal.c).
	int64_t result = (int64_t)regs->word[W_RAX];

	*is_restarted_ret = false;
	if ((int64_t)regs->word[W_ORIG_RAX] < 0)
		return false;
	if ((result <= -512 && result >= -514) || result == -516) {
		regs->word[W_RAX] = result == -516 ? SYS_restart_syscall : regs->word[W_ORIG_RAX];
		regs->word[W_RIP] -= 2;
		*is_restarted_ret = true;
	}
	regs->word[W_ORIG_RAX] = (uint64_t)-1;
	return true;
}
