// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "trace/code/breakpoints.h"

#include "base/fault.h"
#include "base/log.h"
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
	struct breakpoint *b = breakpoint_find(p, p->arch->pc(&t->regs) - p->arch->trap_size);
	siginfo_t info;

	if (!b)
		return NULL;
	// Behind an instruction of one byte the pc is where it would be behind the trap: ask who
	// sent the signal.
	if (b->has_relocation && b->relocation.insn_size == 1 &&
	    ptrace(PTRACE_GETSIGINFO, t->tid, 0, &info) == 0 && info.si_code != SI_KERNEL &&
	    info.si_code != TRAP_BRKPT)
		return NULL;
	return b;
}

/** stopped_tid: as for memory_write(). */
static void restore_byte(struct process *p, int mem_fd, pid_t stopped_tid,
			 const struct planted *planted)
{
	uint8_t byte;

	if (pread(mem_fd, &byte, 1, (off_t)planted->addr) != 1 || byte != p->arch->trap[0])
		return;
	if (!memory_write(p, mem_fd, stopped_tid, planted->addr, &planted->original, 1))
		log_debug("cannot restore the byte at %#llx", (unsigned long long)planted->addr);
}

void breakpoint_unplant(struct process *p, struct breakpoint *b)
{
	struct planted *planted = &p->shared->planted[b->planted_index];

	if (!b->is_planted)
		return;
	restore_byte(p, p->mem_fd, 0, planted);
	FAULT_POINT("unplanted");
	b->is_planted = false;
	__atomic_store_n(&planted->is_planted, 0, __ATOMIC_SEQ_CST);
}

void breakpoint_unplant_all(struct process *p)
{
	struct breakpoint *b;
	size_t i;

	hmap_each (&p->breakpoints, i, b)
		breakpoint_unplant(p, b);
}

void breakpoint_drop_range(struct process *p, uint64_t start, uint64_t end)
{
	struct breakpoint *b;
	size_t i;

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
	char path[32];
	_cleanup_close_ int fd = -1;
	uint32_t i;

	snprintf(path, sizeof(path), "/proc/%d/mem", (int)child);
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return;
	// Also bytes that were taken out of the parent after the fork: restore_byte() looks for the
	// trap itself.
	for (i = 0; i < shared_num_planted(p->shared); i++)
		if (p->shared->planted[i].original)
			restore_byte(p, fd, child, &p->shared->planted[i]);
}

void breakpoint_forget_all(struct process *p)
{
	hmap_deinit_owned(&p->breakpoints);
	__atomic_store_n(&p->shared->num_planted, 0, __ATOMIC_SEQ_CST);
}

size_t breakpoint_read_code(struct process *p, uint64_t addr, uint8_t *buf, size_t size)
{
	ssize_t n = pread(p->mem_fd, buf, size, (off_t)addr);
	struct breakpoint *b;
	ssize_t i;

	if (n < 0 && size > 4096 - (addr & 4095))
		n = pread(p->mem_fd, buf, 4096 - (addr & 4095), (off_t)addr);
	for (i = 0; i < n; i++) {
		b = breakpoint_find(p, addr + i);
		if (b && b->is_planted)
			buf[i] = p->shared->planted[b->planted_index].original;
	}
	return n < 0 ? 0 : (size_t)n;
}
