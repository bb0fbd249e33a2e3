// SPDX-License-Identifier: GPL-3.0-or-later
// The mirror: what all snapshots of a file share (strings, modules, frames, source lines, stacks,
// sites), in memory. Reading it is the larger part of opening a file, so a handle reads it once and
// then only what came since.
#include "config.h"

#include "store/store_internal.h"

#include <string.h>

void mirror_deinit(struct mirror *m)
{
	heap_destroy(m->heap);
	archive_destroy(m->archive);
	strtab_destroy(m->strings);
	vec_deinit(&m->string_hashes);
	vec_deinit(&m->frame_hashes);
	vec_deinit(&m->stack_hashes);
	*m = (struct mirror){0};
}

static struct err *mirror_init(struct mirror *m)
{
	struct err *err = NULL;

	if (!m->strings)
		err = strtab_create(&m->strings);
	if (!err && !m->archive)
		err = archive_create(m->strings, &m->archive);
	if (!err && !m->heap)
		err = heap_create(&m->heap);
	return err;
}

struct store_marks mirror_marks(const struct mirror *m)
{
	return (struct store_marks){
		.strings = strtab_num(m->strings),
		.modules = archive_num_modules(m->archive),
		.frames = archive_num(m->archive),
		.lines = archive_num_lines(m->archive),
		.stacks = stacks_num(heap_stacks(m->heap)),
		.sites = heap_num_alloc_sites(m->heap),
	};
}

// The rows of shared tables have the ids 0, 1, 2, ... and no content occurs twice. So an id in
// memory is the id in the file. A file in which this does not hold was not written by us.

static struct err *read_strings(struct store *store)
{
	struct mirror *m = &store->mirror;
	struct err *err = NULL;
	struct query q;
	uint32_t id;

	query_begin(&q, store,
		    "SELECT id AS \"string.id\", text AS \"string.text\" FROM string"
		    " WHERE id >= ? ORDER BY id",
		    1, (int64_t)m->stored.strings);
	while (!err && query_next(&q)) {
		err = strtab_intern(m->strings, query_text(&q, 1), &id);
		if (!err && (query_i64(&q, 0) != id || id != m->stored.strings))
			query_damaged(&q, 0);
		m->stored.strings++;
	}
	return query_end(&q, err);
}

static struct err *read_modules(struct store *store)
{
	struct mirror *m = &store->mirror;
	struct err *err = NULL;
	struct query q;
	uint32_t id;

	query_begin(&q, store,
		    "SELECT id AS \"module.id\", path AS \"module.path\", build_id AS"
		    " \"module.build_id\" FROM module WHERE id >= ? ORDER BY id",
		    1, (int64_t)m->stored.modules);
	while (!err && query_next(&q)) {
		uint32_t path = query_u64(&q, 1, m->stored.strings - 1);
		const void *build_id = NULL;
		size_t size = 0;

		if (!query_is_null(&q, 2)) {
			build_id = sqlite3_column_blob(q.stmt, 2);
			size = sqlite3_column_bytes(q.stmt, 2);
		}
		if (size > BUILD_ID_MAX || (size && !build_id))
			query_damaged(&q, 2);
		if (q.err)
			break;
		err = archive_define_module(m->archive, path, build_id, size, &id);
		if (!err && (query_i64(&q, 0) != id || id != m->stored.modules))
			query_damaged(&q, 0);
		m->stored.modules++;
	}
	return query_end(&q, err);
}

/** The frame whose rows are being read. */
struct building {
	struct archive_frame frame;
	VEC(struct location) locations;
};

static struct err *finish_frame(struct store *store, struct building *b)
{
	struct mirror *m = &store->mirror;
	struct err *err;
	uint64_t frame;

	if (!b->locations.num)
		return NULL;
	b->frame.locations = b->locations.items;
	b->frame.num_locations = b->locations.num;
	b->locations.num = 0;
	err = archive_define(m->archive, &b->frame, &frame);
	if (!err && frame_addr(frame) != m->stored.frames)
		err = err_create(ERR_FORMAT, "%s: is damaged: bad frame.id", store->path);
	m->stored.frames++;
	return err;
}

static struct location read_location(struct query *q, const struct mirror *m)
{
	uint64_t max = m->stored.strings - 1;

	return (struct location){
		.file = query_u64(q, 4, max),
		.line = query_u64(q, 5, UINT32_MAX),
		.function = query_u64(q, 6, max),
		.module = query_u64(q, 7, max),
		.has_line = query_u64(q, 8, 1),
		.is_alloc_wrapper = query_u64(q, 9, 1),
	};
}

