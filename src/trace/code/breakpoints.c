// SPDX-License-Identifier: GPL-3.0-or-later
// Which breakpoints there are, and how their bytes come out of the text again. Each is noted in
// shared memory before its trap is written, and stays noted when that is taken out: the supervisor
// can restore what a dead tracer has left, and a thread that has trapped already is recognised.
#include "config.h"

#include "trace/code/breakpoints.h"

#include "base/fault.h"
#include "base/log.h"
#include "trace/code/jumps.h"
#include "trace/os/memory.h"
#include "trace/os/process.h"
#include "trace/os/threads.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <unistd.h>

struct breakpoint *breakpoint_find(struct process *p, uint64_t addr)
{
	uint64_t *found = hmap_find(&p->breakpoints, addr);

	return found ? (struct breakpoint *)*found : NULL;
}

static struct breakpoint *new_breakpoint(struct process *p, uint64_t addr)
{
	struct shared *shared = p->shared;
	uint32_t num = shared_num_planted(shared);
	struct breakpoint *b;

	if (num >= SHARED_MAX_PLANTED)
		return NULL;
	b = calloc(1, sizeof(*b));
	if (!b)
		return NULL;
	b->addr = addr;
	if (!hmap_set(&p->breakpoints, addr, (uint64_t)b)) {
		free(b);
		return NULL;
	}
	b->planted_index = num;
	shared->planted[b->planted_index] = (struct planted){.addr = addr};
	__atomic_store_n(&shared->num_planted, num + 1, __ATOMIC_RELEASE);
	return b;
}

struct breakpoint *breakpoint_get(struct process *p, uint64_t addr)
{
	struct breakpoint *b = breakpoint_find(p, addr);

	return b ? b : new_breakpoint(p, addr);
}

struct breakpoint *breakpoint_of_trap(struct process *p, const struct thread *t)
{
	struct breakpoint *b = breakpoint_find(p, arch_trap_addr(p->arch, &t->regs));
	size_t advance = p->arch->trap_advance;
	siginfo_t info;

	if (!b)
		return NULL;
	// Before the trap, or behind the instruction itself, the pc may be the same as for a thread
	// that has met the trap: ask who sent the signal.
	if ((!advance || (b->has_relocation && b->relocation.insn_size == advance)) &&
	    ptrace(PTRACE_GETSIGINFO, t->tid, 0, &info) == 0 && info.si_code != SI_KERNEL &&
	    info.si_code != TRAP_BRKPT)
		return NULL;
	return b;
}

/** stopped_tid: as for memory_write(). */
static void restore(struct process *p, int mem_fd, pid_t stopped_tid, const struct planted *planted)
{
	struct memory_code code = {p, mem_fd, stopped_tid};
	struct code_ops ops = memory_code_ops(&code);

	if (!planted_restore(planted, p->arch, &ops))
		log_debug("cannot restore the code at %#llx", (unsigned long long)planted->addr);
}

void breakpoint_unplant(struct process *p, struct breakpoint *b)
{
	struct planted *planted = &p->shared->planted[b->planted_index];

	if (!b->is_planted)
		return;
	// The byte of a jump is not restored alone.
	if (b->patch && b->patch->arch.addr == b->addr && !jump_take_out(p, NULL, b->patch, false))
		return;
	restore(p, p->mem_fd, 0, planted);
	FAULT_POINT("unplanted");
	b->is_planted = false;
	planted_mark_gone(planted);
}

void breakpoint_unplant_all(struct process *p)
{
	struct breakpoint *b;
	size_t i;

	jumps_take_out_all(p);
	hmap_each (&p->breakpoints, i, b)
		breakpoint_unplant(p, b);
}

void breakpoint_drop_range(struct process *p, uint64_t start, uint64_t end)
{
	struct breakpoint *b;
	size_t i;

	jumps_drop_range(p, start, end);
	hmap_each (&p->breakpoints, i, b) {
		if (b->addr < start || b->addr >= end)
			continue;
		// Mostly the memory is gone by now. But a program may have put a copy of its text
		// there, our traps included. The record stays for a later module here.
		breakpoint_unplant(p, b);
		b->has_relocation = b->is_one_shot = false;
		b->roles = 0;
		b->num_matched = b->num_other = 0;
	}
}

void breakpoint_clean_child(struct process *p, pid_t child)
{
	struct memory_code code = {p, -1, child};
	const struct code_ops ops = memory_code_ops(&code);
	char path[32];
	_cleanup_close_ int fd = -1;
	uint32_t i;

	snprintf(path, sizeof(path), "/proc/%d/mem", (int)child);
	code.fd = fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return;
	jumps_clean_child(p, &ops);
	// Also traps that were taken out of the parent after the fork: it is looked whether they
	// stand.
	for (i = 0; i < shared_num_planted(p->shared); i++)
		restore(p, fd, child, &p->shared->planted[i]);
}

void breakpoint_forget_all(struct process *p)
{
	hmap_deinit_owned(&p->breakpoints);
	jumps_forget(p);
	__atomic_store_n(&p->shared->num_planted, 0, __ATOMIC_SEQ_CST);
	__atomic_store_n(&p->shared->num_patched, 0, __ATOMIC_SEQ_CST);
}

size_t breakpoint_read_code(struct process *p, uint64_t addr, uint8_t *buf, size_t size)
{
	ssize_t n = pread(p->mem_fd, buf, size, (off_t)addr), i;
	struct breakpoint *b;

	if (n < 0 && size > 4096 - (addr & 4095))
		n = pread(p->mem_fd, buf, 4096 - (addr & 4095), (off_t)addr);
	// A trap may begin before addr.
	for (i = 1 - (ssize_t)p->arch->trap_size; i < n; i++) {
		b = breakpoint_find(p, addr + (uint64_t)i);
		if (b && b->is_planted && !(b->roles & ROLE_INSIDE))
			planted_hide(&p->shared->planted[b->planted_index], p->arch, addr, buf,
				     (size_t)n);
	}
	if (n > 0)
		jumps_hide(p, addr, buf, (size_t)n);
	return n < 0 ? 0 : (size_t)n;
}
