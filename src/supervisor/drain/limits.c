// SPDX-License-Identifier: GPL-3.0-or-later
// A limit for the memory of the tables. From three quarters of it on, no stack and no site is
// added. What would need a new one counts for the stack "<beyond --max-memory>", so all sums stay
// exact. The rest of the memory is for blocks. Blocks that do not fit in the end count only in the
// totals of allocations, and their frees are unknown frees. What is in the tables stays, whatever
// is freed: rows that come and go would deceive.
//
// The events of an agent may be anything that the target likes, at the speed of memory. So where
// there is one, there is a limit even if the user has set none.
#include "config.h"

#include "supervisor/drain/limits.h"

#include "base/fmt.h"
#include "supervisor/core/notes.h"

#include <unistd.h>

#define BEYOND "<beyond --max-memory>"

static size_t snapshots_memory(const struct traced *t)
{
	size_t memory = 0, i;

	for (i = 0; i < t->snapshots.num; i++) {
		const struct snapshot *snapshot = t->snapshots.items[i];

		memory += snapshot->num_sites * sizeof(struct snapshot_site) +
			  snapshot->num_older * sizeof(struct older_class);
	}
	return memory;
}

static size_t others_memory(const struct traced *t)
{
	return snapshots_memory(t) + t->stacks_by_hash.cap * sizeof(*t->stacks_by_hash.slots) +
	       t->taken.cap * sizeof(*t->taken.slots) + t->taken.num * sizeof(struct block);
}

size_t limits_used(const struct traced *t)
{
	size_t blocks, rest;

	heap_memory(t->heap, &blocks, &rest);
	return blocks + rest + others_memory(t);
}

static struct err *make_stack(struct traced *t, uint32_t *ret)
{
	struct location location = {0};
	struct archive_frame content = {.locations = &location, .num_locations = 1};
	uint64_t frame;
	struct err *err;

	traced_lock_obj(t);
	err = strtab_intern(t->resolver.strings, BEYOND, &location.file);
	if (!err)
		err = archive_define(t->archive, &content, &frame);
	traced_unlock_obj(t);
	return err ? err : stacks_intern(heap_stacks(t->heap), &frame, 1, 1, 0, ret);
}

size_t limits_max(const struct traced *t)
{
	long pages;

	if (t->session->options.max_memory || !t->agent_memory)
		return t->session->options.max_memory;
	pages = sysconf(_SC_PHYS_PAGES);
	return pages > 0 ? (size_t)pages / 2 * (size_t)sysconf(_SC_PAGESIZE) : 0;
}

static void note_closed(struct traced *t, const char *size)
{
	if (!t->session->options.max_memory)
		traced_note(t,
			    "the tables of process %d reach %s, half of the memory of this "
			    "machine: stacks that come now count as " BEYOND,
			    (int)t->pid, size);
	else if (t->num_folded)
		traced_note(t,
			    "the table of the processes of %s reaches --max-memory %s: stacks "
			    "that come now count as " BEYOND,
			    t->exe, size);
	else
		traced_note(t,
			    "the tables of process %d reach --max-memory %s: stacks that come now "
			    "count as " BEYOND,
			    (int)t->pid, size);
}

struct err *limits_beyond(struct traced *t, uint32_t *ret)
{
	if (!heap_is_closed(t->heap))
		return make_stack(t, ret);
	*ret = t->beyond_stack;
	return NULL;
}

/** Without the little memory that it takes it is tried again. */
static void close_tables(struct traced *t)
{
	struct err *err = make_stack(t, &t->beyond_stack);
	char size[FMT_SIZE_MAX];

	if (!err)
		err = heap_close_alloc_sites(t->heap, t->beyond_stack);
	if (!err)
		note_closed(t, fmt_size((double)limits_max(t), false, size));
	err_destroy(err);
}

void limits_check(struct traced *t)
{
	size_t max = limits_max(t), blocks, rest;

	if (!max)
		return;
	heap_memory(t->heap, &blocks, &rest);
	rest += others_memory(t);
	// What the tables do not use may be used for debug information.
	modules_limit_memory(t->modules, blocks + rest < max ? max - blocks - rest : 1);
	if (!heap_is_closed(t->heap) && blocks + rest >= max / 4 * 3)
		close_tables(t);
	heap_limit_blocks(t->heap, rest < max ? max - rest : 1);
}
