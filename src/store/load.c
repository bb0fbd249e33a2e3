// SPDX-License-Identifier: GPL-3.0-or-later
// Lists the snapshots of a file, and loads one: its shared rows come from the mirror (mirror.c),
// its counters are summed up by state.c, and both are entered into the caller's heap (transfer.c).
#include "config.h"

#include "heap/arena.h"
#include "store/store_internal.h"

#include <string.h>

static const char *copy_string(struct arena *arena, const char *text, struct err **err)
{
	size_t size = strlen(text) + 1;
	char *copy = arena_alloc(arena, size);

	if (!copy) {
		*err = &err_nomem;
		return "";
	}
	return memcpy(copy, text, size);
}

/** A column behind those of entry_sql. */
#define OLDER_COLUMN 25

static struct heap_totals read_totals(struct query *q, int column)
{
	return (struct heap_totals){
		.live_bytes = query_u64(q, column, INT64_MAX),
		.live_blocks = query_u64(q, column + 1, INT64_MAX),
		.peak_bytes = query_u64(q, column + 2, INT64_MAX),
		.peak_blocks = query_u64(q, column + 3, INT64_MAX),
		.total_bytes = query_u64(q, column + 4, INT64_MAX),
		.total_blocks = query_u64(q, column + 5, INT64_MAX),
		.frees = query_u64(q, column + 6, INT64_MAX),
		.unknown_frees = query_u64(q, column + 7, INT64_MAX),
		.replaced = query_u64(q, column + 8, INT64_MAX),
		.older_frees = query_u64(q, OLDER_COLUMN, INT64_MAX),
		.older_unsized = query_u64(q, OLDER_COLUMN + 1, INT64_MAX),
	};
}

#define OLDER_SUM \
	"(SELECT coalesce(sum(o.freed_blocks), 0) FROM older_class o WHERE o.snapshot = s.id"

static const char no_older_sql[] =
	", 0 AS \"snapshot.older_frees\", 0 AS \"snapshot.older_unsized\"";
static const char older_sql[] = ", " OLDER_SUM ") AS \"snapshot.older_frees\","
				" " OLDER_SUM " AND o.usable = 0) AS \"snapshot.older_unsized\"";

static const char entry_sql[] =
	"SELECT s.id AS \"snapshot.id\", s.name AS \"snapshot.name\","
	" s.session AS \"snapshot.session\", s.nframe AS \"snapshot.nframe\","
	" s.time_ns AS \"snapshot.time_ns\", s.wall_ns AS \"snapshot.wall_ns\","
	" s.seq AS \"snapshot.seq\", s.num_live_stacks AS \"snapshot.num_live_stacks\","
	" s.num_sites AS \"snapshot.num_sites\", s.num_rows AS \"snapshot.num_rows\","
	" s.live_bytes AS \"snapshot.live_bytes\", s.live_blocks AS \"snapshot.live_blocks\","
	" s.peak_bytes AS \"snapshot.peak_bytes\", s.peak_blocks AS \"snapshot.peak_blocks\","
	" s.total_bytes AS \"snapshot.total_bytes\", s.total_blocks AS \"snapshot.total_blocks\","
	" s.frees AS \"snapshot.frees\", s.unknown_frees AS \"snapshot.unknown_frees\","
	" s.replaced AS \"snapshot.replaced\", p.pid AS \"session.pid\", p.exe AS \"session.exe\","
	" p.command AS \"session.command\", p.host AS \"session.host\","
	" p.start_ns AS \"session.start_ns\", p.is_from_launch AS \"session.is_from_launch\"";
static const char entry_from_sql[] =
	" FROM snapshot s LEFT JOIN session p ON p.id = s.session ORDER BY s.id";

static struct err *read_entry(struct query *q, struct arena *arena, struct store_entry *ret)
{
	struct err *err = NULL;

