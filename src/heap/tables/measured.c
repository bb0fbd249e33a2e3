// SPDX-License-Identifier: GPL-3.0-or-later
// The functions that are measured, and the sums over their calls, which become results. calls.c
// computes what a single call did.
#include "config.h"

#include "heap/measured.h"

#include "base/hmap.h"
#include "base/vec.h"
#include "heap/tables/calls.h"

#include <stdlib.h>
#include <string.h>

/** What has stayed of a site. */
struct stayed {
	struct snapshot_site site;
	struct variance variance;
};

struct function {
	struct measured_function pub;
	char *name;
	/** The result in the making; its snapshot is made at its end from stayed: site -> index in
	 *  sums. */
	struct measured_result sum;
	bool has_sum;
	struct hmap stayed;
	VEC(struct stayed) sums;
};

struct measured {
	struct calls calls;
	VEC(struct function *) functions;
	VEC(struct measured_result *) results;
	uint64_t num_dropped;
	uint32_t num_ids;
	void (*on_result)(void *ctx, struct measured_result *result);
	void *ctx;
};

struct err *measured_create(const struct heap *heap,
			    void (*on_result)(void *ctx, struct measured_result *result), void *ctx,
			    struct measured **ret)
{
	struct measured *m = calloc(1, sizeof(*m));

	if (!m)
		return &err_nomem;
	m->calls.heap = heap;
	m->on_result = on_result;
	m->ctx = ctx;
	*ret = m;
	return NULL;
}

void measured_result_destroy(struct measured_result *result)
{
	if (!result)
		return;
	snapshot_destroy(result->stayed);
	free(result->function);
	free(result);
}

static void clear_sum(struct function *f)
{
	memset(&f->sum, 0, sizeof(f->sum));
	f->has_sum = false;
	hmap_deinit(&f->stayed);
	f->sums.num = 0;
}

static void function_destroy(struct function *f)
{
	clear_sum(f);
	vec_deinit(&f->sums);
	free(f->name);
	free(f);
}

static struct function *find_function(const struct measured *m, uint32_t id)
{
	size_t i;

	for (i = 0; i < m->functions.num; i++)
		if (m->functions.items[i]->pub.id == id)
			return m->functions.items[i];
	return NULL;
}

struct err *measured_add(struct measured *m, const char *name, uint64_t num_calls, uint32_t *id_ret)
{
	struct function *f = calloc(1, sizeof(*f));

	if (!f)
		return &err_nomem;
	f->name = strdup(name);
	if (!f->name || !vec_push(&m->functions, f)) {
		function_destroy(f);
		return &err_nomem;
	}
	f->pub = (struct measured_function){
		.id = ++m->num_ids, .name = f->name, .num_calls = num_calls};
	*id_ret = f->pub.id;
	return NULL;
}

size_t measured_num(const struct measured *m)
{
	return m->functions.num;
}

struct measured_function measured_get(const struct measured *m, size_t i)
{
	return m->functions.items[i]->pub;
}

void measured_enter(struct measured *m, int32_t tid, uint32_t id, uint64_t call, uint64_t time_ns)
{
	struct function *f = find_function(m, id);

	if (f && calls_enter(&m->calls, tid, id, call, time_ns))
		f->pub.num_active++;
}

/** A block that stays is live. */
static struct weight weigh(const struct heap *heap, const struct call_block *block)
{
	struct block live;

	if (heap_sample_rate(heap) && heap_get(heap, block->addr, &live))
		return heap_weigh(heap, &live);
	return (struct weight){.bytes = block->size, .blocks = 1};
}

static void add_stayed(const struct heap *heap, struct function *f, const struct call_block *block)
{
	const uint64_t *found = hmap_find(&f->stayed, block->site);
	struct weight weight = weigh(heap, block);
	struct stayed new_site = {.site.site = block->site};
	struct stayed *stayed;

	if (!found) {
		if (!vec_push(&f->sums, new_site))
			return;
		if (!hmap_set(&f->stayed, block->site, f->sums.num - 1)) {
			f->sums.num--;
			return;
		}
		found = hmap_find(&f->stayed, block->site);
	}
	stayed = &f->sums.items[*found];
	stayed->site.live_bytes += weight.bytes;
	stayed->site.live_blocks += weight.blocks;
	stayed->site.total_bytes += weight.bytes;
	stayed->site.total_blocks += weight.blocks;
	variance_add(&stayed->variance, &weight.variance);
}

static int compare_sites(const void *a, const void *b)
{
	const struct stayed *x = a, *y = b;

	return x->site.site < y->site.site ? -1 : x->site.site > y->site.site;
}

static bool copy_variances(struct snapshot *snapshot, const struct function *f)
{
	size_t i;

	snapshot->sample_rate = heap_sample_rate(snapshot->heap);
	if (!snapshot->sample_rate)
		return true;
	snapshot->variances = malloc((f->sums.num + 1) * sizeof(*snapshot->variances));
	for (i = 0; snapshot->variances && i < f->sums.num; i++)
		snapshot->variances[i].live = snapshot->variances[i].total =
			f->sums.items[i].variance;
	return snapshot->variances;
}

static struct snapshot *make_snapshot(const struct measured *m, struct function *f)
{
	struct snapshot *snapshot = calloc(1, sizeof(*snapshot));
	size_t i;

