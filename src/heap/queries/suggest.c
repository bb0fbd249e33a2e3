// SPDX-License-Identifier: GPL-3.0-or-later
// Each stack with live blocks is walked from its newest location on. Up to the first one that is
// not skipped there may only be allocators and wrappers; then that one is a candidate, and the next
// one its caller. A function that is met further up in any stack does more than allocate.
#include "config.h"

#include "heap/suggest.h"

#include "base/vec.h"
#include "heap/namer.h"
#include "heap/queries/function_name.h"
#include "heap/queries/skip_rules.h"

#include <string.h>

struct candidate {
	struct suggestion found;
	/** It calls other functions that allocate. */
	bool is_out;
};

struct search {
	struct namer *namer;
	struct skip_judge judge;
	VEC(struct candidate) candidates;
	/** (function, module) -> index in candidates. */
	struct hmap by_function;
	/** (candidate, function that calls it) -> 0. */
	struct hmap callers;
	/** The stack that is walked, newest first. */
	VEC(const struct location *) path;
};

static struct err *make_path(struct search *search, const struct stack *stack)
{
	uint32_t i, k;

	search->path.num = 0;
	for (i = 0; i < stack->num_frames; i++) {
		const struct location *locations;
		size_t num;
		struct err *err = namer_frame(search->namer, stack, i, &locations, &num);

		if (err)
			return err;
		for (k = 0; k < num; k++)
			if (!vec_push(&search->path, &locations[k]))
				return &err_nomem;
	}
	return NULL;
}

static struct err *get_candidate(struct search *search, const struct location *location,
				 struct candidate **ret)
{
	uint64_t key = (uint64_t)location->function << 32 | location->module;
	const uint64_t *known = hmap_find(&search->by_function, key);
	struct candidate added = {
		.found = {.function = location->function, .module = location->module}};

	if (!known) {
		if (!vec_push(&search->candidates, added) ||
		    !hmap_set(&search->by_function, key, search->candidates.num - 1))
			return &err_nomem;
		*ret = &search->candidates.items[search->candidates.num - 1];
	} else {
		*ret = &search->candidates.items[*known];
	}
	return NULL;
}

static struct err *add_caller(struct search *search, struct candidate *candidate, uint32_t function)
{
	uint64_t key = (uint64_t)(candidate - search->candidates.items) << 32 | function;

	if (hmap_find(&search->callers, key))
		return NULL;
	candidate->found.num_callers++;
	return hmap_set(&search->callers, key, 0) ? NULL : &err_nomem;
}

/** The first location of the path that is not skipped. path.num: there is none, or there are other
 *  frames than allocators and wrappers before it. */
static struct err *find_first(struct search *search, size_t *ret)
{
	enum skip_verdict verdict = SKIP_WRAPPER;
	struct err *err = NULL;
	size_t i;

	for (i = 0; i < search->path.num && verdict == SKIP_WRAPPER; i++)
		err = err ? err : skip_judge(&search->judge, search->path.items[i], &verdict);
	*ret = verdict == SKIP_NOT ? i - 1 : search->path.num;
	return err;
}

static struct err *add_stack(struct search *search, const struct stack *stack,
			     const struct snapshot_site *counters)
{
	struct candidate *candidate;
	size_t first, i;
	struct err *err = make_path(search, stack);

	if (!err)
		err = find_first(search, &first);
	if (err)
		return err;
	for (i = first == search->path.num ? 0 : first; i < search->path.num; i++) {
		const struct location *location = search->path.items[i];

		if (!location->function)
			continue;
		err = get_candidate(search, location, &candidate);
		if (err)
			return err;
		candidate->is_out |= i != first;
		if (i != first)
			continue;
		candidate->found.size += counters->live_bytes;
		candidate->found.count += counters->live_blocks;
		if (i + 1 < search->path.num && search->path.items[i + 1]->function)
			err = add_caller(search, candidate, search->path.items[i + 1]->function);
		if (err)
			return err;
	}
	return NULL;
}

static int compare(const void *a, const void *b)
{
	const struct suggestion *sa = a, *sb = b;

	if (sa->size != sb->size)
		return sa->size > sb->size ? -1 : 1;
	return sa->function < sb->function ? -1 : sa->function > sb->function;
}

static struct err *finish(struct search *search, const struct strtab *strings,
			  struct suggestions *ret)
{
	size_t i;

	ret->items = calloc(search->candidates.num + 1, sizeof(*ret->items));
	if (!ret->items)
		return &err_nomem;
	for (i = 0; i < search->candidates.num; i++) {
		const struct candidate *candidate = &search->candidates.items[i];
		struct suggestion found = candidate->found;
		struct function_name name;

		if (candidate->is_out || found.num_callers < SUGGEST_MIN_CALLERS ||
		    !function_name_reduce(strtab_get(strings, found.function), &name) ||
		    !name.name[0])
			continue;
		found.rule = strdup(name.name);
		if (!found.rule)
			return &err_nomem;
		ret->items[ret->num++] = found;
	}
	qsort(ret->items, ret->num, sizeof(*ret->items), compare);
	return NULL;
}

static struct err *look(struct search *search, const struct snapshot *snapshot)
{
	struct err *err = NULL;
	size_t i;

	for (i = 0; !err && i < snapshot->num_sites; i++) {
		const struct snapshot_site *counters = &snapshot->sites[i];
		const struct alloc_site *site = heap_alloc_site(snapshot->heap, counters->site);
		struct stack stack = stacks_get(heap_stacks(snapshot->heap), site->stack);

		if (counters->live_blocks)
			err = add_stack(search, &stack, counters);
	}
	return err;
}

struct err *suggestions_create(const struct snapshot *snapshot, const struct skip_rules *rules,
			       const struct resolver *resolver, struct suggestions **ret)
{
	_cleanup_suggestions_ struct suggestions *suggestions = calloc(1, sizeof(*suggestions));
	_cleanup_namer_ struct namer *namer = NULL;
	struct search search = {.judge = {.rules = rules, .strings = resolver->strings}};
	struct err *err;

	if (!suggestions)
		return &err_nomem;
	err = namer_create(resolver, rules, false, &namer);
	search.namer = namer;
	if (!err)
		err = look(&search, snapshot);
	if (!err)
		err = finish(&search, resolver->strings, suggestions);
	vec_deinit(&search.candidates);
	vec_deinit(&search.path);
	hmap_deinit(&search.by_function);
	hmap_deinit(&search.callers);
	skip_judge_deinit(&search.judge);
	if (!err)
		*ret = no_cleanup_ptr(suggestions);
	return err;
}

void suggestions_destroy(struct suggestions *suggestions)
{
	size_t i;

	if (!suggestions)
		return;
	for (i = 0; i < suggestions->num; i++)
		free(suggestions->items[i].rule);
	free(suggestions->items);
	free(suggestions);
}