	*ret = (struct store_entry){
		.id = query_u64(q, 0, UINT32_MAX),
		.name = copy_string(arena, query_text(q, 1), &err),
		.session = query_u64(q, 2, UINT32_MAX),
		.nframe = query_u64(q, 3, STACK_TOTAL_MAX),
		.time_ns = query_u64(q, 4, INT64_MAX),
		.num_live_stacks = query_u64(q, 7, INT64_MAX),
		.num_sites = query_u64(q, 8, INT64_MAX),
		.num_rows = query_u64(q, 9, INT64_MAX),
		.totals = read_totals(q, 10),
		.start_ns = query_u64(q, 23, INT64_MAX),
		.is_from_launch = query_u64(q, 24, 1),
	};
	// -1 is SNAPSHOT_NO_SEQ.
	ret->seq = (uint64_t)query_i64(q, 6);
	ret->meta = (struct store_meta){
		.pid = query_i64(q, 19),
		.exe = copy_string(arena, query_text(q, 20), &err),
		.command = copy_string(arena, query_text(q, 21), &err),
		.host = copy_string(arena, query_text(q, 22), &err),
		.wall_ns = query_u64(q, 5, INT64_MAX),
	};
	return err;
}

struct listing {
	struct store_entries entries;
	size_t cap;
	VEC(struct store_pair) pairs;
};

static struct err *read_entries(struct store *store, struct listing *l)
{
	bool has_older = store->version >= STORE_VERSION_OLDER;
	_cleanup_free_ char *sql = NULL;
	struct err *err = NULL;
	struct query q;

	if (asprintf(&sql, "%s%s%s", entry_sql, has_older ? older_sql : no_older_sql,
		     entry_from_sql) < 0) {
		sql = NULL;
		return &err_nomem;
	}
	query_begin(&q, store, sql, 0);
	while (!err && query_next(&q)) {
		if (!vec_grow((void **)&l->entries.items, &l->cap, l->entries.num,
			      sizeof(*l->entries.items)))
			err = &err_nomem;
		else
			err = read_entry(&q, l->entries.arena, &l->entries.items[l->entries.num++]);
	}
	return query_end(&q, err);
}

/** Read the pairs of an entry. They go behind one another into the arena. */
static struct err *keep_pairs(struct listing *l, struct store_entry *entry)
{
	size_t size = l->pairs.num * sizeof(*l->pairs.items);
	struct store_pair *copy;

	if (!l->pairs.num)
		return NULL;
	copy = arena_alloc(l->entries.arena, size);
	if (!copy)
		return &err_nomem;
	memcpy(copy, l->pairs.items, size);
	entry->meta.pairs = copy;
	entry->meta.num_pairs = l->pairs.num;
	l->pairs.num = 0;
	return NULL;
}

static void read_engine(struct query *q, struct store_entry *entry)
{
	if (!engine_find(query_text(q, 2), &entry->engine) || entry->engine == ENGINE_AUTO)
		query_damaged(q, 2);
}

static struct err *read_pairs(struct store *store, struct listing *l)
{
	struct store_entry *entry, *end;
	struct err *err = NULL;
	struct query q;

	if (!l->entries.num)
		return NULL;
	entry = l->entries.items;
	end = entry + l->entries.num;
	query_begin(&q, store,
		    "SELECT snapshot AS \"snapshot_meta.snapshot\", key AS \"snapshot_meta.key\","
		    " value AS \"snapshot_meta.value\" FROM snapshot_meta ORDER BY snapshot, key",
		    0);
	while (!err && query_next(&q)) {
		uint32_t id = query_u64(&q, 0, UINT32_MAX);
		struct store_pair pair = {0};

		for (; !err && entry < end && entry->id < id; entry++)
			err = keep_pairs(l, entry);
		if (entry == end || entry->id != id)
			query_damaged(&q, 0);
		if (q.err || err)
			break;
		if (strcmp(query_text(&q, 1), STORE_KEY_ENGINE) == 0) {
			read_engine(&q, entry);
			continue;
		}
		pair.key = copy_string(l->entries.arena, query_text(&q, 1), &err);
		pair.value = copy_string(l->entries.arena, query_text(&q, 2), &err);
		if (!vec_push(&l->pairs, pair))
			err = &err_nomem;
	}
	if (!err && !q.err && entry < end)
		err = keep_pairs(l, entry);
	return query_end(&q, err);
}

