// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "heap/archive.h"

#include "base/hmap.h"
#include "base/vec.h"
#include "heap/arena.h"
#include "heap/tables/idset.h"

#include <string.h>

struct archive {
	struct strtab *strings;
	/** What frames and lines point at. */
	struct arena arena;
	VEC(const struct archive_frame *) frames;
	struct idset frame_set;
	/** By id; the first is "no module". Pieces of the arena: archive_origin() hands out
	 *  their build-ids. */
	VEC(const struct archive_module *) modules;
	struct idset module_set;
	VEC(struct archive_line) lines;
	/** file << 32 | line -> index in lines + 1; 0: cannot be read. */
	struct hmap line_index;
	struct resolver resolver;
	struct frame_source source;
};

static struct err *add_module(struct archive *archive, const struct archive_module *module,
			      uint32_t hash)
{
	struct archive_module *copy;

	if (archive->modules.num >= UINT32_MAX - 1 || !vec_reserve_one(&archive->modules) ||
	    !idset_reserve_one(&archive->module_set))
		return &err_nomem;
	copy = arena_alloc(&archive->arena, sizeof(*copy));
	if (!copy)
		return &err_nomem;
	*copy = *module;
	idset_add(&archive->module_set, hash, archive->modules.num);
	archive->modules.items[archive->modules.num++] = copy;
	return NULL;
}

static uint32_t module_hash(const struct archive_module *module)
{
	uint64_t h = hash_u64(module->path), word;
	size_t i;

	for (i = 0; i < sizeof(module->build_id); i += sizeof(word)) {
		memcpy(&word, &module->build_id[i], sizeof(word));
		h = hash_u64(h ^ word);
	}
	return (uint32_t)h;
}

struct err *archive_create(struct strtab *strings, struct archive **ret)
{
	struct archive *archive = calloc(1, sizeof(*archive));
	struct err *err;
	uint32_t id;

	if (!archive)
		return &err_nomem;
	archive->strings = strings;
	archive->resolver = (struct resolver){archive, strings, archive_resolve};
	archive->source = (struct frame_source){
		.ctx = archive,
		.resolver = &archive->resolver,
		.origin = archive_origin,
		.read_line = archive_read_line,
	};
	err = archive_define_module(archive, 0, NULL, 0, &id);
	if (err) {
		archive_destroy(archive);
		return err;
	}
	*ret = archive;
	return NULL;
}

void archive_destroy(struct archive *archive)
{
	if (!archive)
		return;
	arena_deinit(&archive->arena);
	vec_deinit(&archive->frames);
	idset_deinit(&archive->frame_set);
	vec_deinit(&archive->modules);
	idset_deinit(&archive->module_set);
	vec_deinit(&archive->lines);
	hmap_deinit(&archive->line_index);
	free(archive);
}

struct err *archive_define_module(struct archive *archive, uint32_t path, const uint8_t *build_id,
				  size_t build_id_size, uint32_t *ret)
{
	struct archive_module module = {.path = path, .build_id_size = build_id_size};
	uint32_t hash, id;
	struct err *err;
	size_t pos;

	if (build_id_size)
		memcpy(module.build_id, build_id, build_id_size);
	hash = module_hash(&module);
	for (pos = idset_first(&archive->module_set, hash);
	     idset_next(&archive->module_set, hash, &pos, &id);) {
		const struct archive_module *known = archive->modules.items[id];

		if (known->path == path && known->build_id_size == build_id_size &&
		    memcmp(known->build_id, module.build_id, sizeof(module.build_id)) == 0) {
			*ret = id;
			return NULL;
		}
	}
	err = add_module(archive, &module, hash);
	if (!err)
		*ret = archive->modules.num - 1;
	return err;
}

size_t archive_num_modules(const struct archive *archive)
{
	return archive->modules.num;
}

const struct archive_module *archive_get_module(const struct archive *archive, uint32_t id)
{
	return archive->modules.items[id];
}

static uint32_t frame_hash(const struct archive_frame *frame)
{
	uint64_t h = hash_u64(frame->offset ^ (uint64_t)frame->module << FRAME_ADDR_BITS);
	uint32_t i;

	for (i = 0; i < frame->num_locations; i++) {
		const struct location *l = &frame->locations[i];

		h = hash_u64(h ^ ((uint64_t)l->file << 32 | l->line));
		h = hash_u64(h ^ ((uint64_t)l->function << 32 | l->module));
		h += l->has_line * 2 + l->is_alloc_wrapper;
	}
	return (uint32_t)h;
}

static bool is_equal_location(const struct location *a, const struct location *b)
{
	return a->file == b->file && a->line == b->line && a->function == b->function &&
	       a->module == b->module && a->has_line == b->has_line &&
	       a->is_alloc_wrapper == b->is_alloc_wrapper;
}

