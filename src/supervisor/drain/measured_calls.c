// SPDX-License-Identifier: GPL-3.0-or-later
// Each thread keeps running sums of what it allocated and freed. A call notes them at its entry, so its
// own net is a difference, and recursion costs nothing per event. Blocks are logged while any call of
// their thread is in progress: what of the log since a call's entry is not freed at its return has
// stayed.
#include "config.h"

#include "supervisor/drain/measured_calls.h"

#include "supervisor/core/control.h"
#include "supervisor/core/notes.h"
#include "supervisor/drain/measuring.h"

#include <string.h>

#define MAX_RESULTS 1000

struct logged_block {
	uint64_t addr;
	uint64_t size;
	uint32_t site;
	bool is_freed;
};

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

struct measured_thread {
	int32_t tid;
	int64_t bytes;
	int64_t blocks;
	VEC(struct active_call) calls;
	VEC(struct logged_block) log;
};

void session_measured_destroy(struct session_measured *measured)
{
	if (!measured)
		return;
	snapshot_destroy(measured->stayed);
	free(measured->function);
	free(measured);
}

static void clear_sum(struct measured_function *f)
{
	memset(&f->sum, 0, sizeof(f->sum));
	f->has_sum = false;
	hmap_deinit(&f->stayed);
	f->sums.num = 0;
}

void measured_destroy_function(struct measured_function *f)
{
	if (!f)
		return;
	clear_sum(f);
	vec_deinit(&f->sums);
	vec_deinit(&f->addrs);
	free(f->function);
	free(f);
}

static struct measured_function *find_id(const struct measuring *m, uint32_t id)
{
	size_t i;

	for (i = 0; i < m->functions.num; i++)
		if (m->functions.items[i]->id == id)
			return m->functions.items[i];
	return NULL;
}

static struct measured_thread *find_thread(const struct measuring *m, int32_t tid)
{
	const uint64_t *found = hmap_find(&m->threads, (uint32_t)tid);

	return found ? (struct measured_thread *)*found : NULL;
}

/** The log of a thread without calls in progress is of no use any more. */
static void free_thread(struct measuring *m, struct measured_thread *t)
{
	size_t i;

	for (i = 0; i < t->log.num; i++)
		if (!t->log.items[i].is_freed)
			hmap_remove(&m->logged, t->log.items[i].addr);
	vec_deinit(&t->log);
	vec_deinit(&t->calls);
	free(t);
}

static void drop_thread(struct measuring *m, struct measured_thread *t)
{
	hmap_remove(&m->threads, (uint32_t)t->tid);
	free_thread(m, t);
}

void measured_enter(struct session *s, const struct event_measure *event)
{
	struct measuring *m = s->measuring;
	struct measured_function *f = m ? find_id(m, event->id) : NULL;
	struct measured_thread *t;
	struct active_call call = {.call = event->call, .id = event->id, .time_ns = event->time_ns};

	if (!f)
		return;
	t = find_thread(m, event->tid);
	if (!t) {
		t = calloc(1, sizeof(*t));
		if (!t || !hmap_set(&m->threads, (uint32_t)event->tid, (uint64_t)t)) {
			free(t);
			return;
		}
		t->tid = event->tid;
	}
	call.bytes = call.max_bytes = t->bytes;
	call.blocks = t->blocks;
	call.log_start = t->log.num;
	if (vec_push(&t->calls, call))
		f->num_active++;
	else if (!t->calls.num)
		drop_thread(m, t);
}

static void add_stayed(struct measured_function *f, const struct logged_block *block)
{
	const uint64_t *found = hmap_find(&f->stayed, block->site);
	struct snapshot_site new_site = {.site = block->site};
	struct snapshot_site *site;

	if (!found) {
		if (!vec_push(&f->sums, new_site))
			return;
		if (!hmap_set(&f->stayed, block->site, f->sums.num - 1)) {
			f->sums.num--;
			return;
		}
		found = hmap_find(&f->stayed, block->site);
	}
	site = &f->sums.items[*found];
	site->live_bytes += block->size;
	site->live_blocks++;
	site->total_bytes += block->size;
	site->total_blocks++;
}