static struct err *list_entries(struct store *store, struct store_entries *ret)
{
	struct listing l = {.entries.arena = calloc(1, sizeof(struct arena))};
	struct err *err = l.entries.arena ? store_check_version(store) : &err_nomem;

	if (!err)
		err = read_entries(store, &l);
	if (!err)
		err = read_pairs(store, &l);
	vec_deinit(&l.pairs);
	if (err)
		store_entries_deinit(&l.entries);
	else
		*ret = l.entries;
	return err;
}

struct err *store_list(struct store *store, struct store_entries *ret)
{
	struct err *err;

	sql_start_clock(store);
	err = sql_exec(store, "BEGIN");
	if (!err)
		err = list_entries(store, ret);
	return sql_rollback(store, err);
}

void store_entries_deinit(struct store_entries *entries)
{
	if (entries->arena)
		arena_deinit(entries->arena);
	free(entries->arena);
	free(entries->items);
	*entries = (struct store_entries){0};
}

const struct store_entry *store_find(const struct store_entries *entries, const char *name)
{
	unsigned long long id;
	char *end;
	size_t i;

	if (!name)
		return entries->num ? &entries->items[entries->num - 1] : NULL;
	for (i = entries->num; i-- > 0;)
		if (strcmp(entries->items[i].name, name) == 0)
			return &entries->items[i];
	id = *name >= '0' && *name <= '9' ? strtoull(name, &end, 10) : 0;
	for (i = entries->num; id && !*end && i-- > 0;)
		if (entries->items[i].id == id)
			return &entries->items[i];
	return NULL;
}

/** Refresh the mirror. What a failed append was about to write is forgotten. */
static struct err *prepare(struct store *store)
{
	struct err *err = mirror_refresh(store);

	if (err == &err_stop) {
		store_forget(store);
		err = mirror_refresh(store);
	}
	return err;
}

struct err *store_prepare(struct store *store)
{
	struct err *err;

	sql_start_clock(store);
	err = sql_exec(store, "BEGIN");
	if (!err)
		err = prepare(store);
	err = sql_rollback(store, err);
	if (err)
		store_forget(store);
	return err;
}

/** Read the state of a snapshot, and check it against its checksum. */
static struct err *read_state(struct store *store, uint32_t id)
{
	int64_t base = 0, expected = 0, checksum;
	struct err *err;
	struct query q;

	query_begin(&q, store,
		    "SELECT base AS \"snapshot.base\", checksum AS \"snapshot.checksum\""
		    " FROM snapshot WHERE id = ?",
		    1, (int64_t)id);
	if (query_next(&q)) {
		base = query_u64(&q, 0, id);
		expected = query_i64(&q, 1);
	}
	err = query_end(&q, NULL);
	if (!err)
		err = state_read(store, id, base);
	if (!err)
		err = older_read(store, id);
	if (!err)
		err = variance_read(store, id);
	if (!err)
		err = checksum_make(&store->mirror, &store->loaded, store->older.classes.items,
				    store->older.classes.num, store->older.unsized,
				    &store->variances, &checksum);
	if (!err && checksum != expected)
		err = err_create(ERR_FORMAT, "%s: is damaged: snapshot %u is not what was stored",
				 store->path, id);
	return err;
}

/** Room for the variances of num sites, zeros, if the snapshot was sampled. */
static bool prepare_variances(struct store *store, struct snapshot *snapshot, size_t num)
{
	snapshot->sample_rate = store->variances.rate;
	snapshot->first_seq = store->variances.first_seq;
	if (snapshot->sample_rate)
		snapshot->variances = calloc(num + 1, sizeof(*snapshot->variances));
	return snapshot->variances || !snapshot->sample_rate;
}

static struct err *fill_sites(struct store *store, struct snapshot *snapshot)
{
	const struct heap *heap = store->mirror.heap;
	_cleanup_free_ bool *is_live = calloc(stacks_num(heap_stacks(heap)) + 1, sizeof(*is_live));
	struct err *err = NULL;
	size_t i;