static struct err *read_frame_row(struct store *store, struct query *q, struct building *b)
{
	struct mirror *m = &store->mirror;
	struct err *err = NULL;
	uint64_t depth = query_u64(q, 3, STORE_LOCATIONS_MAX - 1);

	if (!q->err && depth == 0)
		err = finish_frame(store, b);
	if (err)
		return err;
	if (depth != b->locations.num || (uint64_t)query_i64(q, 0) != m->stored.frames)
		query_damaged(q, 3);
	b->frame.module = query_u64(q, 1, m->stored.modules - 1);
	b->frame.offset = query_u64(q, 2, FRAME_ADDR_MASK);
	return vec_push(&b->locations, read_location(q, m)) ? NULL : &err_nomem;
}

static struct err *read_frames(struct store *store)
{
	struct mirror *m = &store->mirror;
	struct building b = {0};
	struct err *err = NULL;
	struct query q;

	query_begin(&q, store,
		    "SELECT f.id AS \"frame.id\", f.module AS \"frame.module\","
		    " f.offset AS \"frame.offset\", l.depth AS \"location.depth\","
		    " l.file AS \"location.file\", l.line AS \"location.line\","
		    " l.function AS \"location.function\", l.module AS \"location.module\","
		    " l.has_line AS \"location.has_line\","
		    " l.is_plumbing AS \"location.is_plumbing\""
		    " FROM frame f LEFT JOIN location l ON l.frame = f.id"
		    " WHERE f.id >= ? ORDER BY f.id, l.depth",
		    1, (int64_t)m->stored.frames);
	while (!err && query_next(&q))
		err = read_frame_row(store, &q, &b);
	if (!err && !q.err)
		err = finish_frame(store, &b);
	vec_deinit(&b.locations);
	return query_end(&q, err);
}

static struct err *read_lines(struct store *store)
{
	struct mirror *m = &store->mirror;
	struct err *err = NULL;
	struct query q;

	query_begin(&q, store,
		    "SELECT id AS \"source_line.id\", file AS \"source_line.file\","
		    " line AS \"source_line.line\", text AS \"source_line.text\""
		    " FROM source_line WHERE id >= ? ORDER BY id",
		    1, (int64_t)m->stored.lines);
	while (!err && query_next(&q)) {
		uint32_t file = query_u64(&q, 1, m->stored.strings - 1);
		uint32_t line = query_u64(&q, 2, UINT32_MAX);

		if ((uint64_t)query_i64(&q, 0) != m->stored.lines ||
		    archive_find_line(m->archive, file, line, NULL))
			query_damaged(&q, 0);
		err = archive_define_line(m->archive, file, line, query_text(&q, 3));
		m->stored.lines++;
	}
	return query_end(&q, err);
}

struct frames {
	VEC(uint64_t) items;
};

/** Parse "[1,2,3]" as we write it. False: it is not so, or names a frame that is not there; or,
 *  with *is_nomem, no memory. */
static bool parse_frames(const char *text, uint64_t num_frames, struct frames *ret, bool *is_nomem)
{
	uint64_t index;

	ret->items.num = 0;
	if (*text++ != '[')
		return false;
	do {
		if (*text < '0' || *text > '9' || ret->items.num == STACK_TOTAL_MAX)
			return false;
		for (index = 0; *text >= '0' && *text <= '9'; text++) {
			index = index * 10 + (*text - '0');
			if (index >= num_frames)
				return false;
		}
		if (!vec_push(&ret->items, frame_make(FRAME_MODULE_STORED, index))) {
			*is_nomem = true;
			return false;
		}
	} while (*text++ == ',');
	return text[-1] == ']' && !*text;
}

static struct err *read_stack_row(struct store *store, struct query *q, struct frames *frames)
{
	struct mirror *m = &store->mirror;
	uint64_t total = query_u64(q, 1, STACK_TOTAL_MAX), flags = query_u64(q, 2, 1);
	bool is_nomem = false;
	struct err *err;
	uint32_t id;

