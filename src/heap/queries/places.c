// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "heap/queries/places.h"

#include "base/hash.h"

struct err *places_init(struct places *places, struct namer *namer, const struct stacks *stacks)
{
	*places = (struct places){
		.namer = namer,
		.frames = calloc(stacks_num_frames(stacks) + 1, sizeof(*places->frames)),
	};
	return places->frames ? NULL : &err_nomem;
}

void places_deinit(struct places *places)
{
	vec_deinit(&places->items);
	idset_deinit(&places->set);
	free(places->frames);
	vec_deinit(&places->ids);
	vec_deinit(&places->path);
}

static bool is_same(const struct location *a, const struct location *b)
{
	return a->file == b->file && a->line == b->line && a->function == b->function &&
	       a->module == b->module;
}

static struct err *intern(struct places *places, const struct location *location, uint64_t frame,
			  uint32_t *ret)
{
	uint64_t where = (uint64_t)location->file << 32 | location->line;
	uint64_t what = (uint64_t)location->function << 32 | location->module;
	uint32_t hash = (uint32_t)hash_u64(where ^ what * 0x9e3779b97f4a7c15ull), id;
	struct place place = {*location, frame};
	size_t pos;

	for (pos = idset_first(&places->set, hash); idset_next(&places->set, hash, &pos, &id);) {
		if (is_same(&places->items.items[id].location, location)) {
			*ret = id;
			return NULL;
		}
	}
	if (!idset_reserve_one(&places->set) || !vec_push(&places->items, place))
		return &err_nomem;
	*ret = places->items.num - 1;
	idset_add(&places->set, hash, *ret);
	return NULL;
}

static struct err *add_frame(struct places *places, const struct stack *stack, uint32_t i,
			     const struct location *locations, size_t num)
{
	uint32_t first = places->ids.num, id;
	struct err *err = NULL;
	size_t k;

	for (k = 0; !err && k < num; k++) {
		err = intern(places, &locations[k], stack_frame(stack, i), &id);
		if (!err && !vec_push(&places->ids, id))
			err = &err_nomem;
	}
	if (!err)
		places->frames[stack->ids[i]] = (struct place_frame){first, num};
	return err;
}

struct err *places_of(struct places *places, const struct stack *stack)
{
	const struct location *locations;
	struct named shown;
	bool is_shown = false;
	struct err *err = namer_find(places->namer, stack, &shown);
	size_t num, k;
	uint32_t i;

	places->path.num = 0;
	for (i = 0; i < stack->num_frames && !err; i++) {
		const struct place_frame *frame = &places->frames[stack->ids[i]];

		err = namer_frame(places->namer, stack, i, &locations, &num);
		if (!err && !frame->num)
			err = add_frame(places, stack, i, locations, num);
		for (k = 0; !err && k < num; k++) {
			is_shown |= &locations[k] == shown.location;
			if (is_shown &&
			    !vec_push(&places->path, places->ids.items[frame->first + k]))
				err = &err_nomem;
		}
	}
	return err;
}
