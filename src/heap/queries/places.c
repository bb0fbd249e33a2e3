// SPDX-License-Identifier: GPL-3.0-or-later
// What locations are under a key, each once: the names by which groups are told apart, ordered and
// labelled.
#include "config.h"

#include "heap/queries/stats_internal.h"

#include <string.h>

struct err *places_init(struct places *places, const struct stats_options *options,
			const struct resolver *resolver, const struct stacks *stacks)
{
	*places = (struct places){
		.resolver = resolver,
		.key = options->key,
		.is_compat = options->is_compat,
		.frame_index = calloc(stacks_num_frames(stacks) + 1, sizeof(*places->frame_index)),
	};
	return places->frame_index ? NULL : &err_nomem;
}

void places_deinit(struct places *places)
{
	vec_deinit(&places->items);
	idset_deinit(&places->set);
	free(places->frame_index);
	vec_deinit(&places->frames);
	vec_deinit(&places->ids);
	free(places->ranks);
}

static struct place place_of(enum group_key key, const struct location *location)
{
	struct place place = {.location = *location};

	switch (key) {
	case KEY_FILENAME:
		place.name = location_filename(location);
		place.location = (struct location){
			.file = place.name,
			.has_line = location->has_line,
			.module = location->has_line ? 0 : location->module,
		};
		break;
	case KEY_FUNCTION:
		place.name = location->function ? location->function : location->file;
		place.module = location->function ? location->module : 0;
		break;
	case KEY_MODULE:
		place.name = location->module;
		break;
	default:
		place.name = location->file;
		place.line = location->line;
		break;
	}
	return place;
}

static struct err *place_intern(struct places *places, const struct location *location,
				uint32_t *ret)
{
	struct place place = place_of(places->key, location);
	uint64_t key = (uint64_t)place.name << 32 | place.line;
	uint32_t hash = (uint32_t)hash_u64(key ^ place.module * 0x9e3779b97f4a7c15ull), id;
	size_t pos;

	for (pos = idset_first(&places->set, hash); idset_next(&places->set, hash, &pos, &id);) {
		const struct place *old = &places->items.items[id];

		if (old->name == place.name && old->line == place.line &&
		    old->module == place.module) {
			*ret = id;
			return NULL;
		}
	}
	id = places->items.num;
	if (!idset_reserve_one(&places->set) || !vec_push(&places->items, place))
		return &err_nomem;
	idset_add(&places->set, hash, id);
	*ret = id;
	return NULL;
}

struct err *places_add_frame(struct places *places, const struct stack *stack, uint32_t i,
			     const struct place_frame **ret)
{
	struct place_frame added = {.first_id = places->ids.num};
	uint32_t id, k;
	size_t num;
	struct err *err;

	err = places->resolver->resolve(places->resolver->ctx, stack_frame(stack, i),
					&added.locations, &num);
	if (err)
		return err;
	added.num = num;
	for (k = 0; k < added.num; k++) {
		err = place_intern(places, &added.locations[k], &id);
		if (err)
			return err;
		if (added.num == 1)
			added.first_id = id;
		else if (!vec_push(&places->ids, id))
			return &err_nomem;
	}
	if (!vec_push(&places->frames, added))
		return &err_nomem;
	places->frame_index[stack->ids[i]] = places->frames.num;
	*ret = &places->frames.items[places->frames.num - 1];
	return NULL;
}

static const char *join(struct arena *arena, const char *a, const char *b, const char *c,
			const char *d)
{
	size_t a_len = strlen(a), b_len = strlen(b), c_len = strlen(c), d_len = strlen(d);
	char *s = arena_alloc(arena, a_len + b_len + c_len + d_len + 1);

	if (!s)
		return NULL;
	memcpy(s, a, a_len);
	memcpy(s + a_len, b, b_len);
	memcpy(s + a_len + b_len, c, c_len);
	memcpy(s + a_len + b_len + c_len, d, d_len + 1);
	return s;
}

static const char *label_line(struct arena *arena, const char *file,
			      const struct location *location)
{
	char line[16];

	if (!location->has_line && strcmp(file, "<unknown>") != 0)
		return join(arena, file, "", "", "");
	snprintf(line, sizeof(line), "%u", location->line);
	return join(arena, file, ":", line, "");
}

static const char *label_function(struct arena *arena, const char *function, const char *module)
{
	const char *slash = strrchr(module, '/');

	if (!*module)
		return join(arena, function, "", "", "");
	return join(arena, function, " (", slash ? slash + 1 : module, ")");
}

static const char *make_label(const struct places *places, struct arena *arena,
			      const struct place *place)
{
	const char *name = strtab_get(places->resolver->strings, place->name);

	switch (places->key) {
	case KEY_FILENAME:
		return join(arena, name, places->is_compat ? ":0" : "", "", "");
	case KEY_FUNCTION:
		return label_function(arena, name,
				      strtab_get(places->resolver->strings, place->module));
	case KEY_MODULE:
		return join(arena, *name ? name : "<unknown>", "", "", "");
	default:
		return label_line(arena, name, &place->location);
	}
}

const char *places_label(struct places *places, struct arena *arena, uint32_t id)
{
	struct place *place = &places->items.items[id];

	if (!place->label)
		place->label = make_label(places, arena, place);
	return place->label;
}

static int compare_strings(const struct places *places, uint32_t a, uint32_t b)
{
	if (a == b)
		return 0;
	return strcmp(strtab_get(places->resolver->strings, a),
		      strtab_get(places->resolver->strings, b));
}

int places_compare(const struct places *places, uint32_t a, uint32_t b)
{
	const struct place *pa = &places->items.items[a], *pb = &places->items.items[b];
	int order = compare_strings(places, pa->name, pb->name);

	if (order)
		return order;
	if (pa->line != pb->line)
		return pa->line < pb->line ? -1 : 1;
	return compare_strings(places, pa->module, pb->module);
}

static int compare_ids(const void *a, const void *b, void *ctx)
{
	return places_compare(ctx, *(const uint32_t *)a, *(const uint32_t *)b);
}

struct err *places_rank(struct places *places)
{
	size_t num = places->items.num, i;
	_cleanup_free_ uint32_t *order = malloc((num + 1) * sizeof(*order));

	places->ranks = malloc((num + 1) * sizeof(*places->ranks));
	if (!order || !places->ranks)
		return &err_nomem;
	for (i = 0; i < num; i++)
		order[i] = i;
	qsort_r(order, num, sizeof(*order), compare_ids, places);
	for (i = 0; i < num; i++)
		places->ranks[order[i]] = i;
	return NULL;
}
