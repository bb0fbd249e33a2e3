// SPDX-License-Identifier: GPL-3.0-or-later
// Frees. One free can enter several functions: operator delete(void *, size_t) jumps to operator
// delete(void *), which jumps or calls free. The first entry counts. The set of live blocks tells a
// further entry of the same free from the free of another block that has come to live at the same
// address: the first entry takes the block out, so who finds it there frees it for real. Any other
// block is older than the tracing, unless nothing is. Where nobody keeps that set the reader of the
// records decides (FREE_IF_LIVE).
#include "config.h"

#include "capture/internal.h"

static uint64_t block_of(struct capture *c, const struct capture_entry *at)
{
	return c->ops->arg(c->owner, at->probe->ptr_arg);
}

static bool was_entered(const struct capture_freed *freed, uint64_t entry)
{
	uint32_t i;

	// More may stand in memory that somebody else can write.
	if (freed->num_entries >= CAPTURE_FREED_ENTRIES)
		return true;
	for (i = 0; i < freed->num_entries; i++)
		if (freed->entries[i] == entry)
			return true;
	return false;
}

/** The address that the free returns to, if it is still in progress. */
static bool return_addr_of(struct capture *c, const struct capture_freed *freed, uint64_t *ret)
{
	uint64_t addr;

	*ret = freed->return_addr;
	return !arch_return_place(c->arch, capture_sp_after(c, freed->sp), &addr) ||
	       c->ops->read_word(c->owner, addr, ret);
}

/** Is the entry a part of that earlier free? A jump leaves the stack as it was; a call is below. */
static enum capture_nesting nesting_in_free(struct capture *c, const struct capture_entry *at,
					    const struct capture_freed *freed)
{
	uint64_t sp = at->regs[WALK_SP], return_addr;

	if (sp >= freed->sp)
		return sp == freed->sp ? NESTING_INSIDE : NESTING_NONE;
	if (!return_addr_of(c, freed, &return_addr))
		return c->needs_slow ? NESTING_SLOW : NESTING_NONE;
	return capture_nesting(c, at, return_addr, capture_sp_after(c, freed->sp));
}

/** free(ptr) as a part of a free of ptr that was counted already: *ret. */
static enum capture_nesting nesting_in_frees(struct capture *c, const struct capture_entry *at,
					     uint64_t key, struct capture_freed **ret)
{
	enum capture_nesting nesting;
	struct capture_freed *freed;
	size_t i;

	for (i = 0; i < CAPTURE_FREED; i++) {
		freed = &c->thread->freed[i];
		if (freed->key != key || was_entered(freed, at->addr))
			continue;
		nesting = nesting_in_free(c, at, freed);
		if (nesting == NESTING_INSIDE)
			freed->entries[freed->num_entries++] = at->addr;
		*ret = freed;
		if (nesting != NESTING_NONE && nesting != NESTING_HANDLER)
			return nesting;
	}
	return NESTING_NONE;
}

static uint64_t stamp_of(struct capture *c, uint64_t key)
{
	return c->process->is_live_unknown ? c->ops->live_stamp(c->owner, key) : 0;
}

static void note_freed(struct capture *c, const struct capture_entry *at, uint64_t key)
{
	struct capture_thread *t = c->thread;
	struct capture_freed *freed = &t->freed[t->num_freed++ % CAPTURE_FREED];

	freed->key = key;
	freed->stamp = stamp_of(c, key);
	freed->sp = at->regs[WALK_SP];
	freed->return_addr = c->arch->link == ARCH_NO_REG ? 0 : at->regs[c->arch->link];
	freed->entries[0] = at->addr;
	freed->num_entries = 1;
}

/** With FREE_OLDER, older is what the allocator gave the block. */
static void emit_free(struct capture *c, const struct capture_entry *at, uint64_t ptr,
		      unsigned flags, const struct event_size *older)
{
	struct event_free *event = c->ops->emit_begin(c->owner, EVENT_FREE, sizeof(*event));

	if (!event)
		return;
	event->header.flags = flags;
	event->tid = c->thread->tid;
	event->probe = at->probe_id;
	event->addr = ptr;
	event->usable = flags & FREE_OLDER ? *older : (struct event_size){0};
	c->ops->emit_end(c->owner, event, NULL, 0);
}

