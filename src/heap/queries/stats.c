// SPDX-License-Identifier: GPL-3.0-or-later
// A query on one or two snapshots. The counters of their sites are added up by group. The first
// groups, in the order that was asked for, become rows.
#include "config.h"

#include "heap/stats.h"

#include "heap/queries/filter_matcher.h"
#include "heap/queries/stats_internal.h"

#include <assert.h>
#include <string.h>

const char *const group_key_names[NUM_KEYS] = {
	[KEY_LINENO] = "lineno", [KEY_FILENAME] = "filename",   [KEY_FUNCTION] = "function",
	[KEY_MODULE] = "module", [KEY_TRACEBACK] = "traceback", [KEY_DOMAIN] = "domain",
	[KEY_THREAD] = "thread",
};

#define KEYS_TEXT "lineno, filename, function, module, traceback, domain and thread"

struct err *group_key_parse(const char *name, enum group_key *ret)
{
	int key;

	for (key = 0; key < NUM_KEYS; key++) {
		if (strcmp(group_key_names[key], name) == 0) {
			*ret = key;
			return NULL;
		}
	}
	return err_create(ERR_USAGE, "unknown key_type: '%s'; there are " KEYS_TEXT, name);
}

/** What is summed up. A side without the site has zeros. */
struct counters {
	int64_t size;
	int64_t count;
	uint64_t total_size;
	uint64_t total_count;
	int64_t old_size;
	int64_t old_count;
};

/** A site of the snapshots, or a stack. */
struct item {
	struct counters counters;
	/** NULL: everything was recorded. */
	const struct noise *noise;
};

/** A query in progress. */
struct query {
	struct grouper grouper;
	/** By group id. */
	VEC(struct tally) tallies;
	/** NULL: statistics of new_snapshot alone. */
	const struct snapshot *old_snapshot;
	const struct snapshot *new_snapshot;
	struct filter_matcher *matcher;
	enum stats_sort sort;
	/** By stack: the sum of its sites, for keys whose groups depend on the stack alone. NULL
	 *  for other keys. */
	struct counters *stacks;
	size_t num_stacks;
	/** Of sampled blocks: the same by stack, by group, and of all. */
	struct noise *stack_noise;
	struct noise_table noise;
	struct noise total_noise;
	/** How many sites or stacks were added. */
	uint32_t num_added;
	struct stats *stats;
};

static bool is_by_total(const struct query *query)
{
	return !query->old_snapshot && (query->sort == SORT_ALLOCATED || query->sort == SORT_CALLS);
}

static struct err *reserve_tallies(struct query *query)
{
	while (query->tallies.num < grouper_num(&query->grouper))
		if (!vec_push(&query->tallies, (struct tally){0}))
			return &err_nomem;
	return NULL;
}

void tally_choose_example(struct tally *tally, uint64_t size, uint64_t old_size, uint32_t stack)
{
	if (tally->last_site &&
	    (size < tally->example_size ||
	     (size == tally->example_size && old_size <= tally->example_old_size)))
		return;
	tally->example_size = size;
	tally->example_old_size = old_size;
	tally->example_stack = stack;
}

static void tally_add(struct tally *tally, const struct counters *counters, uint32_t stack)
{
	tally->size += counters->size;
	tally->count += counters->count;
	tally->total_size += counters->total_size;
	tally->total_count += counters->total_count;
	tally->old_size += counters->old_size;
	tally->old_count += counters->old_count;
	tally_choose_example(tally, counters->size, counters->old_size, stack);
}

static struct err *add_to_groups(struct query *query, const struct alloc_site *site,
				 const struct item *item)
{
	bool is_repeated = query->grouper.options->is_compat;
	struct err *err = grouper_find(&query->grouper, site);
	size_t i;

	if (!err)
		err = reserve_tallies(query);
	if (err)
		return err;
	query->num_added++;
	for (i = 0; i < query->grouper.hits.num; i++) {
		uint32_t group = query->grouper.hits.items[i];
		struct tally *tally = &query->tallies.items[group];

		// G4: recursion puts a group on one stack several times.
		if (tally->last_site == query->num_added && !is_repeated)
			continue;
		tally_add(tally, &item->counters, site->stack);
		tally->last_site = query->num_added;
		if (item->noise && !noise_add_to_group(&query->noise, group, item->noise))
			return &err_nomem;
	}
	return NULL;
}

static void add_to_stack(struct counters *sum, const struct counters *counters)
{
	sum->size += counters->size;
	sum->count += counters->count;
	sum->total_size += counters->total_size;
	sum->total_count += counters->total_count;
	sum->old_size += counters->old_size;
	sum->old_count += counters->old_count;
}

