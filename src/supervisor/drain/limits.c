// SPDX-License-Identifier: GPL-3.0-or-later
// A limit for the memory of the tables. From three quarters of it on no stack and no site is added, and whatever would need one counts for
// the stack "<beyond --max-memory>": all sums stay exact. The rest is for blocks; those that do not fit at last are counted in the totals
// of allocations alone, and their frees are unknown ones. What is in the tables stays, whatever is freed: rows that come and go would
// deceive.
#include "config.h"

#include "supervisor/drain/limits.h"

#include "base/fmt.h"
#include "supervisor/core/notes.h"

#define BEYOND "<beyond --max-memory>"

static size_t snapshots_memory(const struct session *s)
{
	size_t memory = 0, i;

	for (i = 0; i < s->snapshots.num; i++) {
		const struct snapshot *snapshot = s->snapshots.items[i];

		memory += snapshot->num_sites * sizeof(struct snapshot_site) +
			  snapshot->num_older * sizeof(struct older_class);
	}
	return memory;
}

static size_t others_memory(const struct session *s)
{
	return snapshots_memory(s) + s->stacks_by_hash.cap * sizeof(*s->stacks_by_hash.slots);
}

size_t limits_used(const struct session *s)
{
	size_t blocks, rest;

	heap_memory(s->heap, &blocks, &rest);
	return blocks + rest + others_memory(s);
}

static struct err *make_stack(struct session *s, uint32_t *ret)
{
	struct location location = {0};
	struct archive_frame content = {.locations = &location, .num_locations = 1};
	uint64_t frame;
	struct err *err;

	session_lock_obj(s);
	err = strtab_intern(s->resolver.strings, BEYOND, &location.file);
	if (!err)
		err = archive_define(s->archive, &content, &frame);
	session_unlock_obj(s);
	return err ? err : stacks_intern(heap_stacks(s->heap), &frame, 1, 1, 0, ret);
}

static void note_closed(struct session *s, const char *size)
{
	if (s->num_folded)
		session_note(s,
			     "the table of the processes of %s reaches --max-memory %s: stacks "
			     "that come now count as " BEYOND,
			     s->exe, size);
	else
		session_note(s,
			     "the tables of process %d reach --max-memory %s: stacks that come now "
			     "count as " BEYOND,
			     (int)s->tracer.target, size);
}

struct err *limits_beyond(struct session *s, uint32_t *ret)
{
	if (!heap_is_closed(s->heap))
		return make_stack(s, ret);
	*ret = s->beyond_stack;
	return NULL;
}

/** Without the little memory that it takes it is tried again. */
static void close_tables(struct session *s)
{
	struct err *err = make_stack(s, &s->beyond_stack);
	char size[FMT_SIZE_MAX];

	if (!err)
		err = heap_close_sites(s->heap, s->beyond_stack);
	if (!err)
		note_closed(s, fmt_size((double)s->options.max_memory, false, size));
	err_destroy(err);
}

void limits_check(struct session *s)
{
	size_t max = s->options.max_memory, blocks, rest;

	if (!max)
		return;
	heap_memory(s->heap, &blocks, &rest);
	rest += others_memory(s);
	// What the tables leave is there for debug information.
	modules_limit_memory(s->modules, blocks + rest < max ? max - blocks - rest : 1);
	if (!heap_is_closed(s->heap) && blocks + rest >= max / 4 * 3)
		close_tables(s);
	heap_limit_blocks(s->heap, rest < max ? max - rest : 1);
}
