// SPDX-License-Identifier: GPL-3.0-or-later
// Each thread has running sums of what it allocated and freed. A call notes them at its entry. So
// its net is a difference, and recursion costs nothing per event. While any call of a thread is in
// progress, its blocks are logged. Those logged since a call's entry and not freed at its return
// have stayed.
#include "config.h"

#include "heap/tables/calls.h"

#include "base/vec.h"

#include <stdlib.h>

/** A call in progress: the thread's sums at its entry, and the largest since. */
struct active_call {
	uint64_t call;
	uint32_t id;
	int64_t bytes;
	int64_t blocks;
	int64_t max_bytes;
	uint64_t time_ns;
	size_t log_start;
};

struct thread {
	int32_t tid;
	int64_t bytes;
	int64_t blocks;
	VEC(struct active_call) calls;
	VEC(struct call_block) log;
};

static struct thread *find_thread(const struct calls *c, int32_t tid)
{
	const uint64_t *found = hmap_find(&c->threads, (uint32_t)tid);

	return found ? (struct thread *)*found : NULL;
}

/** A thread without calls in progress does not need its log any more. */
static void free_thread(struct calls *c, struct thread *t)
{
	size_t i;

	for (i = 0; i < t->log.num; i++)
		if (!t->log.items[i].is_freed)
			hmap_remove(&c->logged, t->log.items[i].addr);
	vec_deinit(&t->log);
	vec_deinit(&t->calls);
	free(t);
}

static void drop_thread(struct calls *c, struct thread *t)
{
	hmap_remove(&c->threads, (uint32_t)t->tid);
	free_thread(c, t);
}

void calls_drop_all(struct calls *c)
{
	struct thread *t;
	size_t i;

	hmap_each (&c->threads, i, t)
		free_thread(c, t);
	hmap_deinit(&c->threads);
}

void calls_deinit(struct calls *c)
{
	calls_drop_all(c);
	hmap_deinit(&c->logged);
}

bool calls_enter(struct calls *c, int32_t tid, uint32_t id, uint64_t call, uint64_t time_ns)
{
	struct active_call active = {.call = call, .id = id, .time_ns = time_ns};
	struct thread *t = find_thread(c, tid);

	if (!t) {
		t = calloc(1, sizeof(*t));
		if (!t || !hmap_set(&c->threads, (uint32_t)tid, (uint64_t)t)) {
			free(t);
			return false;
		}
		t->tid = tid;
	}
	active.bytes = active.max_bytes = t->bytes;
	active.blocks = t->blocks;
	active.log_start = t->log.num;
	if (vec_push(&t->calls, active))
		return true;
	if (!t->calls.num)
		drop_thread(c, t);
	return false;
}

void calls_leave(struct calls *c, int32_t tid, uint64_t call, uint64_t time_ns,
		 void (*fn)(void *ctx, const struct ended_call *call), void *ctx)
{
	struct thread *t = find_thread(c, tid);
	struct active_call active, *outer;
	struct ended_call ended;

	if (!t || t->calls.items[t->calls.num - 1].call != call)
		return;
	active = t->calls.items[--t->calls.num];
	outer = t->calls.num ? &t->calls.items[t->calls.num - 1] : NULL;
	if (outer && outer->max_bytes < active.max_bytes)
		outer->max_bytes = active.max_bytes;
	ended = (struct ended_call){
		.tid = tid,
		.id = active.id,
		.net_bytes = t->bytes - active.bytes,
		.net_blocks = t->blocks - active.blocks,
		.peak_bytes = (uint64_t)(active.max_bytes - active.bytes),
		.duration_ns = time_ns - active.time_ns,
		.blocks = t->log.num ? t->log.items + active.log_start : NULL,
		.num_blocks = t->log.num - active.log_start,
	};
	fn(ctx, &ended);
	if (!outer)
		drop_thread(c, t);
}

/** The log entry of a live block, or NULL. */
static struct call_block *find_logged(const struct calls *c, uint64_t addr)
{
	const uint64_t *found = hmap_find(&c->logged, addr);
	struct thread *t = found ? find_thread(c, (int32_t)(*found >> 32)) : NULL;

	return t ? &t->log.items[(uint32_t)*found] : NULL;
}

/** The thread's sums, when a block comes (sign 1) or goes (-1). */
static void change(const struct calls *c, struct thread *t, const struct block *block, int sign)
{
	struct weight weight = heap_weigh(c->heap, block);

	t->bytes += sign * (int64_t)weight.bytes;
	t->blocks += sign * (int64_t)weight.blocks;
}

void calls_alloc(struct calls *c, int32_t tid, uint64_t addr)
{
	struct thread *t = find_thread(c, tid);
	struct call_block entry;
	struct active_call *call;
	struct block block;

	if (!t || !heap_get(c->heap, addr, &block))
		return;
	change(c, t, &block, 1);
	call = &t->calls.items[t->calls.num - 1];
	if (t->bytes > call->max_bytes)
		call->max_bytes = t->bytes;
	// It is replaced, because a free was missed.
	if (find_logged(c, addr))
		find_logged(c, addr)->is_freed = true;
	entry = (struct call_block){addr, block.size, block.site, false};
	if (!vec_push(&t->log, entry))
		return;
	if (!hmap_set(&c->logged, addr, (uint64_t)(uint32_t)tid << 32 | (t->log.num - 1)))
		t->log.num--;
}

void calls_free(struct calls *c, int32_t tid, uint64_t addr)
{
	struct thread *t = find_thread(c, tid);
	struct call_block *entry;
	struct block block;

	if (!c->threads.num)
		return;
	entry = find_logged(c, addr);
	if (entry) {
		entry->is_freed = true;
		hmap_remove(&c->logged, addr);
	}
	if (!t || !heap_get(c->heap, addr, &block))
		return;
	change(c, t, &block, -1);
}

void calls_free_older(struct calls *c, int32_t tid, uint64_t size)
{
	struct thread *t = find_thread(c, tid);

	if (!t)
		return;
	t->bytes -= (int64_t)size;
	t->blocks--;
}

/** The log entry that calls_free() marked when it took the block. The thread that allocated the
 *  block has it, and no later entry of that address exists. */
static void unfree_logged(struct calls *c, const struct block *block, int32_t owner)
{
	struct thread *t = find_thread(c, owner);
	size_t i = t ? t->log.num : 0;

	while (i > 0) {
		struct call_block *entry = &t->log.items[--i];

		if (entry->addr != block->addr)
			continue;
		if (entry->is_freed && entry->site == block->site &&
		    hmap_set(&c->logged, block->addr, (uint64_t)(uint32_t)owner << 32 | i))
			entry->is_freed = false;
		return;
	}
}

void calls_put_back(struct calls *c, int32_t tid, uint64_t addr)
{
	struct thread *t = find_thread(c, tid);
	struct block block;

	if (!c->threads.num || !heap_get(c->heap, addr, &block))
		return;
	unfree_logged(c, &block, heap_alloc_site(c->heap, block.site)->tid);
	if (t)
		change(c, t, &block, 1);
}
