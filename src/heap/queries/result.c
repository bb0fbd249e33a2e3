// SPDX-License-Identifier: GPL-3.0-or-later
// Makes and frees what a query returns: struct stats.
#include "config.h"

#include "heap/queries/shown.h"
#include "heap/queries/stats_internal.h"

#include <string.h>

struct err *stats_new(const struct heap *heap, const struct stats_options *options,
		      enum stats_sort sort, const struct resolver *resolver, struct stats **ret)
{
	struct stats *stats = calloc(1, sizeof(*stats));

	if (!stats)
		return &err_nomem;
	stats->key = options->key;
	stats->sort = sort;
	stats->heap = heap;
	stats->resolver = resolver;
	stats->arena = calloc(1, sizeof(*stats->arena));
	if (!stats->arena) {
		free(stats);
		return &err_nomem;
	}
	*ret = stats;
	return NULL;
}

void stats_destroy(struct stats *stats)
{
	if (!stats)
		return;
	arena_deinit(stats->arena);
	free(stats->arena);
	free(stats->rows);
	free(stats);
}

struct stats_older stats_older_of(const struct older_sum *sum, const struct older_sum *old)
{
	return (struct stats_older){
		.blocks = (int64_t)(sum->blocks - old->blocks),
		.unsized = (int64_t)(sum->unsized - old->unsized),
		.size = (int64_t)(sum->size - old->size),
	};
}

static struct err *make_row(struct grouper *grouper, const struct tally *tally, bool is_diff,
			    uint32_t id, struct stat_row *ret)
{
	struct err *err = grouper_describe(grouper, id, &ret->group);

	if (err)
		return err;
	ret->group.example_stack = tally->example_stack;
	ret->size = tally->size;
	ret->count = tally->count;
	ret->total_size = tally->total_size;
	ret->total_count = tally->total_count;
	if (is_diff) {
		ret->size_diff = tally->size - tally->old_size;
		ret->count_diff = tally->count - tally->old_count;
	}
	return NULL;
}

struct err *stats_make_rows(struct stats *stats, struct grouper *grouper,
			    const struct tally *tallies, bool is_diff, const uint32_t *order,
			    size_t num)
{
	stats->rows = calloc(num + 1, sizeof(*stats->rows));
	if (!stats->rows)
		return &err_nomem;
	for (; stats->num_rows < num; stats->num_rows++) {
		uint32_t id = order[stats->num_rows];
		struct err *err =
			make_row(grouper, &tallies[id], is_diff, id, &stats->rows[stats->num_rows]);

		if (err)
			return err;
	}
	return shown_tell_apart(stats->rows, num);
}

struct err *stats_check_traceback(const struct stats *stats, size_t row)
{
	if (!stats->rows[row].group.is_older)
		return NULL;
	return err_create(ERR_NOT_FOUND,
			  "#%zu, " OLDER_LABEL
			  ", has no traceback: these blocks were allocated before "
			  "the tracing began",
			  row + 1);
}

struct err *stats_traceback(struct stats *stats, size_t row, const struct location **ret,
			    size_t *num_ret)
{
	struct stack stack =
		stacks_get(heap_stacks(stats->heap), stats->rows[row].group.example_stack);
	const struct location *locations;
	struct location *all;
	size_t num, total = 0, pass;
	struct err *err;
	uint32_t i;

	err = stats_check_traceback(stats, row);
	if (err)
		return err;
	// The first pass only counts. That costs little, because the resolver keeps what it has
	// found.
	for (pass = 0, all = NULL; pass < 2; pass++) {
		if (pass) {
			all = arena_alloc(stats->arena, total * sizeof(*all));
			if (!all)
				return &err_nomem;
		}
		for (i = 0, total = 0; i < stack.num_frames; i++, total += num) {
			err = stats->resolver->resolve(stats->resolver->ctx, stack_frame(&stack, i),
						       &locations, &num);
			if (err)
				return err;
			if (all)
				memcpy(all + total, locations, num * sizeof(*all));
		}
	}
	*ret = all;
	*num_ret = total;
	return NULL;
}
