// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "trace/breakpoints.h"

#include "base/fault.h"
#include "base/log.h"
#include "trace/engine.h"

#include <fcntl.h>
#include <string.h>

struct breakpoint *breakpoint_find(struct engine *e, uint64_t addr)
{
	uint64_t *found = hmap_find(&e->breakpoints, addr);

	return found ? (struct breakpoint *)*found : NULL;
}

static struct breakpoint *breakpoint_new(struct engine *e, uint64_t addr)
{
	struct shared *shared = e->shared;
	uint32_t num = shared_num_planted(shared);
	struct breakpoint *b;

	if (num >= SHARED_MAX_PLANTED)
		return NULL;
	b = calloc(1, sizeof(*b));
	if (!b)
		return NULL;
	b->addr = addr;
	if (!hmap_set(&e->breakpoints, addr, (uint64_t)b)) {
		free(b);
		return NULL;
	}
	b->planted_index = num;
	shared->planted[b->planted_index] = (struct planted){.addr = addr};
	__atomic_store_n(&shared->num_planted, num + 1, __ATOMIC_RELEASE);
	return b;
}

struct breakpoint *breakpoint_add(struct engine *e, uint64_t addr, uint32_t roles)
{
	struct breakpoint *b = breakpoint_find(e, addr);

	if (!b)
		b = breakpoint_new(e, addr);
	if (!b)
		return NULL;
	b->roles |= roles;
	if (e->is_tracing && !b->is_planted && !breakpoint_plant(e, b))
		return NULL;
	return b;
}

/** The text still holds the instruction that was relocated. */
static bool is_same_insn(struct engine *e, const struct breakpoint *b)
{
	uint8_t code[ARCH_MAX_INSN];

	return memory_read_code(e, b->addr, code, b->relocation.insn_size) ==
		       b->relocation.insn_size &&
	       memcmp(code, b->insn, b->relocation.insn_size) == 0;
}

bool breakpoint_plant(struct engine *e, struct breakpoint *b)
{
	struct planted *p = &e->shared->planted[b->planted_index];
	uint8_t original;

	if (pread(e->mem_fd, &original, 1, (off_t)b->addr) != 1)
		return false;
	// A trap that is there already is the program's or another tool's own.
	if (original == e->arch->trap[0])
		return false;
	p->original = original;
	if (b->has_relocation && !is_same_insn(e, b))
		b->has_relocation = false;
	if (e->rescue_addr)
		displaced_prepare(e, b);
	// Known to the supervisor before it is in place: whoever dies in between, the other can
	// restore it.
	__atomic_store_n(&p->is_planted, 1, __ATOMIC_SEQ_CST);
	b->is_planted = true;
	FAULT_POINT("plant");
	if (memory_write_code(e, b->addr, e->arch->trap, 1)) {
		FAULT_POINT("planted");
		return true;
	}
	p->is_planted = 0;
	b->is_planted = false;
	return false;
}

/** stopped_tid: as for memory_write(). */
static void restore_byte(struct engine *e, int mem_fd, pid_t stopped_tid, const struct planted *p)
{
	uint8_t byte;

	if (pread(mem_fd, &byte, 1, (off_t)p->addr) != 1 || byte != e->arch->trap[0])
		return;
	if (!memory_write(e, mem_fd, stopped_tid, p->addr, &p->original, 1))
		log_debug("cannot restore the byte at %#llx", (unsigned long long)p->addr);
}

void breakpoint_unplant(struct engine *e, struct breakpoint *b)
{
	struct planted *p = &e->shared->planted[b->planted_index];

	if (!b->is_planted)
		return;
	restore_byte(e, e->mem_fd, 0, p);
	FAULT_POINT("unplanted");
	b->is_planted = false;
	__atomic_store_n(&p->is_planted, 0, __ATOMIC_SEQ_CST);
}

void breakpoint_plant_all(struct engine *e)
{
	struct breakpoint *b;
	size_t i;

	hmap_each (&e->breakpoints, i, b) {
		if (b->roles && !b->is_planted && !(b->roles == ROLE_SITE && b->is_one_shot))
			breakpoint_plant(e, b);
	}
}

void breakpoint_unplant_all(struct engine *e)
{
	struct breakpoint *b;
	size_t i;

	hmap_each (&e->breakpoints, i, b)
		breakpoint_unplant(e, b);
}

void breakpoint_drop_range(struct engine *e, uint64_t start, uint64_t end)
{
	struct breakpoint *b;
	size_t i;

	hmap_each (&e->breakpoints, i, b) {
		if (b->addr < start || b->addr >= end)
			continue;
		// Mostly the memory is gone by now. But a program may have put a copy of its text
		// there, our traps included. The record stays for a later module here.
		breakpoint_unplant(e, b);
		b->has_relocation = b->is_one_shot = false;
		b->roles = 0;
		b->num_matched = b->num_other = 0;
	}
}

void breakpoint_clean_child(struct engine *e, pid_t child)
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
	for (i = 0; i < shared_num_planted(e->shared); i++)
		if (e->shared->planted[i].original)
			restore_byte(e, fd, child, &e->shared->planted[i]);
}

void breakpoint_forget_all(struct engine *e)
{
	hmap_deinit_owned(&e->breakpoints);
	__atomic_store_n(&e->shared->num_planted, 0, __ATOMIC_SEQ_CST);
}
