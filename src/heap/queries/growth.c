// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "heap/growth.h"

#include "base/clock.h"
#include "heap/queries/filter_matcher.h"
#include "heap/queries/stats_internal.h"

#include <assert.h>

/** From this the trend of a group is computed. */
struct series {
	struct growth_trend trend;
	/** Size in the snapshot before. */
	int64_t previous;
	/** The sum of size times distance: from the middle snapshot, and from the mean time. */
	double by_index;
	double by_time;
	/** The number of the last snapshot that had it, counted from 1. */
	size_t seen;
};

struct measuring {
	const struct snapshot *const *snapshots;
	size_t num;
	/** The mean of the times of the snapshots, in seconds after the first. */
	double mean_time;
	struct grouper grouper;
	struct filter_matcher *matcher;
	/** By group. While a snapshot is added, size and count are those of the sites seen so
	 *  far. */
	VEC(struct tally) tallies;
	VEC(struct series) series;
	uint32_t num_added;
	/** Of the last snapshot, and of its difference to the first. */
	struct noise_table noise;
	struct noise total_noise;
	/** By snapshot. */
	struct older_sum *older;
	/** There is a group of older blocks. */
	bool has_older;
	uint32_t older_group;
	struct growth *growth;
};

static double time_of(const struct measuring *m, size_t step)
{
	return ((double)m->snapshots[step]->time_ns - (double)m->snapshots[0]->time_ns) / NS_PER_S;
}

static struct err *reserve_groups(struct measuring *m)
{
	while (m->tallies.num < grouper_num(&m->grouper))
		if (!vec_push(&m->tallies, (struct tally){0}))
			return &err_nomem;
	while (m->series.num < m->tallies.num)
		if (!vec_push(&m->series, (struct series){0}))
			return &err_nomem;
	return NULL;
}

static void add_to_group(struct measuring *m, uint32_t group, size_t step,
			 const struct snapshot_site *counters, uint32_t stack)
{
	struct tally *tally = &m->tallies.items[group];
	struct series *series = &m->series.items[group];

	// Each snapshot chooses the example stack anew, so the last one that has the group decides.
	if (series->seen != step + 1)
		tally->last_site = 0;
	series->seen = step + 1;
	tally->size += (int64_t)counters->live_bytes;
	tally->count += (int64_t)counters->live_blocks;
	tally_choose_example(tally, counters->live_bytes, 0, stack);
	tally->last_site = m->num_added;
}

static void add_totals(struct measuring *m, size_t step, int64_t size, int64_t count)
{
	struct stats *stats = m->growth->stats;

	if (step + 1 == m->num) {
		stats->total_size += size;
		stats->total_count += count;
	}
	if (step == 0) {
		stats->total_size_diff -= size;
		stats->total_count_diff -= count;
	}
}

/** The noise of a site. Each is met once: in the last snapshot, or in the first if it is not live
 *  in the last. False: not here. */
static bool find_noise(struct measuring *m, size_t step, size_t at, struct noise *ret)
{
	const struct snapshot *first = m->snapshots[0], *last = m->snapshots[m->num - 1];
	uint32_t site = m->snapshots[step]->sites[at].site;
	bool is_last = step + 1 == m->num;
	size_t other;

	if (!m->growth->stats->sample_rate || (step && !is_last))
		return false;
	other = snapshot_find_site(is_last ? first : last, site);
	if (!is_last && other != SIZE_MAX && last->sites[other].live_blocks)
		return false;
	*ret = noise_of(first, is_last ? other : at, last, is_last ? at : other);
	noise_add(&m->total_noise, ret);
	return true;
}

static struct err *add_site(struct measuring *m, size_t step, size_t at)
{
	const struct snapshot_site *counters = &m->snapshots[step]->sites[at];
	const struct alloc_site *site = heap_alloc_site(m->snapshots[step]->heap, counters->site);
	bool is_repeated = m->grouper.options->is_compat, is_passing, has_noise;
	struct noise noise;
	struct err *err;
	size_t i;

