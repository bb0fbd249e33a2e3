// SPDX-License-Identifier: GPL-3.0-or-later
// Every architecture has PTRACE_GETREGSET and PTRACE_SETREGSET. Where it has older requests, too,
// struct arch names them: they are cheaper, and all registers are fetched at every stop.
#include "config.h"

#include "trace/os/regs.h"

#include <elf.h>
#include <sys/ptrace.h>
#include <sys/uio.h>

/** PTRACE_GETREGSET or PTRACE_SETREGSET. A kernel that knows fewer registers is none of ours. */
static bool transfer(const struct arch *arch, int request, pid_t tid, void *regs)
{
	struct iovec iov = {regs, arch->regs_size};

	return ptrace(request, tid, NT_PRSTATUS, &iov) == 0 && iov.iov_len == arch->regs_size;
}

bool regs_get(const struct arch *arch, pid_t tid, struct arch_regs *ret)
{
	if (arch->get_regs_request)
		return ptrace(arch->get_regs_request, tid, 0, ret) == 0;
	return transfer(arch, PTRACE_GETREGSET, tid, ret);
}

bool regs_set(const struct arch *arch, pid_t tid, const struct arch_regs *regs)
{
	if (arch->set_regs_request)
		return ptrace(arch->set_regs_request, tid, 0, regs) == 0;
	return transfer(arch, PTRACE_SETREGSET, tid, (void *)regs);
}

bool regs_set_pc(const struct arch *arch, pid_t tid, uint64_t pc)
{
	struct arch_regs regs;

	if (arch->set_word_request)
		return ptrace(arch->set_word_request, tid, arch->pc_offset, pc) == 0;
	if (!regs_get(arch, tid, &regs))
		return false;
	arch->set_pc(&regs, pc);
	return regs_set(arch, tid, &regs);
}
