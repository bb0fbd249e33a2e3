// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "heap/gate.h"

#include "base/short_name.h"
#include "heap/queries/pattern.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

static bool matches_path(const struct pattern *pattern, const char *path)
{
	const char *slash = strrchr(path, '/');

	return pattern_matches(pattern, path) || (slash && pattern_matches(pattern, slash + 1));
}

/** The whole name, or the one that rows show. */
static bool matches_function(const struct pattern *pattern, const char *function)
{
	_cleanup_free_ char *text = short_name(function);

	return pattern_matches(pattern, function) || (text && pattern_matches(pattern, text));
}

static bool matches(const struct pattern *pattern, const struct stats *stats,
		    const struct group *group)
{
	const struct strtab *strings = stats->resolver->strings;
	char number[32];

	if (pattern_matches(pattern, group->label) || pattern_matches(pattern, group->shown))
		return true;
	if (group->is_older)
		return false;
	switch (group->key) {
	case KEY_LINENO:
		// The frame without its caller.
		if (pattern_matches(pattern, strtab_get(strings, group->location->file)))
			return true;
		return pattern_matches(pattern,
				       strtab_get(strings, location_filename(group->location)));
	case KEY_FILENAME:
		return pattern_matches(pattern,
				       strtab_get(strings, location_filename(group->location)));
	case KEY_FUNCTION:
		return group->location->function &&
		       matches_function(pattern, strtab_get(strings, group->location->function));
	case KEY_MODULE:
		return matches_path(pattern, group->label);
	case KEY_THREAD:
		snprintf(number, sizeof(number), "%" PRId32, group->tid);
		return pattern_matches(pattern, number);
	default:
		return false;
	}
}

/** Sum up the rows that match, and keep those of them that grew. */
static void sum_up(struct gate *gate, const struct pattern *pattern)
{
	struct stats *stats = gate->stats;
	double variance = 0, count_variance = 0;
	size_t num = 0, i;

	for (i = 0; i < stats->num_rows; i++) {
		const struct stat_row *row = &stats->rows[i];

		if (pattern && !matches(pattern, stats, &row->group))
			continue;
		gate->num_matched++;
		gate->growth += row->size_diff;
		gate->count_growth += row->count_diff;
		variance += row->error.size_diff * row->error.size_diff;
		count_variance += row->error.count_diff * row->error.count_diff;
		if (row->size_diff > 0)
			stats->rows[num++] = *row;
	}
	stats->num_rows = num;
	gate->error = sqrt(variance);
	gate->count_error = sqrt(count_variance);
	gate->is_exceeded = gate->growth > 0 && (uint64_t)gate->growth > gate->max;
	gate->is_noise =
		gate->is_exceeded && stats_is_noise(gate->growth - (int64_t)gate->max, gate->error);
	gate->is_exceeded &= !gate->is_noise;
}

struct err *gate_check(const struct snapshot *old_snapshot, const struct snapshot *new_snapshot,
		       const struct stats_options *options, const struct gate_options *gate_options,
		       const struct resolver *resolver, struct gate **ret)
{
	_cleanup_pattern_ struct pattern *pattern = NULL;
	struct stats_options plain = *options;
	_cleanup_gate_ struct gate *gate = calloc(1, sizeof(*gate));
	struct err *err = NULL;

	if (!gate)
		return &err_nomem;
	plain.is_cumulative = false;
	gate->max = gate_options->max;
	if (gate_options->pattern)
		err = pattern_create(gate_options->pattern, &pattern);
	if (!err)
		err = stats_diff(old_snapshot, new_snapshot, &plain, SORT_GROWTH, resolver,
				 &gate->stats);
	if (err)
		return err;
	sum_up(gate, pattern);
	*ret = no_cleanup_ptr(gate);
	return NULL;
}

void gate_destroy(struct gate *gate)
{
	if (!gate)
		return;
	stats_destroy(gate->stats);
	free(gate);
}
