// SPDX-License-Identifier: GPL-3.0-or-later
// What is stored of a snapshot of sampled blocks beside its counters: the rate, and the variances
// of its sites. All sites are written for each snapshot. There are few of them: only stacks of
// sampled blocks.
#include "config.h"

#include "store/store_internal.h"

#include <math.h>

void variance_rows_deinit(struct variance_rows *rows)
{
	vec_deinit(&rows->sites);
	*rows = (struct variance_rows){0};
}

struct err *variance_add_site(struct variance_rows *rows, size_t site,
			      const struct site_variance *variance)
{
	struct site_variance *sum;

	while (rows->sites.num <= site)
		if (!vec_push(&rows->sites, (struct site_variance){{0}}))
			return &err_nomem;
	sum = &rows->sites.items[site];
	variance_add(&sum->live, &variance->live);
	variance_add(&sum->total, &variance->total);
	return NULL;
}

static struct err *write_site(struct store *store, int64_t id, size_t site,
			      const struct site_variance *v)
{
	struct err *err = NULL;
	sqlite3_stmt *stmt;

	// The other sites of the mirror are of other snapshots.
	if (v->total.count <= 0 && v->live.count <= 0 && v->total.size <= 0 && v->live.size <= 0)
		return NULL;
	stmt = insert_begin(store, INSERT_VARIANCE, &err);
	if (!stmt)
		return err;
	sqlite3_bind_int64(stmt, 1, id);
	sqlite3_bind_int64(stmt, 2, (int64_t)site);
	sqlite3_bind_double(stmt, 3, v->live.size);
	sqlite3_bind_double(stmt, 4, v->live.count);
	sqlite3_bind_double(stmt, 5, v->total.size);
	sqlite3_bind_double(stmt, 6, v->total.count);
	return insert_end(store, stmt);
}

struct err *variance_write(struct store *store, int64_t id, const struct variance_rows *rows)
{
	struct err *err = NULL;
	sqlite3_stmt *stmt;
	size_t i;

	if (!rows->rate)
		return NULL;
	stmt = insert_begin(store, INSERT_SAMPLING, &err);
	if (!stmt)
		return err;
	sqlite3_bind_int64(stmt, 1, id);
	sqlite3_bind_int64(stmt, 2, (int64_t)rows->rate);
	sqlite3_bind_int64(stmt, 3, (int64_t)rows->first_seq);
	err = insert_end(store, stmt);
	for (i = 0; i < rows->sites.num && !err; i++)
		err = write_site(store, id, i, &rows->sites.items[i]);
	return err;
}

static double read_number(struct query *q, int column)
{
	double value = query_real(q, column);

	if (!isfinite(value) || value < 0)
		query_damaged(q, column);
	return value;
}

static struct err *read_rate(struct store *store, int64_t id)
{
	struct variance_rows *rows = &store->variances;
	struct query q;

	query_begin(&q, store,
		    "SELECT rate AS \"sampling.rate\", first_seq AS \"sampling.first_seq\""
		    " FROM sampling WHERE snapshot = ?",
		    1, id);
	if (query_next(&q)) {
		rows->rate = query_u64(&q, 0, INT64_MAX);
		// -1 is SNAPSHOT_NO_SEQ.
		rows->first_seq = (uint64_t)query_i64(&q, 1);
		if (!rows->rate)
			query_damaged(&q, 0);
	}
	return query_end(&q, NULL);
}

struct err *variance_read(struct store *store, int64_t id)
{
	size_t num_sites = heap_num_alloc_sites(store->mirror.heap);
	struct site_variance v;
	struct err *err = NULL;
	struct query q;
	uint64_t site;

	variance_rows_deinit(&store->variances);
	if (store->version < STORE_VERSION_SAMPLED)
		return NULL;
	err = read_rate(store, id);
	if (err || !store->variances.rate)
		return err;
	query_begin(&q, store,
		    "SELECT site AS \"site_variance.site\","
		    " live_bytes AS \"site_variance.live_bytes\","
		    " live_blocks AS \"site_variance.live_blocks\","
		    " total_bytes AS \"site_variance.total_bytes\","
		    " total_blocks AS \"site_variance.total_blocks\""
		    " FROM site_variance WHERE snapshot = ? ORDER BY site",
		    1, id);
	while (!err && query_next(&q)) {
		site = query_u64(&q, 0, INT64_MAX);
		if (site >= num_sites)
			query_damaged(&q, 0);
		v = (struct site_variance){{read_number(&q, 1), read_number(&q, 2)},
					   {read_number(&q, 3), read_number(&q, 4)}};
		if (!q.err)
			err = variance_add_site(&store->variances, site, &v);
	}
	return query_end(&q, err);
}

static int compare_site(const void *a, const void *b)
{
	const struct snapshot_site *x = a, *y = b;

	return x->site < y->site ? -1 : x->site > y->site;
}

/** A site with what stands beside it. */
struct loaded_site {
	struct snapshot_site site;
	struct site_variance variance;
};

static int compare_loaded(const void *a, const void *b)
{
	return compare_site(&((const struct loaded_site *)a)->site,
			    &((const struct loaded_site *)b)->site);
}

struct err *variance_sort_sites(struct snapshot *snapshot)
{
	_cleanup_free_ struct loaded_site *loaded = NULL;
	size_t num = snapshot->num_sites, i;

	if (!snapshot->variances) {
		qsort(snapshot->sites, num, sizeof(*snapshot->sites), compare_site);
		return NULL;
	}
	loaded = malloc((num + 1) * sizeof(*loaded));
	if (!loaded)
		return &err_nomem;
	for (i = 0; i < num; i++)
		loaded[i] = (struct loaded_site){snapshot->sites[i], snapshot->variances[i]};
	qsort(loaded, num, sizeof(*loaded), compare_loaded);
	for (i = 0; i < num; i++) {
		snapshot->sites[i] = loaded[i].site;
		snapshot->variances[i] = loaded[i].variance;
	}
	return NULL;
}
