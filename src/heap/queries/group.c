// SPDX-License-Identifier: GPL-3.0-or-later
// Finds the groups of a site. For most keys a group is what one location is under the key
// (group_labels.c). Then the group of a site follows from its stack, and is found once for each
// stack. For the key traceback a group is a sequence of labels, for domain and thread a number.
#include "config.h"

#include "heap/queries/stats_internal.h"

#include "heap/domain.h"
#include "heap/queries/shown.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

struct err *grouper_init(struct grouper *grouper, const struct heap *heap,
			 const struct stats_options *options, const struct resolver *resolver,
			 struct arena *arena)
{
	struct err *err;

	*grouper = (struct grouper){.options = options, .heap = heap, .arena = arena};
	err = namer_create(resolver, options->skip, stats_want_newest(options), &grouper->namer);
	if (!err)
		err = group_labels_init(&grouper->labels, options, resolver, grouper->namer,
					heap_stacks(heap));
	if (err || options->key == KEY_DOMAIN || options->key == KEY_THREAD ||
	    options->is_cumulative)
		return err;
	grouper->group_of_stack =
		calloc(stacks_num(heap_stacks(heap)) + 1, sizeof(*grouper->group_of_stack));
	return grouper->group_of_stack ? NULL : &err_nomem;
}

void grouper_deinit(struct grouper *grouper)
{
	group_labels_deinit(&grouper->labels);
	namer_destroy(grouper->namer);
	vec_deinit(&grouper->hits);
	vec_deinit(&grouper->traces);
	idset_deinit(&grouper->trace_set);
	free(grouper->group_of_stack);
	arena_deinit(&grouper->paths);
	vec_deinit(&grouper->path);
	vec_deinit(&grouper->path_ends);
	hmap_deinit(&grouper->number_index);
	vec_deinit(&grouper->numbers);
}

static struct err *hit(struct grouper *grouper, uint32_t group)
{
	return vec_push(&grouper->hits, group) ? NULL : &err_nomem;
}

static struct err *find_number(struct grouper *grouper, int64_t number)
{
	uint64_t group = grouper->numbers.num, *found;

	found = hmap_find(&grouper->number_index, (uint32_t)number);
	if (found)
		return hit(grouper, *found);
	if (!vec_push(&grouper->numbers, number) ||
	    !hmap_set(&grouper->number_index, (uint32_t)number, group))
		return &err_nomem;
	return hit(grouper, group);
}

static struct err *find_name(struct grouper *grouper, const struct stack *stack, uint32_t *ret)
{
	struct named named;
	struct err *err = namer_find(grouper->namer, stack, &named);

	return err ? err : group_labels_intern(&grouper->labels, &named, ret);
}

static struct err *find_one(struct grouper *grouper, const struct stack *stack)
{
	uint32_t group;
	struct err *err = find_name(grouper, stack, &group);

	return err ? err : hit(grouper, group);
}

static uint32_t num_common_frames(const struct stack *a, const struct stack *b)
{
	uint32_t n = 0;

	while (n < a->num_frames && n < b->num_frames &&
	       a->ids[a->num_frames - 1 - n] == b->ids[b->num_frames - 1 - n])
		n++;
	return n;
}

// Put the stack's labels into grouper->path. Stacks that were met one after the other mostly share
// their oldest frames; the labels of these stay.
static struct err *make_path(struct grouper *grouper, const struct stack *stack)
{
	struct group_labels *labels = &grouper->labels;
	uint32_t done = num_common_frames(stack, &grouper->last), k;
	struct err *err;

	// Until the end is reached, the path is that of no stack.
	grouper->last.num_frames = 0;
	grouper->path_ends.num = done;
	grouper->path.num = done ? grouper->path_ends.items[done - 1] : 0;
	for (; done < stack->num_frames; done++) {
		const struct label_frame *frame;

		err = group_labels_frame(labels, stack, stack->num_frames - 1 - done, &frame);
		if (err)
			return err;
		for (k = frame->num; k-- > 0;)
			if (!vec_push(&grouper->path, group_labels_at(labels, frame, k)))
				return &err_nomem;
		if (!vec_push(&grouper->path_ends, grouper->path.num))
			return &err_nomem;
	}
	grouper->last = *stack;
	return NULL;
}

