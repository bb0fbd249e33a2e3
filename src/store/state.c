// SPDX-License-Identifier: GPL-3.0-or-later
// The counters of one stored snapshot. They are the sums of all rows from the snapshot's base up to
// it: a chain. The last state is kept, so that the next snapshot of the same chain needs only the
// rows in between.
#include "config.h"

#include "store/store_internal.h"

#include <string.h>

void state_deinit(struct state *state)
{
	vec_deinit(&state->values);
	*state = (struct state){0};
}

struct err *state_grow(struct state *state, size_t num)
{
	struct value *items;

	if (num > state->values.cap) {
		items = realloc(state->values.items, num * sizeof(*items));
		if (!items)
			return &err_nomem;
		state->values.items = items;
		state->values.cap = num;
	}
	if (num > state->values.num) {
		memset(&state->values.items[state->values.num], 0,
		       (num - state->values.num) * sizeof(*items));
		state->values.num = num;
	}
	return NULL;
}

static bool add_value(struct value *sum, const struct value *v)
{
	struct value r;

	if (__builtin_add_overflow(sum->live_bytes, v->live_bytes, &r.live_bytes) ||
	    __builtin_add_overflow(sum->live_blocks, v->live_blocks, &r.live_blocks) ||
	    __builtin_add_overflow(sum->freed_bytes, v->freed_bytes, &r.freed_bytes) ||
	    __builtin_add_overflow(sum->freed_blocks, v->freed_blocks, &r.freed_blocks))
		return false;
	*sum = r;
	return true;
}

/** Add the rows of one snapshot to the state. */
static struct err *read_rows(struct store *store, int64_t first, int64_t last)
{
	struct state *state = &store->loaded;
	struct query q;

	query_begin(&q, store,
		    "SELECT id AS \"value.id\", live_bytes AS \"value.live_bytes\","
		    " live_blocks AS \"value.live_blocks\", freed_bytes AS \"value.freed_bytes\","
		    " freed_blocks AS \"value.freed_blocks\""
		    " FROM value WHERE id BETWEEN ? AND ? ORDER BY id",
		    2, first, last);
	while (query_next(&q)) {
		uint64_t site = (uint64_t)query_i64(&q, 0) - (uint64_t)first;
		struct value v = {
			.live_bytes = query_i64(&q, 1),
			.live_blocks = query_i64(&q, 2),
			.freed_bytes = query_i64(&q, 3),
			.freed_blocks = query_i64(&q, 4),
		};

		if (q.err)
			break;
		if (site >= state->values.num || !add_value(&state->values.items[site], &v))
			query_damaged(&q, 0);
		state->num_rows++;
	}
	return query_end(&q, NULL);
}

/** Add the snapshots of the chain that follow store->loaded, up to this one. */
static struct err *read_chain(struct store *store, int64_t snapshot, int64_t base)
{
	struct state *state = &store->loaded;
	struct err *err = NULL;
	struct query q;

	query_begin(&q, store,
		    "SELECT id AS \"snapshot.base\", first_value AS \"snapshot.first_value\","
		    " last_value AS \"snapshot.last_value\""
		    " FROM snapshot WHERE id BETWEEN ? AND ? AND base = ? ORDER BY id",
		    3, state->snapshot ? state->snapshot + 1 : base, snapshot, base);
	while (!err && query_next(&q)) {
		int64_t id = query_i64(&q, 0);
		int64_t first = query_u64(&q, 1, INT64_MAX), last = query_i64(&q, 2);

		// However long a hostile chain is, each row is read at most once.
		if (first <= state->last_value || last < first - 1)
			query_damaged(&q, 1);
		if (!state->snapshot && id != base)
			query_damaged(&q, 0);
		if (q.err)
			break;
		err = read_rows(store, first, last);
		state->snapshot = id;
		if (last > state->last_value)
			state->last_value = last;
	}
	if (!err && !q.err && state->snapshot != snapshot)
		err = err_create(ERR_FORMAT, "%s: is damaged: bad snapshot.base", store->path);
	return query_end(&q, err);
}

static struct err *check_values(struct store *store)
{
	const struct state *state = &store->loaded;
	size_t i;

	for (i = 0; i < state->values.num; i++) {
		const struct value *v = &state->values.items[i];
		struct value total = *v;

		if (v->live_bytes < 0 || v->live_blocks < 0 ||
		    __builtin_add_overflow(v->live_bytes, v->freed_bytes, &total.live_bytes) ||
		    __builtin_add_overflow(v->live_blocks, v->freed_blocks, &total.live_blocks) ||
		    total.live_bytes < 0 || total.live_blocks < 0)
			return err_create(ERR_FORMAT, "%s: is damaged: bad counters of site %zu",
					  store->path, i);
	}
	return NULL;
}

struct err *state_read(struct store *store, int64_t snapshot, int64_t base)
{
	struct state *state = &store->loaded;
	struct err *err;

	if (state->base != base || state->snapshot > snapshot) {
		state_deinit(state);
		state->last_value = -1;
	}
	err = state_grow(state, heap_num_alloc_sites(store->mirror.heap));
	if (!err && state->snapshot != snapshot)
		err = read_chain(store, snapshot, base);
	state->base = base;
	if (!err)
		err = check_values(store);
	if (err)
		state_deinit(state);
	return err;
}