	if (!snapshot)
		return NULL;
	snapshot->name = strdup(f->name);
	snapshot->sites = malloc((f->sums.num + 1) * sizeof(*snapshot->sites));
	snapshot->heap = m->calls.heap;
	snapshot->first_seq = SNAPSHOT_NO_SEQ;
	if (f->sums.num)
		qsort(f->sums.items, f->sums.num, sizeof(*f->sums.items), compare_sites);
	if (!snapshot->name || !snapshot->sites || !copy_variances(snapshot, f)) {
		snapshot_destroy(snapshot);
		return NULL;
	}
	snapshot->num_sites = snapshot->num_live_stacks = f->sums.num;
	for (i = 0; i < f->sums.num; i++) {
		snapshot->sites[i] = f->sums.items[i].site;
		snapshot->totals.live_bytes += snapshot->sites[i].live_bytes;
		snapshot->totals.live_blocks += snapshot->sites[i].live_blocks;
	}
	snapshot->totals.total_bytes = snapshot->totals.live_bytes;
	snapshot->totals.total_blocks = snapshot->totals.live_blocks;
	return snapshot;
}

/** As many calls have returned as were asked for, or no more will come. */
static void finish_sum(struct measured *m, struct function *f)
{
	struct measured_result *result = malloc(sizeof(*result));

	if (result) {
		*result = f->sum;
		result->function = strdup(f->name);
		result->stayed = make_snapshot(m, f);
		if (m->results.num >= MEASURED_MAX_RESULTS) {
			measured_result_destroy(vec_shift(&m->results));
			m->num_dropped++;
		}
		if (!result->function || !result->stayed || !vec_push(&m->results, result)) {
			measured_result_destroy(result);
			result = NULL;
		}
	}
	clear_sum(f);
	m->on_result(m->ctx, result);
}

/** A call that ended without a return. */
struct leaving {
	struct measured *m;
	bool is_unwound;
};

static void add_call(void *ctx, const struct ended_call *call)
{
	const struct leaving *leaving = ctx;
	struct function *f = find_function(leaving->m, call->id);
	struct measured_result *sum = f ? &f->sum : NULL;
	size_t i;

	if (!f)
		return;
	sum->tid = !f->has_sum || sum->tid == call->tid ? call->tid : 0;
	f->has_sum = true;
	sum->num_calls++;
	sum->num_left += leaving->is_unwound;
	sum->net_bytes += call->net_bytes;
	sum->net_blocks += call->net_blocks;
	sum->duration_ns += call->duration_ns;
	if (call->duration_ns > sum->max_duration_ns)
		sum->max_duration_ns = call->duration_ns;
	variance_add(&sum->net_errors, &call->net_errors);
	if (call->peak_bytes > sum->peak_bytes) {
		sum->peak_bytes = call->peak_bytes;
		sum->peak_error = call->peak_error;
	}
	for (i = 0; i < call->num_blocks; i++)
		if (!call->blocks[i].is_freed)
			add_stayed(leaving->m->calls.heap, f, &call->blocks[i]);
	f->pub.num_active--;
	f->pub.num_done++;
	if (sum->num_calls >= f->pub.num_calls)
		finish_sum(leaving->m, f);
}

void measured_leave(struct measured *m, int32_t tid, uint64_t call, uint64_t time_ns,
		    bool is_unwound)
{
	struct leaving leaving = {m, is_unwound};

	calls_leave(&m->calls, tid, call, time_ns, add_call, &leaving);
}

void measured_alloc(struct measured *m, int32_t tid, uint64_t addr)
{
	calls_alloc(&m->calls, tid, addr);
}

void measured_free(struct measured *m, int32_t tid, uint64_t addr)
{
	calls_free(&m->calls, tid, addr);
}

void measured_free_older(struct measured *m, int32_t tid, uint64_t size)
{
	calls_free_older(&m->calls, tid, size);
}

void measured_put_back(struct measured *m, int32_t tid, uint64_t addr)
{
	calls_put_back(&m->calls, tid, addr);
}

void measured_finish(struct measured *m)
{
	size_t i;

	for (i = 0; i < m->functions.num; i++)
		if (m->functions.items[i]->has_sum)
			finish_sum(m, m->functions.items[i]);
}

static void remove_at(struct measured *m, size_t i)
{
	struct function *f = m->functions.items[i];

	if (f->has_sum)
		finish_sum(m, f);
	function_destroy(f);
	m->functions.items[i] = m->functions.items[--m->functions.num];
}

void measured_remove(struct measured *m, uint32_t id)
{
	size_t i;

	for (i = 0; i < m->functions.num; i++) {
		if (m->functions.items[i]->pub.id != id)
			continue;
		remove_at(m, i);
		return;
	}
}

void measured_remove_all(struct measured *m)
{
	calls_drop_all(&m->calls);
	while (m->functions.num)
		remove_at(m, m->functions.num - 1);
}

void measured_destroy(struct measured *m)
{
	size_t i;

	if (!m)
		return;
	calls_deinit(&m->calls);
	for (i = 0; i < m->functions.num; i++)
		function_destroy(m->functions.items[i]);
	for (i = 0; i < m->results.num; i++)
		measured_result_destroy(m->results.items[i]);
	vec_deinit(&m->functions);
	vec_deinit(&m->results);
	free(m);
}

struct measured_result *measured_take_result(struct measured *m)
{
	return m->results.num ? vec_shift(&m->results) : NULL;
}

uint64_t measured_num_dropped(const struct measured *m)
{
	return m->num_dropped;
}