	if (!counters->live_blocks)
		return NULL;
	err = filter_matcher_passes(m->matcher, site, &is_passing);
	if (err || !is_passing)
		return err;
	err = grouper_find(&m->grouper, site);
	if (!err)
		err = reserve_groups(m);
	if (err)
		return err;
	m->num_added++;
	has_noise = find_noise(m, step, at, &noise);
	for (i = 0; i < m->grouper.hits.num; i++) {
		uint32_t group = m->grouper.hits.items[i];

		// G4: recursion puts a group on one stack several times.
		if (!is_repeated && m->tallies.items[group].last_site == m->num_added)
			continue;
		add_to_group(m, group, step, counters, site->stack);
		if (has_noise && !noise_add_to_group(&m->noise, group, &noise))
			return &err_nomem;
	}
	add_totals(m, step, (int64_t)counters->live_bytes, (int64_t)counters->live_blocks);
	return NULL;
}

/** Sum up older blocks. Make a group for them if there are any and the filters let them pass. */
static struct err *prepare_older(struct measuring *m)
{
	struct err *err;
	size_t i;

	m->older = calloc(m->num, sizeof(*m->older));
	err = m->older ? snapshots_sum_older(m->snapshots, m->num, m->older) : &err_nomem;
	if (err)
		return err;
	m->growth->stats->want_older = true;
	m->growth->stats->older = stats_older_of(&m->older[m->num - 1], &m->older[0]);
	for (i = 0; i < m->num && !m->older[i].blocks; i++)
		continue;
	if (i == m->num || !filter_matcher_passes_older(m->matcher))
		return NULL;
	err = grouper_add_older(&m->grouper, &m->older_group);
	if (!err)
		err = reserve_groups(m);
	m->has_older = !err;
	return err;
}

static void add_older(struct measuring *m, size_t step)
{
	struct tally *tally;

	if (!m->has_older)
		return;
	tally = &m->tallies.items[m->older_group];
	tally->size = -(int64_t)m->older[step].size;
	tally->count = -(int64_t)m->older[step].blocks;
	m->series.items[m->older_group].seen = step + 1;
	add_totals(m, step, tally->size, tally->count);
}

static void end_step(struct measuring *m, size_t step)
{
	size_t i;

	for (i = 0; i < m->tallies.num; i++) {
		struct tally *tally = &m->tallies.items[i];
		struct series *series = &m->series.items[i];
		int64_t size = tally->size;

		series->by_index += (double)size * ((double)step - (double)(m->num - 1) / 2);
		series->by_time += (double)size * (time_of(m, step) - m->mean_time);
		if (step == 0) {
			tally->old_size = size;
			tally->old_count = tally->count;
		} else {
			series->trend.num_grown += size > series->previous;
			series->trend.num_shrunk += size < series->previous;
		}
		series->previous = size;
		if (step + 1 < m->num)
			tally->size = tally->count = 0;
	}
}

static struct err *add_snapshots(struct measuring *m)
{
	struct err *err = prepare_older(m);
	size_t step, i;

	if (err)
		return err;
	for (step = 0; step < m->num; step++) {
		const struct snapshot *snapshot = m->snapshots[step];

		assert(snapshot->heap == m->snapshots[0]->heap);
		for (i = 0; i < snapshot->num_sites; i++) {
			err = add_site(m, step, i);
			if (err)
				return err;
		}
		add_older(m, step);
		end_step(m, step);
	}
	return NULL;
}

// Deviations from the mean sum up to 0, so the slope is sum(dx * y) / sum(dx * dx). A group that
// appears late needs no zeros for the snapshots before.
static void set_slopes(struct measuring *m)
{
	double index_square = 0, time_square = 0;
	size_t i;

	for (i = 0; i < m->num; i++) {
		double by_index = (double)i - (double)(m->num - 1) / 2;
		double by_time = time_of(m, i) - m->mean_time;

		index_square += by_index * by_index;
		time_square += by_time * by_time;
	}
	for (i = 0; i < m->series.num; i++) {
		struct series *series = &m->series.items[i];

		series->trend.per_snapshot = series->by_index / index_square;
		series->trend.per_second = time_square > 0 ? series->by_time / time_square : 0;
	}
}

