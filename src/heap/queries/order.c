// SPDX-License-Identifier: GPL-3.0-or-later
// The order of perhaps millions of groups. They are sorted by one number, then runs of equal ones
// by the next, and runs that are still equal by what the groups are. Ties behind the first `limit`
// groups are left unsorted: nobody sees them.
#include "config.h"

#include "heap/queries/stats_internal.h"

#include <stdlib.h>
#include <string.h>

/** Runs that are nested deeper than this are left to the general comparison. Only stacks made for
 *  it get there. */
#define PATH_DEPTH_MAX 64
/** From so many items on, a radix sort is faster than a comparison sort. */
#define RADIX_MIN 256
/** The numbers a query can sort by, one after the other. */
#define MEASURES_MAX 5

/** A number of a group; all sort descending. */
enum measure {
	MEASURE_SIZE,
	MEASURE_COUNT,
	MEASURE_TOTAL_SIZE,
	MEASURE_TOTAL_COUNT,
	/** Of the differences. */
	MEASURE_SIZE_CHANGE,
	MEASURE_COUNT_CHANGE,
	MEASURE_GROWTH,
	MEASURE_SHRINKAGE,
};

/** What is sorted. It is small, and has the number that is being looked at. */
struct item {
	uint64_t key;
	uint32_t group;
};

struct order {
	struct grouper *grouper;
	const struct tally *tallies;
	enum measure measures[MEASURES_MAX];
	unsigned num_measures;
	/** How many items, from the first on, must be in order in the end. */
	const struct item *end;
	/** Room for all items, for the radix sort. */
	struct item *scratch;
};

// Flipping the sign bit maps signed order to unsigned order.
static uint64_t key_of(int64_t value)
{
	return (uint64_t)value ^ 1ull << 63;
}

static uint64_t magnitude(int64_t new_value, int64_t old_value)
{
	uint64_t a = new_value, b = old_value;

	return new_value > old_value ? a - b : b - a;
}

static uint64_t measure(const struct tally *tally, enum measure measure)
{
	switch (measure) {
	case MEASURE_SIZE:
		return key_of(tally->size);
	case MEASURE_COUNT:
		return key_of(tally->count);
	case MEASURE_TOTAL_SIZE:
		return tally->total_size;
	case MEASURE_TOTAL_COUNT:
		return tally->total_count;
	case MEASURE_SIZE_CHANGE:
		return magnitude(tally->size, tally->old_size);
	case MEASURE_COUNT_CHANGE:
		return magnitude(tally->count, tally->old_count);
	case MEASURE_GROWTH:
		return key_of(tally->size - tally->old_size);
	case MEASURE_SHRINKAGE:
		return ~key_of(tally->size - tally->old_size);
	}
	return 0;
}

static void add_measure(struct order *order, enum measure measure)
{
	order->measures[order->num_measures++] = measure;
}

// The numbers of O1 and O2: (|size_diff|, size, |count_diff|, count). A single snapshot has no
// differences. What the user sorts by comes before them.
static void choose_measures(struct order *order, enum stats_sort sort, bool is_diff)
{
	if (sort == SORT_COUNT)
		add_measure(order, MEASURE_COUNT);
	else if (sort == SORT_ALLOCATED)
		add_measure(order, MEASURE_TOTAL_SIZE);
	else if (sort == SORT_CALLS)
		add_measure(order, MEASURE_TOTAL_COUNT);
	else if (sort == SORT_GROWTH && is_diff)
		add_measure(order, MEASURE_GROWTH);
	else if (sort == SORT_SHRINK && is_diff)
		add_measure(order, MEASURE_SHRINKAGE);
	// The change follows from size and growth.
	if (is_diff && sort != SORT_GROWTH && sort != SORT_SHRINK)
		add_measure(order, MEASURE_SIZE_CHANGE);
	add_measure(order, MEASURE_SIZE);
	if (is_diff)
		add_measure(order, MEASURE_COUNT_CHANGE);
	add_measure(order, MEASURE_COUNT);
}

static int descending(uint64_t a, uint64_t b)
{
	return a > b ? -1 : a < b;
}

static int compare_keys(const void *a, const void *b)
{
	return descending(((const struct item *)a)->key, ((const struct item *)b)->key);
}

static int compare_groups(const void *a, const void *b, void *ctx)
{
	const struct item *ia = a, *ib = b;
	const struct order *order = ctx;

	return -grouper_compare(order->grouper, ia->group, ib->group);
}

