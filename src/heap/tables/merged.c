// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "heap/merged.h"

#include "base/hmap.h"
#include "base/vec.h"

#include <string.h>

/** What becomes a snapshot. */
struct sum {
	/** By site; site is set, and total_blocks or live_blocks not 0, where there is anything. */
	VEC(struct snapshot_site) sites;
	VEC(struct site_variance) variances;
	/** In any order, and several of one class. */
	VEC(struct older_class) older;
	/** All but sites, older and their numbers. */
	struct snapshot head;
	size_t num_added;
	struct snapshot *snapshot;
};

struct merged {
	struct heap *heap;
	struct strtab *strings;
	struct archive *archive;
	struct sum sums[MERGED_SUMS];
};

/** What is needed while a snapshot is added. */
struct adding {
	struct merged *merged;
	const struct snapshot *snapshot;
	const struct frame_source *source;
	/** Frame -> frame of the archive. */
	struct hmap frames;
	/** By stack of the snapshot's heap: stack here + 1; 0: not looked up yet. */
	uint32_t *stacks;
	VEC(uint64_t) path;
	VEC(struct location) locations;
};

struct err *merged_create(struct merged **ret)
{
	_cleanup_merged_ struct merged *merged = calloc(1, sizeof(*merged));
	struct err *err = merged ? heap_create(&merged->heap) : &err_nomem;

	if (!err)
		err = strtab_create(&merged->strings);
	if (!err)
		err = archive_create(merged->strings, &merged->archive);
	if (!err)
		*ret = no_cleanup_ptr(merged);
	return err;
}

void merged_destroy(struct merged *merged)
{
	size_t i;

	if (!merged)
		return;
	for (i = 0; i < MERGED_SUMS; i++) {
		snapshot_destroy(merged->sums[i].snapshot);
		vec_deinit(&merged->sums[i].sites);
		vec_deinit(&merged->sums[i].variances);
		vec_deinit(&merged->sums[i].older);
	}
	archive_destroy(merged->archive);
	heap_destroy(merged->heap);
	strtab_destroy(merged->strings);
	free(merged);
}

static struct err *copy_string(struct adding *a, uint32_t id, uint32_t *ret)
{
	return strtab_intern(a->merged->strings, strtab_get(a->source->resolver->strings, id), ret);
}

static struct err *copy_location(struct adding *a, const struct location *from)
{
	struct location location = *from;
	struct err *err = copy_string(a, from->file, &location.file);

	if (!err)
		err = copy_string(a, from->function, &location.function);
	if (!err)
		err = copy_string(a, from->module, &location.module);
	return !err && !vec_push(&a->locations, location) ? &err_nomem : err;
}

static struct err *copy_frame(struct adding *a, uint64_t frame, uint64_t *ret)
{
	const struct resolver *resolver = a->source->resolver;
	struct archive *archive = a->merged->archive;
	struct frame_origin origin = {.module = ""};
	struct archive_frame copy = {0};
	const struct location *locations;
	size_t num, i;
	uint32_t path;
	struct err *err = resolver->resolve(resolver->ctx, frame, &locations, &num);

	a->locations.num = 0;
	for (i = 0; !err && i < num; i++)
		err = copy_location(a, &locations[i]);
	if (err)
		return err;
	a->source->origin(a->source->ctx, frame, &origin);
	err = strtab_intern(a->merged->strings, origin.module, &path);
	if (!err)
		err = archive_define_module(archive, path, origin.build_id, origin.build_id_size,
					    &copy.module);
	if (err)
		return err;
	copy.locations = a->locations.items;
	copy.num_locations = num;
	// An address in memory without a file is another one in each process.
	copy.offset = *origin.module ? origin.offset & FRAME_ADDR_MASK : 0;
	return archive_define(archive, &copy, ret);
}

static struct err *map_frame(struct adding *a, uint64_t frame)
{
	const uint64_t *known;
	uint64_t copy;
	struct err *err;

