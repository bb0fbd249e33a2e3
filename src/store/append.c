// SPDX-License-Identifier: GPL-3.0-or-later
// Appends one snapshot. First its sites, stacks and frames are entered into the mirror (mirror.c).
// Then, with the file locked, everything new is written: shared rows (write.c), the row of the
// snapshot, and for each site the difference to the snapshot that this handle appended before. If
// another process wrote in between, the ids that were given out are taken by now; then all is
// entered once more.
#include "config.h"

#include "base/clock.h"
#include "store/store_internal.h"

#include <assert.h>
#include <string.h>

/** A new base begins when a chain would have more rows than this many times the number of sites,
 *  because loading reads all rows of a chain. */
#define CHAIN_FACTOR 8
#define CHAIN_MIN    100

struct appending {
	struct store *store;
	const struct snapshot *snapshot;
	const struct frame_source *source;
	const struct store_meta *meta;
	/** The snapshot as it will be in the file. */
	struct state state;
	struct variance_rows variances;
	size_t num_sites;
	size_t num_changed;
	/** Where its values begin, and how many rows they are. */
	int64_t first_value;
	size_t num_rows;
	int64_t session;
	int64_t checksum;
};

static bool is_value(const struct value *v)
{
	return v->live_bytes || v->live_blocks || v->freed_bytes || v->freed_blocks;
}

static struct value subtract(const struct value *a, const struct value *b)
{
	return (struct value){
		.live_bytes = a->live_bytes - b->live_bytes,
		.live_blocks = a->live_blocks - b->live_blocks,
		.freed_bytes = a->freed_bytes - b->freed_bytes,
		.freed_blocks = a->freed_blocks - b->freed_blocks,
	};
}

// Adds, because two sites of a session can be one in the file: a module that was mapped twice is
// one module there.
static bool add_site(struct value *v, const struct snapshot_site *site)
{
	// So large that the difference of two fits as well.
	if ((site->live_bytes | site->live_blocks | site->total_bytes | site->total_blocks) >> 61)
		return false;
	v->live_bytes += site->live_bytes;
	v->live_blocks += site->live_blocks;
	v->freed_bytes += (int64_t)(site->total_bytes - site->live_bytes);
	v->freed_blocks += (int64_t)(site->total_blocks - site->live_blocks);
	return !((v->live_bytes | v->live_blocks) >> 61) && v->freed_bytes <= INT64_MAX >> 2 &&
	       v->freed_blocks <= INT64_MAX >> 2;
}

static struct err *too_large(const struct store *store)
{
	return err_create(ERR_OTHER, "%s: a counter is too large to be stored", store->path);
}

/** Enter all sites into the mirror, and their counters into a->state. */
static struct err *enter_sites(struct appending *a)
{
	struct store *store = a->store;
	struct err *err = NULL;
	uint32_t id;
	size_t i;

	transfer_set(&store->in, a->snapshot->heap, a->source, store->mirror.heap,
		     store->mirror.archive);
	store->in.store = store;
	store->in.map_domain = domains_to_file;
	a->state.values.num = a->variances.sites.num = 0;
	a->variances.rate = a->snapshot->sample_rate;
	a->variances.first_seq = a->snapshot->first_seq;
	for (i = 0; i < a->snapshot->num_sites && !err; i++) {
		const struct snapshot_site *site = &a->snapshot->sites[i];

		err = transfer_site(&store->in, site->site, &id);
		if (!err)
			err = state_grow(&a->state, id + 1);
		if (!err && !add_site(&a->state.values.items[id], site))
			err = too_large(store);
		if (!err && a->variances.rate)
			err = variance_add_site(&a->variances, id, &a->snapshot->variances[i]);
	}
	return err;
}

static struct err *refresh(struct store *store)
{
	struct err *err = mirror_refresh(store);

	if (err != &err_stop)
		return err;
	store_forget(store);
	return mirror_refresh(store);
}

// This happens outside of the transaction that writes: resolving may take long, and others may want
// to write.
static struct err *enter_early(struct appending *a)
{
	struct store *store = a->store;
	struct err *err;

	sql_start_clock(store);
	err = sql_exec(store, "BEGIN");
	if (!err)
		err = refresh(store);
	if (!err)
		err = sql_exec(store, "COMMIT");
	sql_stop_clock(store);
	return err ? err : enter_sites(a);
}

/** Called with the file locked. If another process has written meanwhile, ids must be given out
 *  anew. */
static struct err *enter_late(struct appending *a)
{
	bool is_current;
	struct err *err = mirror_is_current(a->store, &is_current);

	if (err || is_current)
		return err;
	store_forget(a->store);
	err = mirror_refresh(a->store);
	return err ? err : enter_sites(a);
}