static struct err *find_every(struct grouper *grouper, const struct stack *stack)
{
	struct err *err = make_path(grouper, stack);
	size_t i;

	for (i = 0; !err && i < grouper->path.num; i++)
		err = hit(grouper, grouper->path.items[i]);
	return err;
}

static uint32_t hash_path(const uint32_t *path, uint32_t num)
{
	uint64_t hash = num;
	uint32_t i;

	for (i = 0; i < num; i++) {
		hash = (hash ^ path[i]) * 0x9e3779b97f4a7c15ull;
		hash ^= hash >> 32;
	}
	return (uint32_t)hash;
}

static struct err *trace_add(struct grouper *grouper, const struct stack *stack, uint32_t hash)
{
	uint32_t num = grouper->path.num;
	uint32_t *path = arena_alloc(&grouper->paths, num * sizeof(*path));
	struct trace_group group = {path, num, grouper->path.items[0]};
	struct err *err = NULL;

	if (!grouper->options->is_compat)
		err = find_name(grouper, stack, &group.row_label);
	if (err)
		return err;
	if (!path || !idset_reserve_one(&grouper->trace_set) || !vec_push(&grouper->traces, group))
		return &err_nomem;
	memcpy(path, grouper->path.items, num * sizeof(*path));
	idset_add(&grouper->trace_set, hash, grouper->traces.num - 1);
	return NULL;
}

static struct err *find_trace(struct grouper *grouper, const struct stack *stack)
{
	uint32_t hash, id;
	struct err *err;
	size_t pos;

	err = make_path(grouper, stack);
	if (err)
		return err;
	hash = hash_path(grouper->path.items, grouper->path.num);
	for (pos = idset_first(&grouper->trace_set, hash);
	     idset_next(&grouper->trace_set, hash, &pos, &id);) {
		const struct trace_group *group = &grouper->traces.items[id];

		if (group->num == grouper->path.num &&
		    memcmp(group->labels, grouper->path.items, group->num * sizeof(id)) == 0)
			return hit(grouper, id);
	}
	err = trace_add(grouper, stack, hash);
	return err ? err : hit(grouper, grouper->traces.num - 1);
}

static struct err *find_by_stack(struct grouper *grouper, uint32_t id)
{
	struct stack stack = stacks_get(heap_stacks(grouper->heap), id);
	uint32_t *known;
	struct err *err;

	if (grouper->options->is_cumulative)
		return find_every(grouper, &stack);
	known = &grouper->group_of_stack[id];
	if (*known)
		return hit(grouper, *known - 1);
	err = grouper->options->key == KEY_TRACEBACK ? find_trace(grouper, &stack)
						     : find_one(grouper, &stack);
	if (!err)
		*known = grouper->hits.items[0] + 1;
	return err;
}

struct err *grouper_find(struct grouper *grouper, const struct alloc_site *site)
{
	grouper->hits.num = 0;
	switch (grouper->options->key) {
	case KEY_DOMAIN:
		return find_number(grouper, site->domain);
	case KEY_THREAD:
		return find_number(grouper, site->tid);
	default:
		return find_by_stack(grouper, site->stack);
	}
}

struct err *grouper_add_older(struct grouper *grouper, uint32_t *ret)
{
	bool is_ok;

	assert(!grouper->has_older && !grouper->labels.ranks);
	grouper->older_group = grouper_num(grouper);
	switch (grouper->options->key) {
	case KEY_DOMAIN:
	case KEY_THREAD:
		is_ok = vec_push(&grouper->numbers, INT64_MIN);
		break;
	case KEY_TRACEBACK:
		is_ok = vec_push(&grouper->traces, (struct trace_group){0});
		break;
	default:
		is_ok = vec_push(&grouper->labels.items, (struct group_label){0});
	}
	if (!is_ok)
		return &err_nomem;
	grouper->has_older = true;
	*ret = grouper->older_group;
	return NULL;
}