	if (!parse_frames(query_text(q, 3), m->stored.frames, frames, &is_nomem)) {
		query_damaged(q, 3);
		return is_nomem ? &err_nomem : NULL;
	}
	if (total < frames->items.num)
		query_damaged(q, 1);
	if (q->err)
		return NULL;
	err = stacks_intern(heap_stacks(m->heap), frames->items.items, frames->items.num, total,
			    flags ? STACK_TRUNCATED : 0, &id);
	if (!err && (query_i64(q, 0) != id || id != m->stored.stacks))
		query_damaged(q, 0);
	m->stored.stacks++;
	return err;
}

static struct err *read_stacks(struct store *store)
{
	struct frames frames = {0};
	struct err *err = NULL;
	struct query q;

	query_begin(&q, store,
		    "SELECT id AS \"stack.id\", total_nframe AS \"stack.total_nframe\","
		    " is_truncated AS \"stack.is_truncated\", frames AS \"stack.frames\""
		    " FROM stack WHERE id >= ? ORDER BY id",
		    1, (int64_t)store->mirror.stored.stacks);
	while (!err && query_next(&q))
		err = read_stack_row(store, &q, &frames);
	vec_deinit(&frames.items);
	return query_end(&q, err);
}

static struct err *read_sites(struct store *store)
{
	struct mirror *m = &store->mirror;
	struct err *err = NULL;
	struct query q;
	uint32_t id;

	query_begin(&q, store,
		    "SELECT id AS \"site.id\", stack AS \"site.stack\", domain AS \"site.domain\","
		    " thread AS \"site.thread\" FROM site WHERE id >= ? ORDER BY id",
		    1, (int64_t)m->stored.sites);
	while (!err && query_next(&q)) {
		uint32_t stack = query_u64(&q, 1, UINT32_MAX);
		uint32_t domain = query_u64(&q, 2, UINT32_MAX);
		int64_t thread = query_i64(&q, 3);

		if (stack >= m->stored.stacks)
			query_damaged(&q, 1);
		if (thread < INT32_MIN || thread > INT32_MAX)
			query_damaged(&q, 3);
		if (q.err)
			break;
		err = heap_define_alloc_site(m->heap, stack, domain, (int32_t)thread, &id);
		if (!err && (query_i64(&q, 0) != id || id != m->stored.sites))
			query_damaged(&q, 0);
		m->stored.sites++;
	}
	return query_end(&q, err);
}

struct err *mirror_is_current(struct store *store, bool *ret)
{
	static const char sql[] = "SELECT (SELECT coalesce(max(id), -1) + 1 FROM string),"
				  " (SELECT coalesce(max(id), -1) + 1 FROM module),"
				  " (SELECT coalesce(max(id), -1) + 1 FROM frame),"
				  " (SELECT coalesce(max(id), -1) + 1 FROM source_line),"
				  " (SELECT coalesce(max(id), -1) + 1 FROM stack),"
				  " (SELECT coalesce(max(id), -1) + 1 FROM site)";
	const struct store_marks *stored = &store->mirror.stored;
	bool is_current = false;
	struct query q;
	struct err *err;

	query_begin(&q, store, sql, 0);
	if (query_next(&q))
		is_current = (size_t)query_i64(&q, 0) == stored->strings &&
			     (size_t)query_i64(&q, 1) == stored->modules &&
			     (size_t)query_i64(&q, 2) == stored->frames &&
			     (size_t)query_i64(&q, 3) == stored->lines &&
			     (size_t)query_i64(&q, 4) == stored->stacks &&
			     (size_t)query_i64(&q, 5) == stored->sites;
	err = query_end(&q, NULL);
	if (!err)
		*ret = is_current;
	return err;
}

struct err *mirror_refresh(struct store *store)
{
	struct mirror *m = &store->mirror;
	struct store_marks marks;
	bool is_current;
	struct err *err = mirror_init(m);

	if (!err)
		err = mirror_is_current(store, &is_current);
	if (err || is_current)
		return err;
	marks = mirror_marks(m);
	if (m->stored.strings && memcmp(&marks, &m->stored, sizeof(marks)) != 0)
		return &err_stop;
	err = read_strings(store);
	// The rows of id 0 are always there.
	if (!err && !m->stored.strings)
		err = err_create(ERR_FORMAT, "%s: is damaged: no string 0", store->path);
	if (!err)
		err = read_modules(store);
	if (!err && !m->stored.modules)
		err = err_create(ERR_FORMAT, "%s: is damaged: no module 0", store->path);
	if (!err)
		err = read_frames(store);
	if (!err)
		err = read_lines(store);
	if (!err)
		err = read_stacks(store);
	if (!err)
		err = read_sites(store);
	return err ? err : domains_read(store);
}
