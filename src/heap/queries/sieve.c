// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "heap/queries/sieve.h"

#include "base/hmap.h"
#include "heap/queries/pattern.h"

/** Marks a known word of stack_masks. */
#define KNOWN (1ull << 63)

_Static_assert(FILTERS_MAX < 63, "masks need a bit for each filter, and one more");

struct sieve_frame {
	const struct location *locations;
	size_t num;
	/** Filters that match any of the locations. */
	uint64_t mask;
};

/** In masks, bit i is filter i. */
struct sieve {
	const struct filters *filters;
	const struct heap *heap;
	const struct resolver *resolver;
	bool want_newest;
	/** By filter; NULL for domain filters. */
	struct pattern *patterns[FILTERS_MAX];
	/** Filters that have a pattern, look at all frames, have a line, include. */
	uint64_t pattern_mask;
	uint64_t all_frames_mask;
	uint64_t line_mask;
	uint64_t inclusive_mask;
	/** Filters that take the domain last asked for (UINT64_MAX: none yet). */
	uint64_t domain_mask;
	uint64_t last_domain;
	/** File name -> filters whose pattern matches it. */
	struct hmap file_masks;
	/** By frame id (heap/stacks.h): index in frames + 1; 0: not met yet. */
	uint32_t *frame_index;
	VEC(struct sieve_frame) frames;
	/** By stack: filters that match it, with KNOWN; 0: not judged yet. */
	uint64_t *stack_masks;
	/** The stack last looked at, and the filters that match any of its oldest 1, 2, ...
	 *  frames. */
	struct stack last;
	VEC(uint64_t) prefix_masks;
};

void sieve_destroy(struct sieve *sieve)
{
	size_t i;

	if (!sieve)
		return;
	for (i = 0; i < FILTERS_MAX; i++)
		pattern_destroy(sieve->patterns[i]);
	hmap_deinit(&sieve->file_masks);
	free(sieve->frame_index);
	vec_deinit(&sieve->frames);
	vec_deinit(&sieve->prefix_masks);
	free(sieve->stack_masks);
	free(sieve);
}

static struct err *add_filter(struct sieve *sieve, size_t i)
{
	const struct filter *filter = &sieve->filters->list.items[i];

	if (filter->is_inclusive)
		sieve->inclusive_mask |= 1ull << i;
	if (!filter->pattern)
		return NULL;
	sieve->pattern_mask |= 1ull << i;
	if (filter->want_all_frames)
		sieve->all_frames_mask |= 1ull << i;
	if (filter->has_line)
		sieve->line_mask |= 1ull << i;
	return pattern_create(filter->pattern, &sieve->patterns[i]);
}

struct err *sieve_create(const struct filters *filters, const struct heap *heap,
			 const struct resolver *resolver, bool want_newest, struct sieve **ret)
{
	static const struct filters none;
	_cleanup_sieve_ struct sieve *sieve = calloc(1, sizeof(*sieve));
	struct err *err = NULL;
	size_t i;

	if (!sieve)
		return &err_nomem;
	sieve->filters = filters ? filters : &none;
	sieve->heap = heap;
	sieve->resolver = resolver;
	sieve->want_newest = want_newest;
	sieve->last_domain = UINT64_MAX;
	for (i = 0; i < sieve->filters->list.num && !err; i++)
		err = add_filter(sieve, i);
	if (!err && sieve->pattern_mask) {
		sieve->stack_masks =
			calloc(stacks_num(heap_stacks(heap)) + 1, sizeof(*sieve->stack_masks));
		sieve->frame_index = calloc(stacks_num_frames(heap_stacks(heap)) + 1,
					    sizeof(*sieve->frame_index));
		if (!sieve->stack_masks || !sieve->frame_index)
			err = &err_nomem;
	}
	if (err)
		return err;
	*ret = no_cleanup_ptr(sieve);
	return NULL;
}

static struct err *match_file(struct sieve *sieve, uint32_t file, uint64_t *ret)
{
	const uint64_t *known = hmap_find(&sieve->file_masks, file);
	const char *name = strtab_get(sieve->resolver->strings, file);
	uint64_t mask = 0;
	size_t i;

	if (known) {
		*ret = *known;
		return NULL;
	}
	for (i = 0; i < sieve->filters->list.num; i++)
		if (sieve->patterns[i] && pattern_matches(sieve->patterns[i], name))
			mask |= 1ull << i;
	if (!hmap_set(&sieve->file_masks, file, mask))
		return &err_nomem;
	*ret = mask;
	return NULL;
}

static struct err *match_location(struct sieve *sieve, const struct location *location,
				  uint64_t *ret)
{
	uint64_t mask, lines;
	struct err *err = match_file(sieve, location_filename(location), &mask);

	if (err)
		return err;
	for (lines = mask & sieve->line_mask; lines; lines &= lines - 1) {
		int i = __builtin_ctzll(lines);

		if (sieve->filters->list.items[i].line != location->line)
			mask &= ~(1ull << i);
	}
	*ret = mask;
	return NULL;
}

static struct err *frame_add(struct sieve *sieve, const struct stack *stack, uint32_t i)
{
	struct sieve_frame added = {0};
	struct err *err = sieve->resolver->resolve(sieve->resolver->ctx, stack_frame(stack, i),
						   &added.locations, &added.num);
	uint64_t mask;
	size_t k;

