// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "heap/queries/filter_matcher.h"

#include "base/hmap.h"
#include "heap/queries/pattern.h"

/** Marks a known word of stack_masks. */
#define KNOWN (1ull << 63)

_Static_assert(FILTERS_MAX < 63, "masks need a bit for each filter, and one more");

struct matched_frame {
	const struct location *locations;
	size_t num;
	/** The filters that match any of the locations. */
	uint64_t mask;
};

/** In masks, bit i is filter i. */
struct filter_matcher {
	const struct filters *filters;
	const struct heap *heap;
	const struct resolver *resolver;
	struct namer *namer;
	/** The pattern of each filter; NULL for domain filters. */
	struct pattern *patterns[FILTERS_MAX];
	/** The filters that have a pattern, that look at all frames, that have a line, that
	 *  include. */
	uint64_t pattern_mask;
	uint64_t all_frames_mask;
	uint64_t line_mask;
	uint64_t inclusive_mask;
	/** The filters that take the domain that was asked for last (UINT64_MAX: none yet). */
	uint64_t domain_mask;
	uint64_t last_domain;
	/** File name -> filters whose pattern matches it. */
	struct hmap file_masks;
	/** By frame id (heap/stacks.h): index in frames + 1; 0: not met yet. */
	uint32_t *frame_index;
	VEC(struct matched_frame) frames;
	/** By stack: the filters that match it, with KNOWN; 0: not judged yet. */
	uint64_t *stack_masks;
	/** The stack last looked at, and the filters that match any of its oldest 1, 2, ...
	 *  frames. */
	struct stack last;
	VEC(uint64_t) prefix_masks;
};

void filter_matcher_destroy(struct filter_matcher *matcher)
{
	size_t i;

	if (!matcher)
		return;
	for (i = 0; i < FILTERS_MAX; i++)
		pattern_destroy(matcher->patterns[i]);
	hmap_deinit(&matcher->file_masks);
	free(matcher->frame_index);
	vec_deinit(&matcher->frames);
	vec_deinit(&matcher->prefix_masks);
	free(matcher->stack_masks);
	free(matcher);
}

static struct err *add_filter(struct filter_matcher *matcher, size_t i)
{
	const struct filter *filter = &matcher->filters->list.items[i];

	if (filter->is_inclusive)
		matcher->inclusive_mask |= 1ull << i;
	if (!filter->pattern)
		return NULL;
	matcher->pattern_mask |= 1ull << i;
	if (filter->want_all_frames)
		matcher->all_frames_mask |= 1ull << i;
	if (filter->has_line)
		matcher->line_mask |= 1ull << i;
	return pattern_create(filter->pattern, &matcher->patterns[i]);
}

struct err *filter_matcher_create(const struct filters *filters, const struct heap *heap,
				  const struct resolver *resolver, struct namer *namer,
				  struct filter_matcher **ret)
{
	static const struct filters none;
	_cleanup_filter_matcher_ struct filter_matcher *matcher = calloc(1, sizeof(*matcher));
	struct err *err = NULL;
	size_t i;

	if (!matcher)
		return &err_nomem;
	matcher->filters = filters ? filters : &none;
	matcher->heap = heap;
	matcher->resolver = resolver;
	matcher->namer = namer;
	matcher->last_domain = UINT64_MAX;
	for (i = 0; i < matcher->filters->list.num && !err; i++)
		err = add_filter(matcher, i);
	if (!err && matcher->pattern_mask) {
		matcher->stack_masks =
			calloc(stacks_num(heap_stacks(heap)) + 1, sizeof(*matcher->stack_masks));
		matcher->frame_index = calloc(stacks_num_frames(heap_stacks(heap)) + 1,
					      sizeof(*matcher->frame_index));
		if (!matcher->stack_masks || !matcher->frame_index)
			err = &err_nomem;
	}
	if (err)
		return err;
	*ret = no_cleanup_ptr(matcher);
	return NULL;
}

static struct err *match_file(struct filter_matcher *matcher, uint32_t file, uint64_t *ret)
{
	const uint64_t *known = hmap_find(&matcher->file_masks, file);
	const char *name = strtab_get(matcher->resolver->strings, file);
	uint64_t mask = 0;
	size_t i;

	if (known) {
		*ret = *known;
		return NULL;
	}
	for (i = 0; i < matcher->filters->list.num; i++)
		if (matcher->patterns[i] && pattern_matches(matcher->patterns[i], name))
			mask |= 1ull << i;
	if (!hmap_set(&matcher->file_masks, file, mask))
		return &err_nomem;
	*ret = mask;
	return NULL;
}

static struct err *match_location(struct filter_matcher *matcher, const struct location *location,
				  uint64_t *ret)
{
	uint64_t mask, lines;
	struct err *err = match_file(matcher, location_filename(location), &mask);

	if (err)
		return err;
	for (lines = mask & matcher->line_mask; lines; lines &= lines - 1) {
		int i = __builtin_ctzll(lines);

		if (matcher->filters->list.items[i].line != location->line)
			mask &= ~(1ull << i);
	}
	*ret = mask;
	return NULL;
}

