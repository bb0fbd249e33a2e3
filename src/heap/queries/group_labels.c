// SPDX-License-Identifier: GPL-3.0-or-later
// What locations are under a key: the names by which groups are told apart. Each is kept once,
// ordered and with its text.
#include "config.h"

#include "heap/queries/stats_internal.h"

#include <string.h>

struct err *group_labels_init(struct group_labels *labels, const struct stats_options *options,
			      const struct resolver *resolver, struct namer *namer,
			      const struct stacks *stacks)
{
	*labels = (struct group_labels){
		.resolver = resolver,
		.namer = namer,
		.key = options->key,
		.is_compat = options->is_compat,
		.frame_index = calloc(stacks_num_frames(stacks) + 1, sizeof(*labels->frame_index)),
	};
	return labels->frame_index ? NULL : &err_nomem;
}

void group_labels_deinit(struct group_labels *labels)
{
	vec_deinit(&labels->items);
	idset_deinit(&labels->set);
	free(labels->frame_index);
	vec_deinit(&labels->frames);
	vec_deinit(&labels->ids);
	free(labels->ranks);
}

static struct group_label label_of(enum group_key key, const struct location *location)
{
	struct group_label label = {.location = *location};

	switch (key) {
	case KEY_FILENAME:
		label.name = location_filename(location);
		label.location = (struct location){
			.file = label.name,
			.has_line = location->has_line,
			.module = location->has_line ? 0 : location->module,
		};
		break;
	case KEY_FUNCTION:
		label.name = location->function ? location->function : location->file;
		label.module = location->function ? location->module : 0;
		break;
	case KEY_MODULE:
		label.name = location->module;
		break;
	default:
		label.name = location->file;
		label.line = location->line;
		break;
	}
	return label;
}

/** A row of a file or a module needs no caller, since these names stand for all of it. */
static bool has_caller(enum group_key key)
{
	return key == KEY_LINENO || key == KEY_FUNCTION || key == KEY_TRACEBACK;
}

static uint32_t hash_label(const struct group_label *label)
{
	uint64_t key = (uint64_t)label->name << 32 | label->line;

	key ^= label->module * 0x9e3779b97f4a7c15ull;
	return (uint32_t)hash_u64(key ^ (uint64_t)label->caller << 32);
}

struct err *group_labels_intern(struct group_labels *labels, const struct named *named,
				uint32_t *ret)
{
	struct group_label label = label_of(labels->key, named->location);
	uint32_t hash, id;
	size_t pos;

	if (named->caller && has_caller(labels->key))
		label.caller = named->caller->function;
	hash = hash_label(&label);

	for (pos = idset_first(&labels->set, hash); idset_next(&labels->set, hash, &pos, &id);) {
		const struct group_label *old = &labels->items.items[id];

		if (old->name == label.name && old->line == label.line &&
		    old->module == label.module && old->caller == label.caller) {
			*ret = id;
			return NULL;
		}
	}
	id = labels->items.num;
	if (!idset_reserve_one(&labels->set) || !vec_push(&labels->items, label))
		return &err_nomem;
	idset_add(&labels->set, hash, id);
	*ret = id;
	return NULL;
}

struct err *group_labels_add_frame(struct group_labels *labels, const struct stack *stack,
				   uint32_t i, const struct label_frame **ret)
{
	struct label_frame added = {.first_id = labels->ids.num};
	uint32_t id, k;
	size_t num;
	struct err *err;

	err = namer_frame(labels->namer, stack, i, &added.locations, &num);
	if (err)
		return err;
	added.num = num;
	for (k = 0; k < added.num; k++) {
		struct named named = {.location = &added.locations[k]};

		err = group_labels_intern(labels, &named, &id);
		if (err)
			return err;
		if (added.num == 1)
			added.first_id = id;
		else if (!vec_push(&labels->ids, id))
			return &err_nomem;
	}
	if (!vec_push(&labels->frames, added))
		return &err_nomem;
	labels->frame_index[stack->ids[i]] = labels->frames.num;
	*ret = &labels->frames.items[labels->frames.num - 1];
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

static const char *make_text(const struct group_labels *labels, struct arena *arena,
			     const struct group_label *label)
{
	const char *name = strtab_get(labels->resolver->strings, label->name);

	switch (labels->key) {
	case KEY_FILENAME:
		return join(arena, name, labels->is_compat ? ":0" : "", "", "");
	case KEY_FUNCTION:
		return label_function(arena, name,
				      strtab_get(labels->resolver->strings, label->module));
	case KEY_MODULE:
		return join(arena, *name ? name : "<unknown>", "", "", "");
	default:
		return label_line(arena, name, &label->location);
	}
}

const char *group_labels_text(struct group_labels *labels, struct arena *arena, uint32_t id)
{
	struct group_label *label = &labels->items.items[id];

	const char *text = label->text;

	if (text)
		return text;
	text = make_text(labels, arena, label);
	if (text && label->caller)
		text = join(arena, text, " < ",
			    strtab_get(labels->resolver->strings, label->caller), "");
	return label->text = text;
}

static int compare_strings(const struct group_labels *labels, uint32_t a, uint32_t b)
{
	if (a == b)
		return 0;
	return strcmp(strtab_get(labels->resolver->strings, a),
		      strtab_get(labels->resolver->strings, b));
}

int group_labels_compare(const struct group_labels *labels, uint32_t a, uint32_t b)
{
	const struct group_label *pa = &labels->items.items[a], *pb = &labels->items.items[b];
	int order = compare_strings(labels, pa->name, pb->name);

	if (order)
		return order;
	if (pa->line != pb->line)
		return pa->line < pb->line ? -1 : 1;
	order = compare_strings(labels, pa->module, pb->module);
	return order ? order : compare_strings(labels, pa->caller, pb->caller);
}

static int compare_ids(const void *a, const void *b, void *ctx)
{
	return group_labels_compare(ctx, *(const uint32_t *)a, *(const uint32_t *)b);
}

struct err *group_labels_rank(struct group_labels *labels)
{
	size_t num = labels->items.num, i;
	_cleanup_free_ uint32_t *order = malloc((num + 1) * sizeof(*order));

	labels->ranks = malloc((num + 1) * sizeof(*labels->ranks));
	if (!order || !labels->ranks)
		return &err_nomem;
	for (i = 0; i < num; i++)
		order[i] = i;
	qsort_r(order, num, sizeof(*order), compare_ids, labels);
	for (i = 0; i < num; i++)
		labels->ranks[order[i]] = i;
	return NULL;
}
