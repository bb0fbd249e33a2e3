// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "heap/namer.h"

#include "base/vec.h"
#include "heap/queries/skip_rules.h"

/** Not looked for yet. */
#define UNKNOWN UINT32_MAX

struct frame {
	/** NULL: not resolved yet. */
	const struct location *locations;
	uint32_t num;
	/** The newest location that is not skipped; num: there is none. */
	uint32_t kept;
};

struct namer {
	const struct resolver *resolver;
	bool want_newest;
	struct skip_judge judge;
	/** By frame id (heap/stacks.h). */
	VEC(struct frame) frames;
};

struct err *namer_create(const struct resolver *resolver, const struct skip_rules *rules,
			 bool want_newest, struct namer **ret)
{
	struct namer *namer = calloc(1, sizeof(*namer));

	if (!namer)
		return &err_nomem;
	namer->resolver = resolver;
	namer->want_newest = want_newest;
	namer->judge = (struct skip_judge){.rules = rules, .strings = resolver->strings};
	*ret = namer;
	return NULL;
}

void namer_destroy(struct namer *namer)
{
	if (!namer)
		return;
	skip_judge_deinit(&namer->judge);
	vec_deinit(&namer->frames);
	free(namer);
}

/** Frame i of a stack. The pointer is valid until the next call. */
static struct err *get_frame(struct namer *namer, const struct stack *stack, uint32_t i,
			     struct frame **ret)
{
	uint32_t id = stack->ids[i];
	struct frame *frame;
	struct err *err;
	size_t num;

	while (namer->frames.num <= id)
		if (!vec_push(&namer->frames, (struct frame){.kept = UNKNOWN}))
			return &err_nomem;
	frame = &namer->frames.items[id];
	if (!frame->locations) {
		const struct location *locations;

		err = namer->resolver->resolve(namer->resolver->ctx, stack_frame(stack, i),
					       &locations, &num);
		if (err)
			return err;
		frame->locations = locations;
		frame->num = num;
	}
	*ret = frame;
	return NULL;
}

struct err *namer_frame(struct namer *namer, const struct stack *stack, uint32_t i,
			const struct location **ret, size_t *num_ret)
{
	struct frame *frame;
	struct err *err = get_frame(namer, stack, i, &frame);

	if (err)
		return err;
	*ret = frame->locations;
	*num_ret = frame->num;
	return NULL;
}

static struct err *find_kept(struct namer *namer, struct frame *frame)
{
	enum skip_verdict verdict = SKIP_WRAPPER;
	uint32_t k;

	if (frame->kept != UNKNOWN)
		return NULL;
	for (k = 0; k < frame->num; k++) {
		struct err *err = skip_judge(&namer->judge, &frame->locations[k], &verdict);

		if (err)
			return err;
		if (verdict == SKIP_NOT)
			break;
	}
	frame->kept = k;
	return NULL;
}

/** What is left when everything is skipped. */
static struct err *find_least(struct namer *namer, const struct stack *stack, struct named *ret)
{
	struct frame *frame;
	uint32_t i, k;

	for (i = 0; i < stack->num_frames; i++) {
		struct err *err = get_frame(namer, stack, i, &frame);

		for (k = 0; !err && k < frame->num; k++) {
			enum skip_verdict verdict;

			err = skip_judge(&namer->judge, &frame->locations[k], &verdict);
			if (!err && verdict != SKIP_WRAPPER) {
				ret->location = &frame->locations[k];
				return NULL;
			}
		}
		if (err)
			return err;
	}
	return NULL;
}

static bool is_nameless(const struct location *location)
{
	return location->module && !location->function && !location->has_line;
}

/** Beyond frame i, which is nameless: the nearest frame of its module that has a name. *ret is
 *  NULL if another module comes first, or the end. */
static struct err *find_caller(struct namer *namer, const struct stack *stack, uint32_t *i,
			       uint32_t module, struct frame **ret)
{
	*ret = NULL;
	while (++*i < stack->num_frames) {
		struct frame *frame;
		struct err *err = get_frame(namer, stack, *i, &frame);

		if (err)
			return err;
		if (frame->locations[0].module != module)
			return NULL;
		if (!is_nameless(&frame->locations[0])) {
			*ret = frame;
			return NULL;
		}
	}
	return NULL;
}

/** Whether frame i names the row. If not, *i is left at one before the next that may. */
static struct err *take_frame(struct namer *namer, const struct stack *stack, uint32_t *i,
			      struct named *ret, bool *is_taken_ret)
{
	struct frame *frame, *caller;
	const struct location *location;
	uint32_t at = *i;
	struct err *err = get_frame(namer, stack, *i, &frame);

	*is_taken_ret = false;
	if (!err)
		err = find_kept(namer, frame);
	if (err || frame->kept == frame->num)
		return err;
	location = &frame->locations[frame->kept];
	if (is_nameless(location)) {
		err = find_caller(namer, stack, &at, location->module, &caller);
		if (!err && caller)
			err = find_kept(namer, caller);
		if (err)
			return err;
		if (caller && caller->kept) {
			*i = at - 1;
			return NULL;
		}
		ret->caller = caller ? &caller->locations[0] : NULL;
	}
	ret->location = location;
	*is_taken_ret = true;
	return NULL;
}

struct err *namer_find(struct namer *namer, const struct stack *stack, struct named *ret)
{
	struct frame *frame;
	bool is_taken = false;
	uint32_t i;
	struct err *err = get_frame(namer, stack, 0, &frame);

	if (err)
		return err;
	*ret = (struct named){.location = &frame->locations[0]};
	for (i = 0; i < stack->num_frames && !namer->want_newest && !is_taken; i++) {
		err = take_frame(namer, stack, &i, ret, &is_taken);
		if (err)
			return err;
	}
	return is_taken || namer->want_newest ? NULL : find_least(namer, stack, ret);
}