static bool is_equal_frame(const struct archive_frame *a, const struct archive_frame *b)
{
	uint32_t i;

	if (a->num_locations != b->num_locations || a->module != b->module ||
	    a->offset != b->offset)
		return false;
	for (i = 0; i < a->num_locations; i++)
		if (!is_equal_location(&a->locations[i], &b->locations[i]))
			return false;
	return true;
}

static struct err *add_frame(struct archive *archive, const struct archive_frame *frame,
			     uint32_t hash)
{
	size_t size = frame->num_locations * sizeof(*frame->locations);
	struct archive_frame *copy;
	struct location *locations;

	if (archive->frames.num >= UINT32_MAX - 1 || !vec_reserve_one(&archive->frames) ||
	    !idset_reserve_one(&archive->frame_set))
		return &err_nomem;
	copy = arena_alloc(&archive->arena, sizeof(*copy) + size);
	if (!copy)
		return &err_nomem;
	locations = (struct location *)(copy + 1);
	memcpy(locations, frame->locations, size);
	*copy = *frame;
	copy->locations = locations;
	idset_add(&archive->frame_set, hash, archive->frames.num);
	archive->frames.items[archive->frames.num++] = copy;
	return NULL;
}

struct err *archive_define(struct archive *archive, const struct archive_frame *frame,
			   uint64_t *ret)
{
	uint32_t hash = frame_hash(frame), id;
	struct err *err;
	size_t pos;

	for (pos = idset_first(&archive->frame_set, hash);
	     idset_next(&archive->frame_set, hash, &pos, &id);) {
		if (is_equal_frame(archive->frames.items[id], frame)) {
			*ret = frame_make(FRAME_MODULE_STORED, id);
			return NULL;
		}
	}
	err = add_frame(archive, frame, hash);
	if (!err)
		*ret = frame_make(FRAME_MODULE_STORED, archive->frames.num - 1);
	return err;
}

size_t archive_num(const struct archive *archive)
{
	return archive->frames.num;
}

const struct archive_frame *archive_get(const struct archive *archive, size_t index)
{
	return archive->frames.items[index];
}

static uint64_t line_key(uint32_t file, uint32_t line)
{
	return (uint64_t)file << 32 | line;
}

struct err *archive_define_line(struct archive *archive, uint32_t file, uint32_t line,
				const char *text)
{
	uint64_t key = line_key(file, line);
	char *copy = NULL;

	if (hmap_find(&archive->line_index, key))
		return NULL;
	if (text) {
		copy = arena_alloc(&archive->arena, strlen(text) + 1);
		if (!copy || !vec_reserve_one(&archive->lines))
			return &err_nomem;
		memcpy(copy, text, strlen(text) + 1);
	}
	if (!hmap_set(&archive->line_index, key, copy ? archive->lines.num + 1 : 0))
		return &err_nomem;
	if (copy)
		archive->lines.items[archive->lines.num++] =
			(struct archive_line){file, line, copy};
	return NULL;
}

bool archive_find_line(const struct archive *archive, uint32_t file, uint32_t line,
		       const char **ret)
{
	const uint64_t *found = hmap_find(&archive->line_index, line_key(file, line));

	if (found && ret)
		*ret = *found ? archive->lines.items[*found - 1].text : NULL;
	return found != NULL;
}

size_t archive_num_lines(const struct archive *archive)
{
	return archive->lines.num;
}

const struct archive_line *archive_get_line(const struct archive *archive, size_t index)
{
	return &archive->lines.items[index];
}

static const struct archive_frame *find_frame(const struct archive *archive, uint64_t frame)
{
	if (frame_module(frame) != FRAME_MODULE_STORED || frame_addr(frame) >= archive->frames.num)
		return NULL;
	return archive->frames.items[frame_addr(frame)];
}

struct err *archive_resolve(void *ctx, uint64_t frame, const struct location **ret, size_t *num_ret)
{
	const struct archive_frame *found = find_frame(ctx, frame);

	if (!found)
		return &err_not_found;
	*ret = found->locations;
	*num_ret = found->num_locations;
	return NULL;
}

void archive_origin(void *ctx, uint64_t frame, struct frame_origin *ret)
{
	const struct archive *archive = ctx;
	const struct archive_frame *found = find_frame(archive, frame);
	const struct archive_module *module = archive->modules.items[found ? found->module : 0];

	*ret = (struct frame_origin){
		.module = strtab_get(archive->strings, module->path),
		.build_id = module->build_id,
		.build_id_size = module->build_id_size,
		.offset = found ? found->offset : 0,
	};
}

char *archive_read_line(void *ctx, const char *file, uint32_t line)
{
	struct archive *archive = ctx;
	const char *text = NULL;
	struct err *err;
	uint32_t id;

	err = strtab_intern(archive->strings, file, &id);
	if (err) {
		err_destroy(err);
		return NULL;
	}
	return archive_find_line(archive, id, line, &text) && text ? strdup(text) : NULL;
}

const struct frame_source *archive_source(const struct archive *archive)
{
	return &archive->source;
}