/** Count the sites, and those that differ from the previous state. */
static void count_sites(struct appending *a)
{
	const struct state *old = &a->store->appended;
	static const struct value zero;
	size_t i;

	a->num_sites = a->num_changed = 0;
	for (i = 0; i < a->state.values.num; i++) {
		const struct value *v = &a->state.values.items[i];
		const struct value *was = i < old->values.num ? &old->values.items[i] : &zero;
		struct value change = subtract(v, was);

		a->num_sites += is_value(v);
		a->num_changed += is_value(&change);
	}
}

static struct err *find_place(struct appending *a)
{
	struct store *store = a->store;
	const struct state *old = &store->appended;
	size_t limit;
	struct query q;

	a->state.snapshot = 1;
	a->first_value = 0;
	query_begin(&q, store,
		    "SELECT id AS \"snapshot.id\", last_value AS \"snapshot.last_value\""
		    " FROM snapshot ORDER BY id DESC LIMIT 1",
		    0);
	if (query_next(&q)) {
		a->state.snapshot = query_u64(&q, 0, UINT32_MAX - 1) + 1;
		a->first_value = query_u64(&q, 1, INT64_MAX >> 1) + 1;
	}
	count_sites(a);
	limit = CHAIN_FACTOR * (a->num_sites > CHAIN_MIN ? a->num_sites : CHAIN_MIN);
	a->state.base = old->base;
	a->state.num_rows = old->num_rows;
	if (!old->base || old->num_rows + a->num_changed > limit) {
		a->state.base = a->state.snapshot;
		a->state.num_rows = 0;
	}
	return query_end(&q, NULL);
}

static struct err *write_value(struct store *store, int64_t id, const struct value *v)
{
	struct err *err = NULL;
	sqlite3_stmt *stmt = insert_begin(store, INSERT_VALUE, &err);

	if (!stmt)
		return err;
	sqlite3_bind_int64(stmt, 1, id);
	sqlite3_bind_int64(stmt, 2, v->live_bytes);
	sqlite3_bind_int64(stmt, 3, v->live_blocks);
	sqlite3_bind_int64(stmt, 4, v->freed_bytes);
	sqlite3_bind_int64(stmt, 5, v->freed_blocks);
	return insert_end(store, stmt);
}

static struct err *write_values(struct appending *a)
{
	const struct state *old = &a->store->appended;
	bool is_base = a->state.base == a->state.snapshot;
	struct err *err = NULL;
	size_t i;

	// Sites that are not in this snapshot any more need a row, too, so that their sum becomes
	// zero.
	if (!is_base)
		err = state_grow(&a->state, old->values.num);
	for (i = 0; i < a->state.values.num && !err; i++) {
		struct value change = a->state.values.items[i];

		if (!is_base && i < old->values.num)
			change = subtract(&change, &old->values.items[i]);
		if (!is_value(&change))
			continue;
		err = write_value(a->store, a->first_value + i, &change);
		a->num_rows++;
	}
	a->state.num_rows += a->num_rows;
	a->state.last_value = a->first_value + (int64_t)a->state.values.num;
	return err;
}

static bool is_text(struct query *q, int column, const char *text)
{
	return strcmp(query_text(q, column), text ? text : "") == 0;
}

static struct err *find_session(struct appending *a)
{
	const struct store_meta *meta = a->meta;
	struct query q;

	a->session = 0;
	query_begin(&q, a->store,
		    "SELECT id AS \"session.id\", exe AS \"session.exe\","
		    " command AS \"session.command\", host AS \"session.host\" FROM session"
		    " WHERE pid = ? AND start_ns = ? AND is_from_launch = ?",
		    3, meta->pid, (int64_t)a->snapshot->start_ns,
		    (int64_t)a->snapshot->is_from_launch);
	while (!a->session && query_next(&q))
		if (is_text(&q, 1, meta->exe) && is_text(&q, 2, meta->command) &&
		    is_text(&q, 3, meta->host))
			a->session = query_i64(&q, 0);
	return query_end(&q, NULL);
}

static struct err *write_session(struct appending *a)
{
	struct err *err = find_session(a);
	sqlite3_stmt *stmt;

	if (err || a->session)
		return err;
	stmt = insert_begin(a->store, INSERT_SESSION, &err);
	if (!stmt)
		return err;
	sqlite3_bind_int64(stmt, 1, a->meta->pid);
	bind_text(stmt, 2, a->meta->exe);
	bind_text(stmt, 3, a->meta->command);
	bind_text(stmt, 4, a->meta->host);
	sqlite3_bind_int64(stmt, 5, a->snapshot->start_ns);
	sqlite3_bind_int64(stmt, 6, a->snapshot->is_from_launch);
	err = insert_end(a->store, stmt);
	a->session = sqlite3_last_insert_rowid(a->store->db);
	return err;
}

