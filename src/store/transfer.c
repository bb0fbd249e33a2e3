// SPDX-License-Identifier: GPL-3.0-or-later
// Copies sites with their stacks, frames, names and source lines from one heap into another: from a
// session's heap into the mirror of a file, or from the mirror into the heap that a snapshot is
// loaded into. Maps from id to id remember what was copied already.
#include "config.h"

#include "store/store_internal.h"

#include <string.h>

void transfer_deinit(struct transfer *t)
{
	hmap_deinit(&t->frames);
	vec_deinit(&t->strings);
	vec_deinit(&t->stacks);
	vec_deinit(&t->sites);
	vec_deinit(&t->stack);
	vec_deinit(&t->locations);
	*t = (struct transfer){0};
}

void transfer_set(struct transfer *t, const struct heap *src, const struct frame_source *source,
		  struct heap *dst, struct archive *archive)
{
	if (t->src != src || t->dst != dst || t->archive != archive)
		transfer_deinit(t);
	t->src = src;
	t->source = source;
	t->dst = dst;
	t->archive = archive;
}

static struct err *copy_text(struct strtab *strings, const char *text, size_t max_size,
			     uint32_t *ret)
{
	_cleanup_free_ char *cut = NULL;

	if (strnlen(text, max_size + 1) <= max_size)
		return strtab_intern(strings, text, ret);
	cut = strndup(text, max_size);
	return cut ? strtab_intern(strings, cut, ret) : &err_nomem;
}

static struct err *copy_string(struct transfer *t, uint32_t id, uint32_t *ret)
{
	struct strtab *src = t->source->resolver->strings, *dst;
	const struct resolver *resolver = archive_source(t->archive)->resolver;
	struct err *err;
	uint32_t new_id;

	dst = resolver->strings;
	while (t->strings.num <= id)
		if (!vec_push(&t->strings, 0))
			return &err_nomem;
	if (!t->strings.items[id]) {
		err = copy_text(dst, strtab_get(src, id), STORE_STRING_MAX, &new_id);
		if (err)
			return err;
		t->strings.items[id] = new_id + 1;
	}
	*ret = t->strings.items[id] - 1;
	return NULL;
}

static struct err *copy_locations(struct transfer *t, const struct location *locations, size_t num)
{
	struct err *err = NULL;
	size_t i;

	t->locations.num = 0;
	for (i = 0; i < num && !err; i++) {
		struct location location = locations[i];

		err = copy_string(t, location.file, &location.file);
		if (!err)
			err = copy_string(t, location.function, &location.function);
		if (!err)
			err = copy_string(t, location.module, &location.module);
		if (!err && !vec_push(&t->locations, location))
			err = &err_nomem;
	}
	return err;
}

static struct err *copy_origin(struct transfer *t, uint64_t frame, struct archive_frame *ret)
{
	struct strtab *strings = archive_source(t->archive)->resolver->strings;
	struct frame_origin origin = {.module = ""};
	struct err *err;
	uint32_t path;

	t->source->origin(t->source->ctx, frame, &origin);
	err = copy_text(strings, origin.module, STORE_STRING_MAX, &path);
	if (err)
		return err;
	if (origin.build_id_size > BUILD_ID_MAX)
		origin.build_id_size = BUILD_ID_MAX;
	ret->offset = origin.offset & FRAME_ADDR_MASK;
	return archive_define_module(t->archive, path, origin.build_id, origin.build_id_size,
				     &ret->module);
}

/** Copy the source lines of the locations in t->locations. The names of files are looked up by
 *  locations, which has the ids of src. */
static struct err *copy_lines(struct transfer *t, const struct location *locations)
{
	const struct frame_source *source = t->source;
	struct err *err = NULL;
	size_t i;

	for (i = 0; i < t->locations.num && !err; i++) {
		const struct location *l = &t->locations.items[i];
		_cleanup_free_ char *text = NULL;

		if (!source->read_line || !l->has_line || !l->line ||
		    archive_find_line(t->archive, l->file, l->line, NULL))
			continue;
		text = source->read_line(source->ctx,
					 strtab_get(source->resolver->strings, locations[i].file),
					 l->line);
		if (text && strnlen(text, STORE_LINE_MAX) == STORE_LINE_MAX)
			text[STORE_LINE_MAX] = '\0';
		err = archive_define_line(t->archive, l->file, l->line, text);
	}
	return err;
}

static struct err *copy_frame(struct transfer *t, uint64_t frame, uint64_t *ret)
{
	const struct resolver *resolver = t->source->resolver;
	const uint64_t *known = hmap_find(&t->frames, frame);
	const struct location *locations;
	struct archive_frame copy = {0};
	size_t num;
	struct err *err;

	if (known) {
		*ret = *known;
		return NULL;
	}
	err = resolver->resolve(resolver->ctx, frame, &locations, &num);
	if (err)
		return err;
	if (num > STORE_LOCATIONS_MAX)
		num = STORE_LOCATIONS_MAX;
	err = copy_locations(t, locations, num);
	if (!err)
		err = copy_origin(t, frame, &copy);
	if (!err)
		err = copy_lines(t, locations);
	if (err)
		return err;
	copy.locations = t->locations.items;
	copy.num_locations = num;
	err = archive_define(t->archive, &copy, ret);
	if (!err && !hmap_set(&t->frames, frame, *ret))
		err = &err_nomem;
	return err;
}

static struct err *copy_stack(struct transfer *t, uint32_t id, uint32_t *ret)
{
	struct stack stack = stacks_get(heap_stacks(t->src), id);
	struct err *err = NULL;
	uint64_t frame;
	uint32_t i;

	t->stack.num = 0;
	for (i = 0; i < stack.num_frames && !err; i++) {
		err = copy_frame(t, stack_frame(&stack, i), &frame);
		if (!err && !vec_push(&t->stack, frame))
			err = &err_nomem;
	}
	if (err)
		return err;
	return stacks_intern(heap_stacks(t->dst), t->stack.items, t->stack.num, stack.total_nframe,
			     stack.flags & STACK_TRUNCATED, ret);
}

struct err *transfer_site(struct transfer *t, uint32_t id, uint32_t *ret)
{
	const struct alloc_site *site = heap_alloc_site(t->src, id);
	uint32_t stack = site->stack, domain, new_id;
	struct err *err = NULL;

	while (t->sites.num <= id)
		if (!vec_push(&t->sites, 0))
			return &err_nomem;
	while (t->stacks.num <= stack)
		if (!vec_push(&t->stacks, 0))
			return &err_nomem;
	if (!t->stacks.items[stack]) {
		err = copy_stack(t, stack, &new_id);
		if (!err)
			t->stacks.items[stack] = new_id + 1;
	}
	if (!err && !t->sites.items[id]) {
		err = t->map_domain(t->store, site->domain, &domain);
		if (!err)
			err = heap_define_alloc_site(t->dst, t->stacks.items[stack] - 1, domain,
						     site->tid, &new_id);
		if (!err)
			t->sites.items[id] = new_id + 1;
	}
	if (!err)
		*ret = t->sites.items[id] - 1;
	return err;
}