static int compare_sites(const void *a, const void *b)
{
	const struct snapshot_site *x = a, *y = b;

	return x->site < y->site ? -1 : x->site > y->site;
}

static struct snapshot *make_snapshot(struct session *s, const struct measured_function *f)
{
	struct snapshot *snapshot = calloc(1, sizeof(*snapshot));
	size_t i;

	if (!snapshot)
		return NULL;
	snapshot->name = strdup(f->function);
	snapshot->sites = malloc((f->sums.num + 1) * sizeof(*snapshot->sites));
	if (!snapshot->name || !snapshot->sites) {
		snapshot_destroy(snapshot);
		return NULL;
	}
	snapshot->heap = s->heap;
	snapshot->nframe = s->nframe;
	snapshot->num_sites = snapshot->num_live_stacks = f->sums.num;
	for (i = 0; i < f->sums.num; i++) {
		snapshot->sites[i] = f->sums.items[i];
		snapshot->totals.live_bytes += f->sums.items[i].live_bytes;
		snapshot->totals.live_blocks += f->sums.items[i].live_blocks;
	}
	snapshot->totals.total_bytes = snapshot->totals.live_bytes;
	snapshot->totals.total_blocks = snapshot->totals.live_blocks;
	qsort(snapshot->sites, snapshot->num_sites, sizeof(*snapshot->sites), compare_sites);
	return snapshot;
}

static void drop_oldest(struct session *s, struct measuring *m)
{
	session_measured_destroy(vec_shift(&m->results));
	if (!m->is_overflow_noted)
		session_note(
			s,
			"more than %d results of measure wait: the oldest are dropped; --calls N "
			"makes fewer",
			MAX_RESULTS);
	m->is_overflow_noted = true;
}

void measured_finish_sum(struct session *s, struct measured_function *f)
{
	struct measuring *m = s->measuring;
	struct session_measured *result = malloc(sizeof(*result));

	if (result) {
		*result = f->sum;
		result->function = strdup(f->function);
		result->stayed = make_snapshot(s, f);
		if (m->results.num >= MAX_RESULTS)
			drop_oldest(s, m);
		if (!result->function || !result->stayed || !vec_push(&m->results, result))
			session_measured_destroy(result);
		session_notify(s);
	}
	clear_sum(f);
	control_wake(s);
}

static void add_call(struct session *s, struct measured_function *f, struct measured_thread *t,
		     const struct active_call *call, const struct event_measure *event)
{
	uint64_t duration = event->time_ns - call->time_ns;
	uint64_t peak = (uint64_t)(call->max_bytes - call->bytes);
	struct session_measured *sum = &f->sum;
	size_t i;

	sum->tid = !f->has_sum || sum->tid == t->tid ? t->tid : 0;
	f->has_sum = true;
	sum->num_calls++;
	sum->num_left += (event->header.flags & MEASURE_UNWOUND) != 0;
	sum->net_bytes += t->bytes - call->bytes;
	sum->net_blocks += t->blocks - call->blocks;
	sum->duration_ns += duration;
	if (duration > sum->max_duration_ns)
		sum->max_duration_ns = duration;
	if (peak > sum->peak_bytes)
		sum->peak_bytes = peak;
	for (i = call->log_start; i < t->log.num; i++)
		if (!t->log.items[i].is_freed)
			add_stayed(f, &t->log.items[i]);
	f->num_done++;
	if (sum->num_calls >= f->num_calls)
		measured_finish_sum(s, f);
}

