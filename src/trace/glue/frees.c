// SPDX-License-Identifier: GPL-3.0-or-later
// One free can enter several functions: operator delete(void *, size_t) jumps to operator delete(void *), which jumps or calls free.
// The first entry counts. What tells a further entry of the same free from the free of another block that has come to live at the same
// address is the set of live blocks: the first entry takes the block out, so who finds it there frees it for real.
#include "config.h"

#include "trace/glue/frees.h"

#include "trace/code/breakpoints.h"
#include "trace/glue/stacks.h"
#include "trace/glue/usable.h"
#include "trace/os/emit.h"
#include "trace/os/memory.h"
#include "trace/os/process.h"
#include "trace/os/threads.h"
#include "wire/probe.h"

#include <string.h>

#define NUM_FREED (sizeof(((struct thread *)NULL)->freed) / sizeof(struct freed))

uint64_t frees_key(const struct probe *probe, uint64_t addr)
{
	return probe_is_layered(probe) ? addr | FREES_LAYERED : addr;
}

void frees_forget(struct thread *t)
{
	memset(t->freed, 0, sizeof(t->freed));
}

static bool was_entered(const struct freed *freed, uint64_t entry)
{
	unsigned i;

	for (i = 0; i < freed->num_entries; i++)
		if (freed->entries[i] == entry)
			return true;
	return freed->num_entries == FREED_ENTRIES;
}

/** Is the entry at which t stands a part of that earlier free? A jump leaves the stack as it was; a call is below. */
static bool is_part_of(struct process *p, struct thread *t, const struct freed *freed)
{
	uint64_t sp = p->arch->sp(&t->regs), site;

	if (sp >= freed->sp)
		return sp == freed->sp;
	return memory_read(t->tid, freed->sp, &site, sizeof(site)) &&
	       stacks_nesting(p, t, site, freed->sp + p->arch->unwind->call_size) == NESTING_INSIDE;
}

/** free(ptr) as a part of a free of ptr that was counted already. When a row is missing t is held. */
static bool is_inner(struct process *p, struct thread *t, const struct breakpoint *b, uint64_t key)
{
	struct freed *freed;
	size_t i;

	for (i = 0; i < NUM_FREED && t->hold == NOT_HELD; i++) {
		freed = &t->freed[i];
		if (freed->key != key || was_entered(freed, b->addr) || !is_part_of(p, t, freed))
			continue;
		freed->entries[freed->num_entries++] = b->addr;
		return true;
	}
	return false;
}

static void note_freed(struct process *p, struct thread *t, const struct breakpoint *b,
		       uint64_t key)
{
	t->freed[t->num_freed++ % NUM_FREED] = (struct freed){
		.key = key,
		.sp = p->arch->sp(&t->regs),
		.entries = {b->addr},
		.num_entries = 1,
	};
}

void frees_emit(struct process *p, const struct thread *t, uint32_t probe, uint64_t ptr,
		const struct event_size *older)
{
	struct event_free *event = emit_begin(p, EVENT_FREE, sizeof(*event));

	if (!event)
		return;
	event->header.flags = older ? FREE_OLDER : 0;
	event->tid = t->tid;
	event->probe = probe;
	event->addr = ptr;
	event->usable = older ? *older : (struct event_size){0};
	emit_end(p, event);
}

void frees_add_live(struct process *p, const struct probe *probe, uint64_t addr)
{
	// Without memory for it the supervisor knows it all the same.
	if (!addrset_add(&p->live, frees_key(probe, addr)))
		return;
}

bool frees_live(struct process *p, struct thread *t, const struct breakpoint *b)
{
	const struct probe *probe = probe_at(p->user_probes, b->probe);
	uint64_t ptr = p->arch->arg(&t->regs, probe->ptr_arg), key = frees_key(probe, ptr);

	if (!addrset_remove(&p->live, key))
		return false;
	note_freed(p, t, b, key);
	frees_emit(p, t, b->probe, ptr, NULL);
	return true;
}

/** The allocator itself frees what it has never given away: when a thread ends glibc frees each chunk of the thread's cache, all of
 *  them freed by the program already, and the cache itself, through its own public entry (tcache_thread_shutdown(), malloc.c). */
static bool is_of_allocator(const struct allocator *a, uint64_t site)
{
	return site >= a->start && site < a->end;
}

bool frees_unknown(struct process *p, struct thread *t, const struct breakpoint *b)
{
	const struct probe *probe = probe_at(p->user_probes, b->probe);
	uint64_t ptr = p->arch->arg(&t->regs, probe->ptr_arg), key = frees_key(probe, ptr);
	// Where t came from, and the word before the block, which has the size in glibc.
	uint64_t words[2], addrs[2] = {p->arch->sp(&t->regs), ptr - sizeof(ptr)};
	const struct allocator *a =
		b->allocator < p->allocators.num ? &p->allocators.items[b->allocator] : NULL;
	struct event_size size;
	bool has_words;

	if (!ptr || is_inner(p, t, b, key))
		return true;
	if (t->hold != NOT_HELD)
		return false;
	has_words = a && a->end && memory_read_two(t->tid, addrs, words);
	if (has_words && is_of_allocator(a, words[0]))
		return true;
	if (!p->is_heap_known &&
	    !usable_of_block(p, t, b, ptr, has_words ? &words[1] : NULL, &size))
		return false;
	note_freed(p, t, b, key);
	frees_emit(p, t, b->probe, ptr, p->is_heap_known ? NULL : &size);
	return true;
}