// Digit by digit, the least significant first. Most digits are the same everywhere; they cost
// nothing.
static void radix_sort(struct item *items, size_t num, struct item *scratch)
{
	uint32_t counts[8][256] = {0};
	struct item *from = items, *to = scratch, *swap;
	unsigned digit, value;
	size_t i;

	for (i = 0; i < num; i++)
		for (digit = 0; digit < 8; digit++)
			counts[digit][items[i].key >> digit * 8 & 255]++;
	for (digit = 0; digit < 8; digit++) {
		uint32_t *places = counts[digit], begin = 0, count;

		if (places[items[0].key >> digit * 8 & 255] == num)
			continue;
		for (value = 256; value-- > 0; begin += count) {
			count = places[value];
			places[value] = begin;
		}
		for (i = 0; i < num; i++)
			to[places[from[i].key >> digit * 8 & 255]++] = from[i];
		swap = from;
		from = to;
		to = swap;
	}
	if (from != items)
		memcpy(items, from, num * sizeof(*items));
}

static void sort_by_key(const struct order *order, struct item *items, size_t num)
{
	if (num < RADIX_MIN)
		qsort(items, num, sizeof(*items), compare_keys);
	else
		radix_sort(items, num, order->scratch);
}

/** Where the run of equal keys ends that begins at begin. Items are sorted by key. */
static size_t run_end(const struct item *items, size_t begin, size_t num)
{
	size_t end = begin + 1;

	while (end < num && items[end].key == items[begin].key)
		end++;
	return end;
}

// Rank + 1 of the label at depth; 0 behind the end, so that a prefix is smaller.
static uint64_t path_key(const struct order *order, const struct trace_group *trace, uint32_t depth)
{
	return depth < trace->num ? order->grouper->labels.ranks[trace->labels[depth]] + 1ull : 0;
}

static uint32_t common_length(const struct trace_group *a, const struct trace_group *b,
			      uint32_t depth, uint32_t max)
{
	while (depth < max && depth < a->num && depth < b->num &&
	       a->labels[depth] == b->labels[depth])
		depth++;
	return depth;
}

// Sort tracebacks that are equal up to depth: by the two labels where they first differ, then each
// run of equal ones in the same way. This reads every path about once. A comparison sort would read
// it at every comparison.
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
		items[i].key = path_key(order, &traces[items[i].group], common) << 32 |
			       path_key(order, &traces[items[i].group], common + 1);
	sort_by_key(order, items, num);
	for (begin = 0; begin < num; begin = end) {
		end = run_end(items, begin, num);
		if (end - begin > 1 && items + begin < order->end)
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
	if (!grouper->labels.ranks)
		err = group_labels_rank(&grouper->labels);
	if (!err)
		sort_paths(order, items, num, 0, 0);
	return err;
}

// One number after the other, each within the runs that are equal so far, and in the end by what
// the groups are. In a heap of many small sites ties are the rule, and comparing tracebacks takes
// long.
static struct err *sort_items(struct order *order, struct item *items, size_t num,
			      unsigned num_done)
{
	size_t begin, end, i;
	struct err *err = NULL;

	if (num_done == order->num_measures)
		return sort_ties(order, items, num);
	for (i = 0; i < num; i++)
		items[i].key = measure(&order->tallies[items[i].group], order->measures[num_done]);
	sort_by_key(order, items, num);
	for (begin = 0; begin < num && !err; begin = end) {
		end = run_end(items, begin, num);
		if (end - begin > 1 && items + begin < order->end)
			err = sort_items(order, items + begin, end - begin, num_done + 1);
	}
	return err;
}

struct err *stats_order(struct grouper *grouper, const struct tally *tallies, bool is_diff,
			enum stats_sort sort, uint32_t *order, size_t num, size_t limit)
{
	_cleanup_free_ struct item *items = malloc((num + 1) * sizeof(*items));
	_cleanup_free_ struct item *scratch = malloc((num + 1) * sizeof(*items));
	struct order ctx = {.grouper = grouper, .tallies = tallies, .scratch = scratch};
	struct err *err;
	size_t i;

	if (!items || !scratch)
		return &err_nomem;
	ctx.end = items + limit;
	choose_measures(&ctx, sort, is_diff);
	for (i = 0; i < num; i++)
		items[i].group = order[i];
	err = num ? sort_items(&ctx, items, num, 0) : NULL;
	if (err)
		return err;
	for (i = 0; i < num; i++)
		order[i] = items[i].group;
	return NULL;
}