void measured_leave(struct session *s, const struct event_measure *event)
{
	struct measuring *m = s->measuring;
	struct measured_thread *t = m ? find_thread(m, event->tid) : NULL;
	struct measured_function *f;
	struct active_call call;

	if (!t || !t->calls.num || t->calls.items[t->calls.num - 1].call != event->call)
		return;
	call = t->calls.items[--t->calls.num];
	if (t->calls.num && t->calls.items[t->calls.num - 1].max_bytes < call.max_bytes)
		t->calls.items[t->calls.num - 1].max_bytes = call.max_bytes;
	f = find_id(m, call.id);
	if (f) {
		f->num_active--;
		add_call(s, f, t, &call, event);
	}
	if (!t->calls.num)
		drop_thread(m, t);
}

/** The log entry of a live block, or NULL. */
static struct logged_block *find_logged(const struct measuring *m, uint64_t addr)
{
	const uint64_t *found = hmap_find(&m->logged, addr);
	struct measured_thread *t = found ? find_thread(m, (int32_t)(*found >> 32)) : NULL;

	return t ? &t->log.items[(uint32_t)*found] : NULL;
}

void measuring_alloc(struct session *s, int32_t tid, uint64_t addr)
{
	struct measuring *m = s->measuring;
	struct measured_thread *t = find_thread(m, tid);
	struct active_call *call;
	struct logged_block entry;
	struct block block;

	if (!t || !heap_get(s->heap, addr, &block))
		return;
	t->bytes += block.size;
	t->blocks++;
	call = &t->calls.items[t->calls.num - 1];
	if (t->bytes > call->max_bytes)
		call->max_bytes = t->bytes;
	// Replaced: a free was missed.
	if (find_logged(m, addr))
		find_logged(m, addr)->is_freed = true;
	entry = (struct logged_block){addr, block.size, block.site, false};
	if (!vec_push(&t->log, entry))
		return;
	if (!hmap_set(&m->logged, addr, (uint64_t)(uint32_t)tid << 32 | (t->log.num - 1)))
		t->log.num--;
}

void measuring_free(struct session *s, int32_t tid, uint64_t addr)
{
	struct measuring *m = s->measuring;
	struct measured_thread *t = find_thread(m, tid);
	struct logged_block *entry;
	struct block block;

	if (!m->threads.num)
		return;
	entry = find_logged(m, addr);
	if (entry) {
		entry->is_freed = true;
		hmap_remove(&m->logged, addr);
	}
	if (!t || !heap_get(s->heap, addr, &block))
		return;
	t->bytes -= block.size;
	t->blocks--;
}

void measuring_free_older(struct session *s, int32_t tid, uint64_t size)
{
	struct measured_thread *t = find_thread(s->measuring, tid);

	if (!t)
		return;
	t->bytes -= (int64_t)size;
	t->blocks--;
}

/** The log entry that measuring_free() marked when it took the block: the thread that allocated it has it, and no later one of
 *  this address. */
static void unfree_logged(struct measuring *m, const struct block *block, int32_t owner)
{
	struct measured_thread *t = find_thread(m, owner);
	size_t i = t ? t->log.num : 0;

	while (i > 0) {
		struct logged_block *entry = &t->log.items[--i];

		if (entry->addr != block->addr)
			continue;
		if (entry->is_freed && entry->site == block->site &&
		    hmap_set(&m->logged, block->addr, (uint64_t)(uint32_t)owner << 32 | i))
			entry->is_freed = false;
		return;
	}
}

void measuring_put_back(struct session *s, int32_t tid, uint64_t addr)
{
	struct measuring *m = s->measuring;
	struct measured_thread *t = find_thread(m, tid);
	struct block block;

	if (!m->threads.num || !heap_get(s->heap, addr, &block))
		return;
	unfree_logged(m, &block, heap_site(s->heap, block.site)->tid);
	if (!t)
		return;
	t->bytes += block.size;
	t->blocks++;
}

void measured_drop_all_threads(struct measuring *m)
{
	struct measured_thread *t;
	size_t i;

	hmap_each (&m->threads, i, t)
		free_thread(m, t);
	hmap_deinit(&m->threads);
}
