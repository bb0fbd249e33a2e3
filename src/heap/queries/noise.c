// SPDX-License-Identifier: GPL-3.0-or-later
// How far the sums of sampled blocks may be off. The variances of sites add up to those of groups,
// since each block is sampled by itself.
#include "config.h"

#include "heap/queries/stats_internal.h"

#include <math.h>

static struct site_variance variance_at(const struct snapshot *snapshot, size_t at)
{
	if (!snapshot || !snapshot->variances || at == SIZE_MAX)
		return (struct site_variance){{0}};
	return snapshot->variances[at];
}

/** Do the totals of both count the same blocks, but for those that came in between? */
static bool knows_turnover(const struct snapshot *a, const struct snapshot *b)
{
	return a && b && a->start_ns == b->start_ns && a->first_seq == b->first_seq &&
	       a->first_seq != SNAPSHOT_NO_SEQ && a->sample_rate == b->sample_rate;
}

/** Blocks in both have no part in the difference. What came in between is known by the totals, what
 *  went follows from that; blocks that came and went are counted twice without need. */
static double variance_of_diff(double old_live, double new_live, double came)
{
	return fmin(old_live + new_live, came + fmax(old_live + came - new_live, 0));
}

struct noise noise_of(const struct snapshot *old_snapshot, size_t old_at,
		      const struct snapshot *new_snapshot, size_t new_at)
{
	struct site_variance old = variance_at(old_snapshot, old_at);
	struct site_variance new = variance_at(new_snapshot, new_at);
	struct noise n = {.live = new.live, .total = new.total};
	struct variance came = {INFINITY, INFINITY};

	if (!old_snapshot)
		return n;
	if (knows_turnover(old_snapshot, new_snapshot) && old_at != SIZE_MAX)
		came = (struct variance){fmax(new.total.size - old.total.size, 0),
					 fmax(new.total.count - old.total.count, 0)};
	n.diff.size = variance_of_diff(old.live.size, new.live.size, came.size);
	n.diff.count = variance_of_diff(old.live.count, new.live.count, came.count);
	return n;
}

void noise_add(struct noise *sum, const struct noise *n)
{
	variance_add(&sum->live, &n->live);
	variance_add(&sum->total, &n->total);
	variance_add(&sum->diff, &n->diff);
}

bool noise_add_to_group(struct noise_table *table, uint32_t group, const struct noise *n)
{
	while (table->items.num <= group)
		if (!vec_push(&table->items, (struct noise){{0}}))
			return false;
	noise_add(&table->items.items[group], n);
	return true;
}

uint64_t noise_rate(const struct snapshot *old_snapshot, const struct snapshot *new_snapshot)
{
	if (new_snapshot->sample_rate || !old_snapshot)
		return new_snapshot->sample_rate;
	return old_snapshot->sample_rate;
}

struct stat_error noise_errors(const struct noise *n)
{
	return (struct stat_error){
		.size = sqrt(n->live.size),
		.count = sqrt(n->live.count),
		.total_size = sqrt(n->total.size),
		.total_count = sqrt(n->total.count),
		.size_diff = sqrt(n->diff.size),
		.count_diff = sqrt(n->diff.count),
	};
}

void noise_set_errors(struct stats *stats, const struct noise_table *table, const struct noise *sum,
		      const uint32_t *order)
{
	size_t i;

	stats->error = noise_errors(sum);
	for (i = 0; i < stats->num_rows; i++) {
		stats->rows[i].is_estimate = stats->sample_rate != 0;
		if (order[i] < table->items.num)
			stats->rows[i].error = noise_errors(&table->items.items[order[i]]);
	}
}