	snapshot->sites = malloc((store->loaded.values.num + 1) * sizeof(*snapshot->sites));
	if (!is_live || !snapshot->sites ||
	    !prepare_variances(store, snapshot, store->loaded.values.num))
		return &err_nomem;
	for (i = 0; i < store->loaded.values.num && !err; i++) {
		const struct value *v = &store->loaded.values.items[i];
		struct snapshot_site *site = &snapshot->sites[snapshot->num_sites];
		bool *is_stack_live = &is_live[heap_alloc_site(heap, i)->stack];

		*site = (struct snapshot_site){
			.live_bytes = v->live_bytes,
			.live_blocks = v->live_blocks,
			.total_bytes = v->live_bytes + v->freed_bytes,
			.total_blocks = v->live_blocks + v->freed_blocks,
		};
		if (!site->live_blocks && !site->live_bytes && !site->total_blocks &&
		    !site->total_bytes)
			continue;
		err = transfer_site(&store->out, i, &site->site);
		if (i < store->variances.sites.num)
			snapshot->variances[snapshot->num_sites] = store->variances.sites.items[i];
		snapshot->num_sites++;
		snapshot->num_live_stacks += site->live_blocks && !*is_stack_live;
		*is_stack_live |= site->live_blocks > 0;
	}
	return err ? err : variance_sort_sites(snapshot);
}

static struct err *make_snapshot(struct store *store, const struct store_entry *entry,
				 struct snapshot **ret)
{
	struct snapshot *snapshot = calloc(1, sizeof(*snapshot));
	struct err *err;

	if (!snapshot)
		return &err_nomem;
	snapshot->name = strdup(entry->name);
	snapshot->heap = store->out.dst;
	snapshot->nframe = entry->nframe;
	snapshot->time_ns = entry->time_ns;
	snapshot->start_ns = entry->start_ns;
	snapshot->is_from_launch = entry->is_from_launch;
	snapshot->engine = entry->engine;
	snapshot->totals = entry->totals;
	// The numbers of its allocations are those of another heap.
	snapshot->seq = SNAPSHOT_NO_SEQ;
	snapshot->older = no_cleanup_ptr(store->older.classes.items);
	snapshot->num_older = store->older.classes.num;
	snapshot->older_unsized = store->older.unsized;
	store->older = (struct older_rows){0};
	err = snapshot->name ? fill_sites(store, snapshot) : &err_nomem;
	if (err) {
		snapshot_destroy(snapshot);
		return err;
	}
	*ret = snapshot;
	return NULL;
}

static struct err *read_snapshot(struct store *store, const char *name,
				 struct store_entries *entries, const struct store_entry **ret)
{
	struct err *err = list_entries(store, entries);

	if (err)
		return err;
	*ret = store_find(entries, name);
	if (!*ret)
		return name ? err_create(ERR_NOT_FOUND,
					 "%s: has no snapshot '%s'; 'malloscope open' lists them",
					 store->path, name)
			    : err_create(ERR_NOT_FOUND, "%s: has no snapshots", store->path);
	err = prepare(store);
	if (!err)
		err = read_state(store, (*ret)->id);
	if (err)
		store_forget(store);
	return err;
}

struct err *store_load(struct store *store, const char *name, struct heap *heap,
		       struct archive *archive, struct snapshot **ret)
{
	_cleanup_store_entries_ struct store_entries entries = {0};
	const struct store_entry *entry = NULL;
	struct err *err;

	sql_start_clock(store);
	err = sql_exec(store, "BEGIN");
	if (!err)
		err = read_snapshot(store, name, &entries, &entry);
	err = sql_rollback(store, err);
	if (err)
		return err;
	transfer_set(&store->out, store->mirror.heap, archive_source(store->mirror.archive), heap,
		     archive);
	store->out.store = store;
	store->out.map_domain = domains_from_file;
	return make_snapshot(store, entry, ret);
}