	if (frame == HMAP_NO_KEY)
		frame = FRAME_UNKNOWN;
	known = hmap_find(&a->frames, frame);
	if (known)
		return vec_push(&a->path, *known) ? NULL : &err_nomem;
	err = copy_frame(a, frame, &copy);
	if (err)
		return err;
	return hmap_set(&a->frames, frame, copy) && vec_push(&a->path, copy) ? NULL : &err_nomem;
}

static struct err *map_stack(struct adding *a, uint32_t id, uint32_t *ret)
{
	struct stack stack = stacks_get(heap_stacks(a->snapshot->heap), id);
	struct err *err = NULL;
	uint32_t i;

	a->path.num = 0;
	for (i = 0; i < stack.num_frames && !a->stacks[id] && !err; i++)
		err = map_frame(a, stack_frame(&stack, i));
	// Why a stack is truncated refers to a module of the process.
	if (!err && !a->stacks[id])
		err = stacks_intern(heap_stacks(a->merged->heap), a->path.items, a->path.num,
				    stack.total_nframe, stack.flags & STACK_TRUNCATED, ret);
	if (err)
		return err;
	if (!a->stacks[id])
		a->stacks[id] = *ret + 1;
	*ret = a->stacks[id] - 1;
	return NULL;
}

static struct err *reserve(struct sum *sum, uint32_t id)
{
	while (sum->sites.num <= id)
		if (!vec_push(&sum->sites, (struct snapshot_site){0}))
			return &err_nomem;
	while (sum->variances.num <= id)
		if (!vec_push(&sum->variances, (struct site_variance){{0}}))
			return &err_nomem;
	return NULL;
}

static struct err *add_site(struct adding *a, struct sum *sum, size_t i)
{
	const struct snapshot_site *from = &a->snapshot->sites[i];
	const struct alloc_site *site = heap_alloc_site(a->snapshot->heap, from->site);
	struct snapshot_site *to;
	uint32_t stack, id;
	struct err *err = map_stack(a, site->stack, &stack);

	if (!err)
		err = heap_define_alloc_site(a->merged->heap, stack, site->domain, 0, &id);
	if (!err)
		err = reserve(sum, id);
	if (err)
		return err;
	to = &sum->sites.items[id];
	to->site = id;
	to->live_bytes += from->live_bytes;
	to->live_blocks += from->live_blocks;
	to->total_bytes += from->total_bytes;
	to->total_blocks += from->total_blocks;
	if (a->snapshot->variances) {
		const struct site_variance *variance = &a->snapshot->variances[i];

		variance_add(&sum->variances.items[id].live, &variance->live);
		variance_add(&sum->variances.items[id].total, &variance->total);
	}
	return NULL;
}

static void add_head(struct sum *sum, const struct snapshot *from)
{
	const uint64_t *values = (const uint64_t *)&from->totals;
	uint64_t *sums = (uint64_t *)&sum->head.totals;
	struct snapshot *head = &sum->head;
	size_t i;

	if (!sum->num_added++) {
		*head = (struct snapshot){.start_ns = from->start_ns,
					  .is_from_launch = true,
					  .engine = from->engine,
					  .seq = SNAPSHOT_NO_SEQ,
					  .first_seq = SNAPSHOT_NO_SEQ};
	}
	for (i = 0; i < sizeof(from->totals) / sizeof(*values); i++)
		sums[i] += values[i];
	if (from->nframe > head->nframe)
		head->nframe = from->nframe;
	if (from->time_ns > head->time_ns)
		head->time_ns = from->time_ns;
	if (from->start_ns < head->start_ns)
		head->start_ns = from->start_ns;
	if (from->engine == ENGINE_BREAKPOINT)
		head->engine = ENGINE_BREAKPOINT;
	if (from->sample_rate > head->sample_rate)
		head->sample_rate = from->sample_rate;
	head->is_from_launch &= from->is_from_launch;
	head->older_unsized += from->older_unsized;
}

