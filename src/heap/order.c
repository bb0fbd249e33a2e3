// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "heap/stats_internal.h"

#include <stdlib.h>

/** Runs nested deeper than this are left to the general comparison: only stacks made for it go there. */
#define PATH_DEPTH_MAX 64

/** What is sorted: small, with the numbers that nearly always decide; all descending. */
struct item {
	uint64_t first;
	uint64_t second;
	uint32_t group;
};

struct order {
	struct grouper *grouper;
	const struct tally *tallies;
	bool is_diff;
	/** first and second are all the numbers there are. */
	bool is_complete;
};

static uint64_t magnitude(uint64_t new_value, uint64_t old_value)
{
	return new_value > old_value ? new_value - old_value : old_value - new_value;
}

static int descending(uint64_t a, uint64_t b)
{
	return a > b ? -1 : a < b;
}

// The numbers of O1 and O2: (|size_diff|, size, |count_diff|, count); a single snapshot has no differences.
static int compare_numbers(const struct order *order, uint32_t a, uint32_t b)
{
	const struct tally *ta = &order->tallies[a], *tb = &order->tallies[b];
	int result = 0;

	if (order->is_diff)
		result = descending(magnitude(ta->size, ta->old_size),
				    magnitude(tb->size, tb->old_size));
	if (!result)
		result = descending(ta->size, tb->size);
	if (!result && order->is_diff)
		result = descending(magnitude(ta->count, ta->old_count),
				    magnitude(tb->count, tb->old_count));
	return result ? result : descending(ta->count, tb->count);
}

static int compare_items(const void *a, const void *b, void *ctx)
{
	const struct order *order = ctx;
	const struct item *ia = a, *ib = b;
	int result = descending(ia->first, ib->first);

	if (!result)
		result = descending(ia->second, ib->second);
	if (!result && !order->is_complete)
		result = compare_numbers(order, ia->group, ib->group);
	return result;
}

static int compare_groups(const void *a, const void *b, void *ctx)
{
	const struct item *ia = a, *ib = b;
	const struct order *order = ctx;

	return -grouper_compare(order->grouper, ia->group, ib->group);
}

static struct item item_of(const struct order *order, enum stats_sort sort, uint32_t group)
{
	const struct tally *tally = &order->tallies[group];
	uint64_t by_default =
		order->is_diff ? magnitude(tally->size, tally->old_size) : tally->size;
	// The sign bit turned over maps signed order to unsigned order.
	uint64_t growth = (tally->size - tally->old_size) ^ 1ull << 63;

	if (sort == SORT_COUNT)
		return (struct item){tally->count, by_default, group};
	if (sort == SORT_ALLOCATED)
		return (struct item){tally->total_size, by_default, group};
	if (sort == SORT_CALLS)
		return (struct item){tally->total_count, by_default, group};
	if (sort == SORT_GROWTH && order->is_diff)
		return (struct item){growth, tally->size, group};
	if (sort == SORT_SHRINK && order->is_diff)
		return (struct item){~growth, tally->size, group};
	return (struct item){by_default, order->is_diff ? tally->size : tally->count, group};
}

// Rank + 1 of the place at depth; 0 behind the end, so that a prefix is smaller.
static uint64_t path_key(const struct order *order, const struct trace_group *trace, uint32_t depth)
{
	return depth < trace->num ? order->grouper->places.ranks[trace->places[depth]] + 1ull : 0;
}

static uint32_t common_length(const struct trace_group *a, const struct trace_group *b,
			      uint32_t depth, uint32_t max)
{
	while (depth < max && depth < a->num && depth < b->num &&
	       a->places[depth] == b->places[depth])
		depth++;
	return depth;
}

static int compare_firsts(const void *a, const void *b)
{
	return descending(((const struct item *)a)->first, ((const struct item *)b)->first);
}

// Sort tracebacks that are equal up to depth: by the two places where they first differ, then each run of equal ones in
// the same way. That reads every path about once, where a comparison sort would read it at every comparison.
static void sort_paths(struct order *order, struct item *items, size_t num, uint32_t depth,
		       int nesting)
{
	const struct trace_group *traces = order->grouper->traces.items;
	uint32_t common = traces[items[0].group].num;
	size_t begin, end, i;

	if (nesting == PATH_DEPTH_MAX) {
		qsort_r(items, num, sizeof(*items), compare_groups, order);
		return;
	}
	for (i = 1; i < num; i++)
		common = common_length(&traces[items[0].group], &traces[items[i].group], depth,
				       common);
	for (i = 0; i < num; i++)
		items[i].first = path_key(order, &traces[items[i].group], common) << 32 |
				 path_key(order, &traces[items[i].group], common + 1);
	qsort(items, num, sizeof(*items), compare_firsts);
	for (begin = 0; begin < num; begin = end) {
		for (end = begin + 1; end < num && items[end].first == items[begin].first; end++)
			continue;
		if (end - begin > 1)
			sort_paths(order, items + begin, end - begin, common + 2, nesting + 1);
	}
}

static struct err *sort_ties(struct order *order, struct item *items, size_t num)
{
	struct grouper *grouper = order->grouper;
	struct err *err = NULL;

	if (grouper->options->key != KEY_TRACEBACK) {
		qsort_r(items, num, sizeof(*items), compare_groups, order);
		return NULL;
	}
	if (!grouper->places.ranks)
		err = places_rank(&grouper->places);
	if (!err)
		sort_paths(order, items, num, 0, 0);
	return err;
}

// Numbers first, and only runs of equal ones by what the groups are: in a heap of many small sites ties are the rule, and
// tracebacks take their time to compare.
static struct err *sort_items(struct order *order, struct item *items, size_t num)
{
	size_t begin, end;
	struct err *err;

	qsort_r(items, num, sizeof(*items), compare_items, order);
	for (begin = 0; begin < num; begin = end) {
		for (end = begin + 1; end < num; end++)
			if (compare_items(&items[begin], &items[end], order) != 0)
				break;
		if (end - begin == 1)
			continue;
		err = sort_ties(order, items + begin, end - begin);
		if (err)
			return err;
	}
	return NULL;
}

struct err *stats_order(struct grouper *grouper, const struct tally *tallies, bool is_diff,
			enum stats_sort sort, uint32_t *order, size_t num)
{
	struct order ctx = {grouper, tallies, is_diff, !is_diff && sort == SORT_DEFAULT};
	_cleanup_free_ struct item *items = malloc((num + 1) * sizeof(*items));
	struct err *err;
	size_t i;

	if (!items)
		return &err_nomem;
	for (i = 0; i < num; i++)
		items[i] = item_of(&ctx, sort, order[i]);
	err = sort_items(&ctx, items, num);
	if (err)
		return err;
	for (i = 0; i < num; i++)
		order[i] = items[i].group;
	return NULL;
}