	for (k = 0; !err && k < added.num && sieve->all_frames_mask; k++) {
		err = match_location(sieve, &added.locations[k], &mask);
		if (!err)
			added.mask |= mask;
	}
	if (!err && !vec_push(&sieve->frames, added))
		err = &err_nomem;
	if (!err)
		sieve->frame_index[stack->ids[i]] = sieve->frames.num;
	return err;
}

/** Frame i of a stack. The pointer is valid until the next call. */
static struct err *frame_get(struct sieve *sieve, const struct stack *stack, uint32_t i,
			     const struct sieve_frame **ret)
{
	uint32_t *index = &sieve->frame_index[stack->ids[i]];
	struct err *err = *index ? NULL : frame_add(sieve, stack, i);

	if (!err)
		*ret = &sieve->frames.items[*index - 1];
	return err;
}

/** Filters that match the location that stands for the stack. */
static struct err *match_shown(struct sieve *sieve, const struct stack *stack, uint64_t *ret)
{
	const struct location *shown = NULL;
	uint32_t i;

	for (i = 0; i < stack->num_frames; i++) {
		const struct sieve_frame *frame;
		struct err *err = frame_get(sieve, stack, i, &frame);
		size_t k;

		if (err)
			return err;
		if (i == 0)
			shown = &frame->locations[0];
		if (sieve->want_newest)
			break;
		for (k = 0; k < frame->num && frame->locations[k].is_plumbing; k++)
			continue;
		if (k < frame->num) {
			shown = &frame->locations[k];
			break;
		}
	}
	return match_location(sieve, shown, ret);
}

// Stacks that were first met one after the other mostly share their oldest frames, and what these
// match.
static struct err *match_any(struct sieve *sieve, const struct stack *stack, uint64_t *ret)
{
	struct stack last = sieve->last;
	uint32_t num = stack->num_frames, done = 0;
	uint64_t mask;

	while (done < num && done < last.num_frames &&
	       stack->ids[num - 1 - done] == last.ids[last.num_frames - 1 - done])
		done++;
	sieve->last.num_frames = 0;
	sieve->prefix_masks.num = done;
	mask = done ? sieve->prefix_masks.items[done - 1] : 0;
	for (; done < num; done++) {
		const struct sieve_frame *frame;
		struct err *err = frame_get(sieve, stack, num - 1 - done, &frame);

		if (err)
			return err;
		mask |= frame->mask;
		if (!vec_push(&sieve->prefix_masks, mask))
			return &err_nomem;
	}
	sieve->last = *stack;
	*ret = mask;
	return NULL;
}

static struct err *match_stack(struct sieve *sieve, uint32_t id, uint64_t *ret)
{
	struct stack stack = stacks_get(heap_stacks(sieve->heap), id);
	uint64_t shown = 0, any = 0;
	struct err *err = NULL;

	if (sieve->stack_masks[id]) {
		*ret = sieve->stack_masks[id];
		return NULL;
	}
	if (sieve->pattern_mask & ~sieve->all_frames_mask)
		err = match_shown(sieve, &stack, &shown);
	if (!err && sieve->all_frames_mask)
		err = match_any(sieve, &stack, &any);
	if (err)
		return err;
	*ret = sieve->stack_masks[id] =
		(shown & ~sieve->all_frames_mask) | (any & sieve->all_frames_mask) | KNOWN;
	return NULL;
}

static uint64_t match_domain(struct sieve *sieve, uint32_t domain)
{
	size_t i;

	if (sieve->last_domain == domain)
		return sieve->domain_mask;
	sieve->last_domain = domain;
	sieve->domain_mask = 0;
	for (i = 0; i < sieve->filters->list.num; i++) {
		const struct filter *filter = &sieve->filters->list.items[i];

		if (!filter->has_domain || filter->domain == domain)
			sieve->domain_mask |= 1ull << i;
	}
	return sieve->domain_mask;
}

static bool decide(const struct sieve *sieve, uint64_t mask)
{
	return (!sieve->inclusive_mask || mask & sieve->inclusive_mask) &&
	       !(mask & ~sieve->inclusive_mask);
}

bool sieve_passes_older(const struct sieve *sieve)
{
	uint64_t mask = 0;
	size_t i;

	for (i = 0; i < sieve->filters->list.num; i++) {
		const struct filter *filter = &sieve->filters->list.items[i];

		if (sieve->patterns[i] && !filter->has_domain &&
		    !(filter->has_line && filter->line) &&
		    pattern_matches(sieve->patterns[i], OLDER_LABEL))
			mask |= 1ull << i;
	}
	return decide(sieve, mask);
}

struct err *sieve_passes(struct sieve *sieve, const struct site *site, bool *ret)
{
	uint64_t mask = match_domain(sieve, site->domain), stack_mask;
	struct err *err;

	if (sieve->pattern_mask & mask) {
		err = match_stack(sieve, site->stack, &stack_mask);
		if (err)
			return err;
		mask &= stack_mask | ~sieve->pattern_mask;
	}
	*ret = decide(sieve, mask);
	return NULL;
}