static void add_totals(struct stats *stats, const struct counters *counters)
{
	stats->total_size += counters->size;
	stats->total_count += counters->count;
	stats->total_size_diff += counters->size - counters->old_size;
	stats->total_count_diff += counters->count - counters->old_count;
}

static struct err *add_site(struct query *query, uint32_t id, const struct item *item)
{
	const struct alloc_site *site = heap_alloc_site(query->new_snapshot->heap, id);
	const struct counters *counters = &item->counters;
	bool is_passing;
	struct err *err;

	if (!counters->count && !counters->old_count && !is_by_total(query))
		return NULL;
	err = filter_matcher_passes(query->matcher, site, &is_passing);
	if (err || !is_passing)
		return err;
	add_totals(query->stats, counters);
	if (item->noise)
		noise_add(&query->total_noise, item->noise);
	if (!query->stacks)
		return add_to_groups(query, site, item);
	add_to_stack(&query->stacks[site->stack], counters);
	if (item->noise)
		noise_add(&query->stack_noise[site->stack], item->noise);
	return NULL;
}

// Stack by stack. Threads and domains that share a stack are looked up once. Stacks that were met
// one after the other share what they have in common.
static struct err *add_stacks(struct query *query)
{
	struct err *err = NULL;
	size_t i;

	for (i = 0; i < query->num_stacks && !err; i++) {
		struct item item = {.counters = query->stacks[i]};
		struct alloc_site site = {.stack = i};

		if (query->stack_noise)
			item.noise = &query->stack_noise[i];
		if (item.counters.count || item.counters.old_count || item.counters.total_count)
			err = add_to_groups(query, &site, &item);
	}
	return err;
}

static struct err *reserve_stacks(struct query *query)
{
	enum group_key key = query->grouper.options->key;

	if (key == KEY_DOMAIN || key == KEY_THREAD)
		return NULL;
	query->num_stacks = stacks_num(heap_stacks(query->new_snapshot->heap));
	query->stacks = calloc(query->num_stacks + 1, sizeof(*query->stacks));
	if (query->stats->sample_rate)
		query->stack_noise = calloc(query->num_stacks + 1, sizeof(*query->stack_noise));
	return query->stacks && (query->stack_noise || !query->stats->sample_rate) ? NULL
										   : &err_nomem;
}

// Both lists ascend by site, so a merge meets each site once. Nothing is copied, and neither side
// changes (C10).
static struct err *add_sites(struct query *query)
{
	const struct snapshot *old_snapshot = query->old_snapshot, *snapshot = query->new_snapshot;
	size_t num_old = old_snapshot ? old_snapshot->num_sites : 0, o = 0, n = 0;
	struct err *err;

	while (o < num_old || n < snapshot->num_sites) {
		const struct snapshot_site *old_site = o < num_old ? &old_snapshot->sites[o] : NULL;
		const struct snapshot_site *new_site =
			n < snapshot->num_sites ? &snapshot->sites[n] : NULL;
		uint32_t id = new_site ? new_site->site : old_site->site;
		size_t old_at = SIZE_MAX, new_at = SIZE_MAX;
		struct item item = {{0}};
		struct noise noise;

		if (old_site && old_site->site < id)
			id = old_site->site;
		if (old_site && old_site->site == id) {
			item.counters.old_size = old_site->live_bytes;
			item.counters.old_count = old_site->live_blocks;
			old_at = o++;
		}
		if (new_site && new_site->site == id) {
			item.counters.size = new_site->live_bytes;
			item.counters.count = new_site->live_blocks;
			item.counters.total_size = new_site->total_bytes;
			item.counters.total_count = new_site->total_blocks;
			new_at = n++;
		}
		if (query->stats->sample_rate) {
			noise = noise_of(old_snapshot, old_at, snapshot, new_at);
			item.noise = &noise;
		}
		err = add_site(query, id, &item);
		if (err)
			return err;
	}
	return add_stacks(query);
}

static struct err *add_older_row(struct query *query, const struct counters *counters)
{
	uint32_t group;
	struct err *err = grouper_add_older(&query->grouper, &group);

	if (!err)
		err = reserve_tallies(query);
	if (err)
		return err;
	add_totals(query->stats, counters);
	tally_add(&query->tallies.items[group], counters, 0);
	query->tallies.items[group].last_site = ++query->num_added;
	return NULL;
}

static struct err *add_older(struct query *query)
{
	const struct snapshot *snapshots[] = {query->new_snapshot, query->old_snapshot};
	bool is_diff = query->old_snapshot != NULL;
	struct older_sum sums[2] = {0};
	struct counters counters;
	struct err *err = snapshots_sum_older(snapshots, is_diff ? 2 : 1, sums);