static struct err *frame_add(struct filter_matcher *matcher, const struct stack *stack, uint32_t i)
{
	struct matched_frame added = {0};
	struct err *err = namer_frame(matcher->namer, stack, i, &added.locations, &added.num);
	uint64_t mask;
	size_t k;

	for (k = 0; !err && k < added.num; k++) {
		err = match_location(matcher, &added.locations[k], &mask);
		if (!err)
			added.mask |= mask;
	}
	if (!err && !vec_push(&matcher->frames, added))
		err = &err_nomem;
	if (!err)
		matcher->frame_index[stack->ids[i]] = matcher->frames.num;
	return err;
}

/** Frame i of a stack. The pointer is valid until the next call. */
static struct err *frame_get(struct filter_matcher *matcher, const struct stack *stack, uint32_t i,
			     const struct matched_frame **ret)
{
	uint32_t *index = &matcher->frame_index[stack->ids[i]];
	struct err *err = *index ? NULL : frame_add(matcher, stack, i);

	if (!err)
		*ret = &matcher->frames.items[*index - 1];
	return err;
}

/** The filters that match the location that stands for the stack. */
static struct err *match_shown(struct filter_matcher *matcher, const struct stack *stack,
			       uint64_t *ret)
{
	struct named named;
	struct err *err = namer_find(matcher->namer, stack, &named);

	return err ? err : match_location(matcher, named.location, ret);
}

// Stacks that were met one after the other mostly share their oldest frames, and so what these
// match.
static struct err *match_any(struct filter_matcher *matcher, const struct stack *stack,
			     uint64_t *ret)
{
	struct stack last = matcher->last;
	uint32_t num = stack->num_frames, done = 0;
	uint64_t mask;

	while (done < num && done < last.num_frames &&
	       stack->ids[num - 1 - done] == last.ids[last.num_frames - 1 - done])
		done++;
	matcher->last.num_frames = 0;
	matcher->prefix_masks.num = done;
	mask = done ? matcher->prefix_masks.items[done - 1] : 0;
	for (; done < num; done++) {
		const struct matched_frame *frame;
		struct err *err = frame_get(matcher, stack, num - 1 - done, &frame);

		if (err)
			return err;
		mask |= frame->mask;
		if (!vec_push(&matcher->prefix_masks, mask))
			return &err_nomem;
	}
	matcher->last = *stack;
	*ret = mask;
	return NULL;
}

static struct err *match_stack(struct filter_matcher *matcher, uint32_t id, uint64_t *ret)
{
	struct stack stack = stacks_get(heap_stacks(matcher->heap), id);
	uint64_t shown = 0, any = 0;
	struct err *err = NULL;

	if (matcher->stack_masks[id]) {
		*ret = matcher->stack_masks[id];
		return NULL;
	}
	if (matcher->pattern_mask & ~matcher->all_frames_mask)
		err = match_shown(matcher, &stack, &shown);
	if (!err && matcher->all_frames_mask)
		err = match_any(matcher, &stack, &any);
	if (err)
		return err;
	*ret = matcher->stack_masks[id] =
		(shown & ~matcher->all_frames_mask) | (any & matcher->all_frames_mask) | KNOWN;
	return NULL;
}

static uint64_t match_domain(struct filter_matcher *matcher, uint32_t domain)
{
	size_t i;

	if (matcher->last_domain == domain)
		return matcher->domain_mask;
	matcher->last_domain = domain;
	matcher->domain_mask = 0;
	for (i = 0; i < matcher->filters->list.num; i++) {
		const struct filter *filter = &matcher->filters->list.items[i];

		if (!filter->has_domain || filter->domain == domain)
			matcher->domain_mask |= 1ull << i;
	}
	return matcher->domain_mask;
}

static bool decide(const struct filter_matcher *matcher, uint64_t mask)
{
	return (!matcher->inclusive_mask || mask & matcher->inclusive_mask) &&
	       !(mask & ~matcher->inclusive_mask);
}

bool filter_matcher_passes_older(const struct filter_matcher *matcher)
{
	uint64_t mask = 0;
	size_t i;

	for (i = 0; i < matcher->filters->list.num; i++) {
		const struct filter *filter = &matcher->filters->list.items[i];

		if (matcher->patterns[i] && !filter->has_domain &&
		    !(filter->has_line && filter->line) &&
		    pattern_matches(matcher->patterns[i], OLDER_LABEL))
			mask |= 1ull << i;
	}
	return decide(matcher, mask);
}

struct err *filter_matcher_passes(struct filter_matcher *matcher, const struct alloc_site *site,
				  bool *ret)
{
	uint64_t mask = match_domain(matcher, site->domain), stack_mask;
	struct err *err;

	if (matcher->pattern_mask & mask) {
		err = match_stack(matcher, site->stack, &stack_mask);
		if (err)
			return err;
		mask &= stack_mask | ~matcher->pattern_mask;
	}
	*ret = decide(matcher, mask);
	return NULL;
}