size_t grouper_num(const struct grouper *grouper)
{
	switch (grouper->options->key) {
	case KEY_DOMAIN:
	case KEY_THREAD:
		return grouper->numbers.num;
	case KEY_TRACEBACK:
		return grouper->traces.num;
	default:
		return grouper->labels.items.num;
	}
}

static const char *label_number(struct grouper *grouper, int64_t number)
{
	char text[32], *label;

	if (grouper->options->key == KEY_DOMAIN)
		domain_name((uint32_t)number, text);
	else
		snprintf(text, sizeof(text), "thread %" PRId64, number);
	label = arena_alloc(grouper->arena, strlen(text) + 1);
	return label ? strcpy(label, text) : NULL;
}

/** The texts of a label. */
static struct err *describe_text(struct grouper *grouper, uint32_t id, struct group *ret)
{
	const struct strtab *strings = grouper->labels.resolver->strings;
	const struct group_label *label = &grouper->labels.items.items[id];
	struct location location = label->location;

	if (label->caller) {
		ret->caller = strtab_get(strings, label->caller);
		location.function = label->caller;
	}
	ret->label = group_labels_text(&grouper->labels, grouper->arena, id);
	if (!ret->label)
		return &err_nomem;
	ret->shown = ret->label;
	if (!grouper->options->want_long)
		ret->shown = shown_label(grouper->arena, strings, &location, ret->label);
	return ret->shown ? NULL : &err_nomem;
}

static struct err *describe_label(struct grouper *grouper, uint32_t id, struct group *ret)
{
	struct location *location = arena_alloc(grouper->arena, sizeof(*location));

	if (!location)
		return &err_nomem;
	*location = grouper->labels.items.items[id].location;
	ret->location = location;
	return describe_text(grouper, id, ret);
}

struct err *grouper_describe(struct grouper *grouper, uint32_t id, struct group *ret)
{
	enum group_key key = grouper->options->key;
	const struct trace_group *trace;

	*ret = (struct group){.key = key};
	if (grouper->has_older && id == grouper->older_group) {
		ret->is_older = true;
		ret->label = ret->shown = OLDER_LABEL;
		return NULL;
	}
	switch (key) {
	case KEY_DOMAIN:
	case KEY_THREAD:
		ret->domain = key == KEY_DOMAIN ? grouper->numbers.items[id] : 0;
		ret->tid = key == KEY_THREAD ? grouper->numbers.items[id] : 0;
		ret->label = ret->shown = label_number(grouper, grouper->numbers.items[id]);
		return ret->label ? NULL : &err_nomem;
	case KEY_TRACEBACK:
		trace = &grouper->traces.items[id];
		return describe_text(grouper, trace->row_label, ret);
	default:
		return describe_label(grouper, id, ret);
	}
}

static int compare_traces(const struct grouper *grouper, const struct trace_group *a,
			  const struct trace_group *b)
{
	uint32_t i;

	for (i = 0; i < a->num && i < b->num; i++)
		if (a->labels[i] != b->labels[i])
			return group_labels_compare(&grouper->labels, a->labels[i], b->labels[i]);
	return a->num < b->num ? -1 : a->num > b->num;
}

int grouper_compare(const struct grouper *grouper, uint32_t a, uint32_t b)
{
	if (grouper->has_older && (a == grouper->older_group || b == grouper->older_group))
		return (b == grouper->older_group) - (a == grouper->older_group);
	switch (grouper->options->key) {
	case KEY_DOMAIN:
	case KEY_THREAD:
		return grouper->numbers.items[a] < grouper->numbers.items[b]
			       ? -1
			       : grouper->numbers.items[a] > grouper->numbers.items[b];
	case KEY_TRACEBACK:
		return compare_traces(grouper, &grouper->traces.items[a],
				      &grouper->traces.items[b]);
	default:
		return group_labels_compare(&grouper->labels, a, b);
	}
}
