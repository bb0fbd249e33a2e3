// SPDX-License-Identifier: GPL-3.0-or-later
// Each thread has running sums of what it allocated and freed. A call notes them at its entry. So
// its net is a difference, and recursion costs nothing per event. While any call of a thread is in
// progress, its blocks are logged. Those logged since a call's entry and not freed at its return
// have stayed.
//
// With sampling each block brings an error. A block that is allocated and freed within a call adds
// nothing to its net, so the running sum of errors is of what the thread has allocated and still
// has. A block that is older than the call counts in the net of that call and of those within,
// which therefore have an own sum of such blocks (older).
#include "config.h"

#include "heap/tables/calls.h"

#include "base/vec.h"

#include <math.h>
#include <stdlib.h>

/** A call in progress: the thread's sums at its entry, and the largest since. */
struct active_call {
	uint64_t call;
	uint32_t id;
	int64_t bytes;
	int64_t blocks;
	int64_t max_bytes;
	/** The thread's errors at its entry; those of blocks from before that were freed since. */
	struct variance errors;
	struct variance older;
	/** Both together, and the second alone, when max_bytes was reached. Of bytes. */
	double max_errors;
	double older_at_max;
	uint64_t time_ns;
	size_t log_start;
};

struct thread {
	int32_t tid;
	int64_t bytes;
	int64_t blocks;
	struct variance errors;
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
	active.errors = t->errors;
	active.max_errors = t->errors.size;
	active.log_start = t->log.num;
	if (vec_push(&t->calls, active))
		return true;
	if (!t->calls.num)
		drop_thread(c, t);
	return false;
}

/** The maximum of an inner call is one of its outer call's, too. */
static void take_max(struct active_call *outer, const struct active_call *inner)
{
	if (outer->max_bytes >= inner->max_bytes)
		return;
	outer->max_bytes = inner->max_bytes;
	// The inner one's older blocks are the outer one's own, but for those that are older still.
	outer->older_at_max = outer->older.size;
	outer->max_errors = inner->max_errors - inner->older_at_max + outer->older_at_max;
}

static struct variance net_errors(const struct thread *t, const struct active_call *call)
{
	return (struct variance){
		fmax(t->errors.size - call->errors.size + call->older.size, 0),
		fmax(t->errors.count - call->errors.count + call->older.count, 0),
	};
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
	if (outer)
		take_max(outer, &active);
	ended = (struct ended_call){
		.tid = tid,
		.id = active.id,
		.net_bytes = t->bytes - active.bytes,
		.net_blocks = t->blocks - active.blocks,
		.peak_bytes = (uint64_t)(active.max_bytes - active.bytes),
		.net_errors = net_errors(t, &active),
		.peak_error = fmax(active.max_errors - active.errors.size, 0),
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

#define NOT_LOGGED SIZE_MAX

static void add_errors(struct variance *sum, double factor, const struct variance *v)
{
	sum->size += factor * v->size;
	sum->count += factor * v->count;
}

/** The errors of the thread's net, when a block goes (sign 1) or comes back (-1). Its place in the
 *  log tells for which calls it is an older one; NOT_LOGGED: for all. */
static void change_errors(struct thread *t, size_t place, int sign, const struct variance *v)
{
	size_t i;

	// From here on the outer calls have other older blocks than at their inner ones' maxima.
	for (i = t->calls.num; i-- > 1;)
		take_max(&t->calls.items[i - 1], &t->calls.items[i]);
	if (place != NOT_LOGGED)
		add_errors(&t->errors, -sign, v);
	// What the sum has lost is put back, and added.
	for (i = t->calls.num;
	     i-- > 0 && (place == NOT_LOGGED || t->calls.items[i].log_start > place);)
		add_errors(&t->calls.items[i].older, place == NOT_LOGGED ? sign : 2 * sign, v);
}

/** The thread's sums, when a block comes (sign 1) or goes (-1). */
static struct variance change(const struct calls *c, struct thread *t, const struct block *block,
			      int sign)
{
	struct weight weight = heap_weigh(c->heap, block);

	t->bytes += sign * (int64_t)weight.bytes;
	t->blocks += sign * (int64_t)weight.blocks;
	return weight.variance;
}

/** The place of a live block in t's own log. */
static size_t place_of(const struct calls *c, const struct thread *t, uint64_t addr)
{
	const uint64_t *found = hmap_find(&c->logged, addr);

	return found && (int32_t)(*found >> 32) == t->tid ? (uint32_t)*found : NOT_LOGGED;
}

void calls_alloc(struct calls *c, int32_t tid, uint64_t addr)
{
	struct thread *t = find_thread(c, tid);
	struct call_block entry;
	struct active_call *call;
	struct variance errors;
	struct block block;

	if (!t || !heap_get(c->heap, addr, &block))
		return;
	errors = change(c, t, &block, 1);
	add_errors(&t->errors, 1, &errors);
	call = &t->calls.items[t->calls.num - 1];
	if (t->bytes > call->max_bytes) {
		call->max_bytes = t->bytes;
		call->older_at_max = call->older.size;
		call->max_errors = t->errors.size + call->older.size;
	}
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
	size_t place = t ? place_of(c, t, addr) : NOT_LOGGED;
	struct call_block *entry;
	struct variance errors;
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
	errors = change(c, t, &block, -1);
	if (heap_sample_rate(c->heap))
		change_errors(t, place, 1, &errors);
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
	struct variance errors;
	struct block block;

	if (!c->threads.num || !heap_get(c->heap, addr, &block))
		return;
	unfree_logged(c, &block, heap_alloc_site(c->heap, block.site)->tid);
	if (!t)
		return;
	errors = change(c, t, &block, 1);
	if (heap_sample_rate(c->heap))
		change_errors(t, place_of(c, t, addr), -1, &errors);
}