static uint64_t wall_time(const struct appending *a)
{
	uint64_t now = clock_now_ns(), then = a->snapshot->time_ns;
	struct timespec ts;

	if (a->meta->wall_ns)
		return a->meta->wall_ns;
	clock_gettime(CLOCK_REALTIME, &ts);
	return (uint64_t)ts.tv_sec * NS_PER_S + (uint64_t)ts.tv_nsec -
	       (then && then < now ? now - then : 0);
}

static struct err *write_snapshot(struct appending *a)
{
	const struct snapshot *s = a->snapshot;
	const struct heap_totals *t = &s->totals;
	const uint64_t numbers[] = {
		wall_time(a),    s->time_ns,         s->nframe,           t->live_bytes,
		t->live_blocks,  t->peak_bytes,      t->peak_blocks,      t->total_bytes,
		t->total_blocks, t->frees,           t->unknown_frees,    t->replaced,
		s->seq,          s->num_live_stacks, a->num_sites,        a->state.base,
		a->num_rows,     a->first_value,     a->state.last_value, a->checksum,
	};
	struct err *err = NULL;
	sqlite3_stmt *stmt = insert_begin(a->store, INSERT_SNAPSHOT, &err);
	size_t i;

	if (!stmt)
		return err;
	if ((t->live_bytes | t->peak_bytes | t->total_bytes) >> 63)
		return too_large(a->store);
	sqlite3_bind_int64(stmt, 1, a->state.snapshot);
	sqlite3_bind_int64(stmt, 2, a->session);
	bind_text(stmt, 3, s->name);
	for (i = 0; i < sizeof(numbers) / sizeof(*numbers); i++)
		sqlite3_bind_int64(stmt, i + 4, (int64_t)numbers[i]);
	return insert_end(a->store, stmt);
}

static struct err *write_pair(struct appending *a, const char *key, const char *value)
{
	struct err *err = NULL;
	sqlite3_stmt *stmt = insert_begin(a->store, INSERT_META, &err);

	if (!stmt)
		return err;
	sqlite3_bind_int64(stmt, 1, a->state.snapshot);
	bind_text(stmt, 2, key);
	bind_text(stmt, 3, value);
	return insert_end(a->store, stmt);
}

static struct err *write_pairs(struct appending *a)
{
	struct err *err = write_pair(a, STORE_KEY_ENGINE, engine_name(a->snapshot->engine));
	size_t i;

	for (i = 0; i < a->meta->num_pairs && !err; i++)
		err = write_pair(a, a->meta->pairs[i].key, a->meta->pairs[i].value);
	return err;
}

static struct err *make_checksum(struct appending *a)
{
	const struct snapshot *s = a->snapshot;

	return checksum_make(&a->store->mirror, &a->state, s->older, s->num_older, s->older_unsized,
			     &a->variances, &a->checksum);
}

static struct err *write_all(struct appending *a)
{
	struct err *err = find_place(a);

	if (!err)
		err = make_checksum(a);
	if (!err)
		err = mirror_write(a->store);
	if (!err)
		err = domains_write(a->store);
	if (!err)
		err = write_values(a);
	if (!err)
		err = write_session(a);
	if (!err)
		err = write_snapshot(a);
	if (!err)
		err = older_write(a->store, a->state.snapshot, a->snapshot);
	if (!err)
		err = variance_write(a->store, a->state.snapshot, &a->variances);
	return err ? err : write_pairs(a);
}

struct err *store_append(struct store *store, const struct snapshot *snapshot,
			 const struct frame_source *source, const struct store_meta *meta,
			 uint32_t *id_ret)
{
	struct appending a = {.store = store, .snapshot = snapshot, .source = source, .meta = meta};
	struct err *err;

	assert(store->is_writer);
	err = enter_early(&a);
	if (!err)
		err = sql_exec(store, "BEGIN IMMEDIATE");
	if (!err)
		err = enter_late(&a);
	if (!err)
		err = write_all(&a);
	if (!err)
		err = sql_exec(store, "COMMIT");
	variance_rows_deinit(&a.variances);
	if (err) {
		state_deinit(&a.state);
		err = sql_rollback(store, err);
		store_forget(store);
		return err;
	}
	store->mirror.stored = mirror_marks(&store->mirror);
	state_deinit(&store->appended);
	store->appended = a.state;
	if (id_ret)
		*id_ret = (uint32_t)a.state.snapshot;
	return NULL;
}