/** Groups that were live in any snapshot, in the order of the rows. */
static struct err *order_groups(struct measuring *m, uint32_t *order, size_t *num_ret)
{
	size_t num = 0, num_growing = 0, num_others = 0, i;
	_cleanup_free_ uint32_t *others = malloc((m->tallies.num + 1) * sizeof(*others));
	struct err *err;

	if (!others)
		return &err_nomem;
	for (i = 0; i < m->tallies.num; i++)
		if (m->series.items[i].seen)
			order[num++] = i;
	err = stats_order(&m->grouper, m->tallies.items, true, SORT_GROWTH, order, num, num);
	if (err)
		return err;
	for (i = 0; i < num; i++) {
		if (m->series.items[order[i]].trend.num_grown + 1 == m->num)
			order[num_growing++] = order[i];
		else
			others[num_others++] = order[i];
	}
	for (i = 0; i < num_others; i++)
		order[num_growing + i] = others[i];
	m->growth->num_growing = num_growing;
	*num_ret = num;
	return NULL;
}

static struct err *make_rows(struct measuring *m)
{
	_cleanup_free_ uint32_t *order = malloc((m->tallies.num + 1) * sizeof(*order));
	struct growth *growth = m->growth;
	struct err *err;
	size_t num, i;

	if (!order)
		return &err_nomem;
	err = order_groups(m, order, &num);
	if (!err)
		err = stats_make_rows(growth->stats, &m->grouper, m->tallies.items, true, order,
				      num);
	if (err)
		return err;
	noise_set_errors(growth->stats, &m->noise, &m->total_noise, order);
	growth->trends = malloc((num + 1) * sizeof(*growth->trends));
	if (!growth->trends)
		return &err_nomem;
	for (i = 0; i < num; i++)
		growth->trends[i] = m->series.items[order[i]].trend;
	growth->stats->total_size_diff += growth->stats->total_size;
	growth->stats->total_count_diff += growth->stats->total_count;
	return NULL;
}

static struct err *measure(struct measuring *m, const struct stats_options *options,
			   const struct resolver *resolver)
{
	const struct heap *heap = m->snapshots[0]->heap;
	struct err *err = stats_new(heap, options, SORT_GROWTH, resolver, &m->growth->stats);
	size_t i;

	if (err)
		return err;
	m->growth->stats->sample_rate = noise_rate(m->snapshots[0], m->snapshots[m->num - 1]);
	for (i = 0; i < m->num; i++)
		m->mean_time += time_of(m, i) / (double)m->num;
	err = grouper_init(&m->grouper, heap, options, resolver, m->growth->stats->arena);
	if (!err)
		err = filter_matcher_create(options->filters, heap, resolver, m->grouper.namer,
					    &m->matcher);
	if (!err)
		err = add_snapshots(m);
	if (!err) {
		set_slopes(m);
		err = make_rows(m);
	}
	filter_matcher_destroy(m->matcher);
	grouper_deinit(&m->grouper);
	vec_deinit(&m->tallies);
	vec_deinit(&m->series);
	vec_deinit(&m->noise.items);
	free(m->older);
	return err;
}

struct err *growth_create(const struct snapshot *const *snapshots, size_t num,
			  const struct stats_options *options, const struct resolver *resolver,
			  struct growth **ret)
{
	_cleanup_growth_ struct growth *growth = NULL;
	struct measuring m = {.snapshots = snapshots, .num = num};
	struct err *err = stats_check_options(options);

	if (err)
		return err;
	if (num < 2)
		return err_create(ERR_USAGE,
				  "growth needs two snapshots or more, there %s %zu; "
				  "'snapshot' or 'every' takes them",
				  num == 1 ? "is" : "are", num);
	growth = calloc(1, sizeof(*growth));
	if (!growth)
		return &err_nomem;
	growth->num_snapshots = num;
	growth->span_ns = snapshots[num - 1]->time_ns - snapshots[0]->time_ns;
	m.growth = growth;
	err = measure(&m, options, resolver);
	if (!err)
		*ret = no_cleanup_ptr(growth);
	return err;
}

void growth_destroy(struct growth *growth)
{
	if (!growth)
		return;
	stats_destroy(growth->stats);
	free(growth->trends);
	free(growth);
}
