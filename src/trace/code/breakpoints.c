// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "trace/code/breakpoints.h"

#include "base/fault.h"
#include "base/log.h"
#include "trace/engine.h"

#include <fcntl.h>
#include <string.h>

struct breakpoint *breakpoint_find(struct process *p, uint64_t addr)
{
	uint64_t *found = hmap_find(&p->breakpoints, addr);

	return found ? (struct breakpoint *)*found : NULL;
}

static struct breakpoint *breakpoint_new(struct process *p, uint64_t addr)
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

struct breakpoint *breakpoint_add(struct process *p, uint64_t addr, uint32_t roles)
{
	struct breakpoint *b = breakpoint_find(p, addr);

	if (!b)
		b = breakpoint_new(p, addr);
	if (!b)
		return NULL;
	b->roles |= roles;
	if (p->is_tracing && !b->is_planted && !breakpoint_plant(p, b))
		return NULL;
	return b;
}

/** The text still holds the instruction that was relocated. */
static bool is_same_insn(struct process *p, const struct breakpoint *b)
{
	uint8_t code[ARCH_MAX_INSN];

	return memory_read_code(p, b->addr, code, b->relocation.insn_size) ==
		       b->relocation.insn_size &&
	       memcmp(code, b->insn, b->relocation.insn_size) == 0;
}

bool breakpoint_plant(struct process *p, struct breakpoint *b)
{
	struct planted *planted = &p->shared->planted[b->planted_index];
	uint8_t original;

	if (pread(p->mem_fd, &original, 1, (off_t)b->addr) != 1)
		return false;
	// A trap that is there already is the program's or another tool's own.
	if (original == p->arch->trap[0])
		return false;
	planted->original = original;
	if (b->has_relocation && !is_same_insn(p, b))
		b->has_relocation = false;
	if (p->rescue_addr)
		displaced_prepare(p, b);
	// Known to the supervisor before it is in place: whoever dies in between, the other can
	// restore it.
	__atomic_store_n(&planted->is_planted, 1, __ATOMIC_SEQ_CST);
	b->is_planted = true;
	FAULT_POINT("plant");
	if (memory_write_code(p, b->addr, p->arch->trap, 1)) {
		FAULT_POINT("planted");
		return true;
	}
	planted->is_planted = 0;
	b->is_planted = false;
	return false;
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

void breakpoint_plant_all(struct process *p)
{
	struct breakpoint *b;
	size_t i;

	hmap_each (&p->breakpoints, i, b) {
		if (b->roles && !b->is_planted && !(b->roles == ROLE_SITE && b->is_one_shot))
			breakpoint_plant(p, b);
	}
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