struct err *merged_add(struct merged *merged, size_t at, const struct snapshot *snapshot,
		       const struct frame_source *source)
{
	struct adding a = {.merged = merged, .snapshot = snapshot, .source = source};
	struct sum *sum = &merged->sums[at];
	struct err *err = NULL;
	size_t i;

	a.stacks = calloc(stacks_num(heap_stacks(snapshot->heap)) + 1, sizeof(*a.stacks));
	if (!a.stacks)
		err = &err_nomem;
	for (i = 0; i < snapshot->num_sites && !err; i++)
		err = add_site(&a, sum, i);
	for (i = 0; i < snapshot->num_older && !err; i++)
		if (!vec_push(&sum->older, snapshot->older[i]))
			err = &err_nomem;
	if (!err)
		add_head(sum, snapshot);
	free(a.stacks);
	hmap_deinit(&a.frames);
	vec_deinit(&a.path);
	vec_deinit(&a.locations);
	return err;
}

static int compare_classes(const void *a, const void *b)
{
	const struct older_class *x = a, *y = b;

	return x->usable < y->usable ? -1 : x->usable > y->usable;
}

/** One class for each size, ascending. */
static void join_older(struct sum *sum)
{
	struct older_class *items = sum->older.items;
	size_t num = 0, i;

	if (sum->older.num)
		qsort(items, sum->older.num, sizeof(*items), compare_classes);
	for (i = 0; i < sum->older.num; i++) {
		struct older_class *last = &items[num ? num - 1 : 0];

		if (!num || last->usable != items[i].usable) {
			items[num++] = items[i];
			continue;
		}
		last->freed_blocks += items[i].freed_blocks;
		last->freed_usable += items[i].freed_usable;
		last->traced_requested += items[i].traced_requested;
		last->traced_usable += items[i].traced_usable;
		last->live_requested += items[i].live_requested;
		last->live_usable += items[i].live_usable;
		if (items[i].low < last->low)
			last->low = items[i].low;
	}
	sum->older.num = num;
}

/** Leave out sites without anything, and count the stacks with live blocks. */
static struct err *join_sites(const struct merged *merged, struct sum *sum, size_t *live_ret)
{
	size_t num_stacks = stacks_num(heap_stacks(merged->heap)), num = 0, i;
	_cleanup_free_ bool *is_live = calloc(num_stacks + 1, sizeof(*is_live));

	if (!is_live)
		return &err_nomem;
	for (i = 0; i < sum->sites.num; i++) {
		const struct snapshot_site site = sum->sites.items[i];
		uint32_t stack = heap_alloc_site(merged->heap, i)->stack;

		if (!site.total_blocks && !site.live_blocks)
			continue;
		sum->variances.items[num] = sum->variances.items[i];
		sum->sites.items[num++] = site;
		*live_ret += site.live_blocks && !is_live[stack];
		is_live[stack] |= site.live_blocks != 0;
	}
	sum->sites.num = num;
	return NULL;
}

struct err *merged_snapshot(struct merged *merged, size_t at, const char *name,
			    const struct snapshot **ret)
{
	struct sum *sum = &merged->sums[at];
	struct snapshot *snapshot = calloc(1, sizeof(*snapshot));
	struct err *err;

	if (!snapshot)
		return &err_nomem;
	*snapshot = sum->head;
	sum->snapshot = snapshot;
	snapshot->heap = merged->heap;
	snapshot->name = strdup(name);
	err = snapshot->name ? join_sites(merged, sum, &snapshot->num_live_stacks) : &err_nomem;
	if (err)
		return err;
	join_older(sum);
	snapshot->sites = no_cleanup_ptr(sum->sites.items);
	snapshot->num_sites = sum->sites.num;
	snapshot->older = no_cleanup_ptr(sum->older.items);
	snapshot->num_older = sum->older.num;
	if (snapshot->sample_rate)
		snapshot->variances = no_cleanup_ptr(sum->variances.items);
	*ret = snapshot;
	return NULL;
}

const struct frame_source *merged_source(const struct merged *merged)
{
	return archive_source(merged->archive);
}