	if (err)
		return err;
	query->stats->want_older = is_diff || query->grouper.options->want_all;
	query->stats->older = stats_older_of(&sums[0], &sums[1]);
	counters = (struct counters){
		.size = -(int64_t)sums[0].size,
		.count = -(int64_t)sums[0].blocks,
		.old_size = -(int64_t)sums[1].size,
		.old_count = -(int64_t)sums[1].blocks,
	};
	if ((!counters.count && !counters.old_count) || !query->stats->want_older ||
	    !filter_matcher_passes_older(query->matcher))
		return NULL;
	return add_older_row(query, &counters);
}

static bool is_wanted(const struct query *query, const struct tally *tally)
{
	// A group without any site is a label that was passed on the way to another one.
	if (!tally->last_site)
		return false;
	return !query->grouper.options->want_changed || tally->size != tally->old_size ||
	       tally->count != tally->old_count;
}

static void add_more(struct stats *stats, const struct tally *tally, bool is_diff)
{
	stats->num_more++;
	stats->more_size += tally->size;
	if (is_diff)
		stats->more_size_diff += tally->size - tally->old_size;
}

static struct err *make_rows(struct query *query)
{
	size_t num_groups = query->tallies.num, limit = query->grouper.options->max_rows;
	bool is_diff = query->old_snapshot != NULL;
	size_t num = 0, i;
	_cleanup_free_ uint32_t *order = malloc((num_groups + 1) * sizeof(*order));
	struct err *err;

	if (!order)
		return &err_nomem;
	for (i = 0; i < num_groups; i++)
		if (is_wanted(query, &query->tallies.items[i]))
			order[num++] = i;
	if (!limit || limit > num)
		limit = num;
	err = stats_order(&query->grouper, query->tallies.items, is_diff, query->sort, order, num,
			  limit);
	if (err)
		return err;
	for (i = limit; i < num; i++)
		add_more(query->stats, &query->tallies.items[order[i]], is_diff);
	err = stats_make_rows(query->stats, &query->grouper, query->tallies.items, is_diff, order,
			      limit);
	noise_set_errors(query->stats, &query->noise, &query->total_noise, order);
	return err;
}

struct err *stats_check_options(const struct stats_options *options)
{
	switch (options->key) {
	case KEY_TRACEBACK:
	case KEY_DOMAIN:
	case KEY_THREAD:
		if (options->is_cumulative)
			// "by" is tracemalloc's.
			return err_create(ERR_USAGE,
					  "cumulative mode cannot by used with key type '%s'",
					  group_key_names[options->key]);
		return NULL;
	default:
		return NULL;
	}
}

static struct err *run(struct query *query, const struct stats_options *options,
		       const struct resolver *resolver, struct stats **ret)
{
	const struct heap *heap = query->new_snapshot->heap;
	_cleanup_stats_ struct stats *stats = NULL;
	struct err *err = stats_check_options(options);

	if (!err)
		err = stats_new(heap, options, query->sort, resolver, &stats);
	if (err)
		return err;
	query->stats = stats;
	stats->sample_rate = noise_rate(query->old_snapshot, query->new_snapshot);
	err = grouper_init(&query->grouper, heap, options, resolver, stats->arena);
	if (!err)
		err = filter_matcher_create(options->filters, heap, resolver, query->grouper.namer,
					    &query->matcher);
	if (!err)
		err = reserve_stacks(query);
	if (!err)
		err = add_sites(query);
	if (!err)
		err = add_older(query);
	if (!err)
		err = make_rows(query);
	filter_matcher_destroy(query->matcher);
	free(query->stacks);
	free(query->stack_noise);
	vec_deinit(&query->noise.items);
	grouper_deinit(&query->grouper);
	vec_deinit(&query->tallies);
	if (err)
		return err;
	*ret = no_cleanup_ptr(stats);
	return NULL;
}

struct err *stats_snapshot(const struct snapshot *snapshot, const struct stats_options *options,
			   enum stats_sort sort, const struct resolver *resolver,
			   struct stats **ret)
{
	struct query query = {.new_snapshot = snapshot, .sort = sort};
	struct err *err = run(&query, options, resolver, ret);

	if (!err)
		(*ret)->total_size_diff = (*ret)->total_count_diff = 0;
	return err;
}

struct err *stats_diff(const struct snapshot *old_snapshot, const struct snapshot *new_snapshot,
		       const struct stats_options *options, enum stats_sort sort,
		       const struct resolver *resolver, struct stats **ret)
{
	struct query query = {
		.old_snapshot = old_snapshot, .new_snapshot = new_snapshot, .sort = sort};

	assert(old_snapshot->heap == new_snapshot->heap);
	return run(&query, options, resolver, ret);
}