bool capture_free_live(struct capture *c, const struct capture_entry *at)
{
	uint64_t ptr, key;

	if (c->process->is_live_unknown)
		return false;
	ptr = block_of(c, at);
	key = capture_key(probe_is_layered(at->probe), ptr);
	if (!c->ops->live_take(c->owner, key))
		return false;
	note_freed(c, at, key);
	emit_free(c, at, ptr, 0, NULL);
	return true;
}

/** The reader decides. */
static void free_if_live(struct capture *c, const struct capture_entry *at, uint64_t ptr)
{
	if (c->process->is_live_unknown && ptr)
		emit_free(c, at, ptr, FREE_IF_LIVE, NULL);
}

void capture_free_nested(struct capture *c, const struct capture_entry *at)
{
	free_if_live(c, at, block_of(c, at));
}

void capture_destroy(struct capture *c, const struct capture_entry *at)
{
	uint64_t handle = block_of(c, at);

	if (handle && !c->needs_slow)
		emit_free(c, at, handle, FREE_POOL, NULL);
}

/** It is a part of that free, unless the address has been given to somebody meanwhile. */
static void free_again(struct capture *c, const struct capture_entry *at, uint64_t ptr,
		       struct capture_freed *freed)
{
	uint64_t stamp = stamp_of(c, freed->key);

	if (freed->stamp == stamp)
		return;
	// If it is another free, all functions that are entered from here on belong to that.
	freed->stamp = stamp;
	freed->sp = at->regs[WALK_SP];
	freed->return_addr = c->arch->link == ARCH_NO_REG ? 0 : at->regs[c->arch->link];
	freed->entries[0] = at->addr;
	freed->num_entries = 1;
	free_if_live(c, at, ptr);
}

/** Where the thread came from, and the word in front of the block, which has the size in glibc: one
 *  read. *has_before_ret: the second was read. */
static bool read_surroundings(struct capture *c, const struct capture_entry *at, uint64_t ptr,
			      uint64_t ret[2], bool *has_before_ret)
{
	uint64_t addrs[2] = {0, ptr - sizeof(ptr)};

	if (arch_return_place(c->arch, capture_sp_after(c, at->regs[WALK_SP]), &addrs[0]))
		return *has_before_ret = c->ops->read_two(c->owner, addrs, ret);
	*has_before_ret = false;
	return capture_return_addr(c, at, &ret[0]);
}

enum capture_result capture_free_unknown(struct capture *c, const struct capture_entry *at)
{
	uint64_t ptr = block_of(c, at), key = capture_key(probe_is_layered(at->probe), ptr);
	enum capture_result result = CAPTURE_DONE;
	struct capture_freed *freed = NULL;
	struct event_size size = {0};
	bool has_before = false;
	uint64_t words[2];

	if (!ptr)
		return CAPTURE_DONE;
	switch (nesting_in_frees(c, at, key, &freed)) {
	case NESTING_INSIDE:
		free_again(c, at, ptr, freed);
		return CAPTURE_DONE;
	case NESTING_MISS:
		return CAPTURE_MISS;
	case NESTING_SLOW:
		return CAPTURE_SLOW;
	default:
		break;
	}
	// The allocator itself frees what it has never given away: when a thread ends glibc frees
	// each chunk of the thread's cache, all of them freed by the program already, and the cache
	// itself, through its own public entry (tcache_thread_shutdown(), malloc.c).
	if (at->code_end && read_surroundings(c, at, ptr, words, &has_before) &&
	    words[0] >= at->code_start && words[0] < at->code_end) {
		if (c->needs_slow)
			return CAPTURE_SLOW;
		free_if_live(c, at, ptr);
		return CAPTURE_DONE;
	}
	if (capture_has_older(c->process))
		result = c->ops->size_of_older(c->owner, at, ptr, has_before ? &words[1] : NULL,
					       &size);
	if (c->needs_slow || result != CAPTURE_DONE)
		return c->needs_slow ? CAPTURE_SLOW : result;
	note_freed(c, at, key);
	emit_free(c, at, ptr, capture_has_older(c->process) ? FREE_OLDER : 0, &size);
	return CAPTURE_DONE;
}
