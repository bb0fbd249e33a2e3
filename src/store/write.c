// SPDX-License-Identifier: GPL-3.0-or-later
// Writes the rows of the mirror that the file does not have yet, in the order of their ids.
#include "config.h"

#include "store/store_internal.h"

#include <string.h>

static struct err *write_string(struct store *store, size_t id)
{
	struct err *err = NULL;
	sqlite3_stmt *stmt = insert_begin(store, INSERT_STRING, &err);

	if (!stmt)
		return err;
	sqlite3_bind_int64(stmt, 1, id);
	bind_text(stmt, 2, strtab_get(store->mirror.strings, id));
	return insert_end(store, stmt);
}

static struct err *write_module(struct store *store, size_t id)
{
	const struct archive_module *module = archive_get_module(store->mirror.archive, id);
	struct err *err = NULL;
	sqlite3_stmt *stmt = insert_begin(store, INSERT_MODULE, &err);

	if (!stmt)
		return err;
	sqlite3_bind_int64(stmt, 1, id);
	sqlite3_bind_int64(stmt, 2, module->path);
	if (module->build_id_size)
		sqlite3_bind_blob(stmt, 3, module->build_id, module->build_id_size, SQLITE_STATIC);
	else
		sqlite3_bind_null(stmt, 3);
	return insert_end(store, stmt);
}

static struct err *write_location(struct store *store, size_t frame, uint32_t depth,
				  const struct location *location)
{
	struct err *err = NULL;
	sqlite3_stmt *stmt = insert_begin(store, INSERT_LOCATION, &err);

	if (!stmt)
		return err;
	sqlite3_bind_int64(stmt, 1, frame);
	sqlite3_bind_int64(stmt, 2, depth);
	sqlite3_bind_int64(stmt, 3, location->file);
	sqlite3_bind_int64(stmt, 4, location->line);
	sqlite3_bind_int64(stmt, 5, location->function);
	sqlite3_bind_int64(stmt, 6, location->module);
	sqlite3_bind_int64(stmt, 7, location->has_line);
	sqlite3_bind_int64(stmt, 8, location->is_alloc_wrapper);
	return insert_end(store, stmt);
}

static struct err *write_frame(struct store *store, size_t id)
{
	const struct archive_frame *frame = archive_get(store->mirror.archive, id);
	struct err *err = NULL;
	sqlite3_stmt *stmt = insert_begin(store, INSERT_FRAME, &err);
	uint32_t i;

	if (!stmt)
		return err;
	sqlite3_bind_int64(stmt, 1, id);
	sqlite3_bind_int64(stmt, 2, frame->module);
	sqlite3_bind_int64(stmt, 3, frame->offset);
	err = insert_end(store, stmt);
	for (i = 0; i < frame->num_locations && !err; i++)
		err = write_location(store, id, i, &frame->locations[i]);
	return err;
}

static struct err *write_line(struct store *store, size_t id)
{
	const struct archive_line *line = archive_get_line(store->mirror.archive, id);
	struct err *err = NULL;
	sqlite3_stmt *stmt = insert_begin(store, INSERT_LINE, &err);

	if (!stmt)
		return err;
	sqlite3_bind_int64(stmt, 1, id);
	sqlite3_bind_int64(stmt, 2, line->file);
	sqlite3_bind_int64(stmt, 3, line->line);
	bind_text(stmt, 4, line->text);
	return insert_end(store, stmt);
}

static char *put_number(char *p, uint64_t number)
{
	char digits[20];
	size_t num = 0;

	do
		digits[num++] = '0' + number % 10;
	while (number /= 10);
	while (num)
		*p++ = digits[--num];
	return p;
}

/** The frames of a stack as "[1,2,3]", to be freed. NULL: out of memory. */
static char *format_frames(const struct stack *stack, size_t *size_ret)
{
	// An id has 32 bits, which are ten digits at most.
	char *text = malloc(stack->num_frames * 11 + 3), *p = text;
	uint32_t i;

	if (!text)
		return NULL;
	*p++ = '[';
	for (i = 0; i < stack->num_frames; i++) {
		if (i)
			*p++ = ',';
		p = put_number(p, frame_addr(stack_frame(stack, i)));
	}
	*p++ = ']';
	*size_ret = p - text;
	return text;
}

static struct err *write_stack(struct store *store, size_t id)
{
	struct stack stack = stacks_get(heap_stacks(store->mirror.heap), id);
	size_t size;
	_cleanup_free_ char *frames = format_frames(&stack, &size);
	struct err *err = NULL;
	sqlite3_stmt *stmt = insert_begin(store, INSERT_STACK, &err);

	if (!stmt)
		return err;
	if (!frames)
		return &err_nomem;
	sqlite3_bind_int64(stmt, 1, id);
	sqlite3_bind_int64(stmt, 2, stack.total_nframe);
	sqlite3_bind_int64(stmt, 3, (stack.flags & STACK_TRUNCATED) != 0);
	sqlite3_bind_text(stmt, 4, frames, size, SQLITE_STATIC);
	return insert_end(store, stmt);
}

static struct err *write_site(struct store *store, size_t id)
{
	const struct alloc_site *site = heap_alloc_site(store->mirror.heap, id);
	struct err *err = NULL;
	sqlite3_stmt *stmt = insert_begin(store, INSERT_SITE, &err);

	if (!stmt)
		return err;
	sqlite3_bind_int64(stmt, 1, id);
	sqlite3_bind_int64(stmt, 2, site->stack);
	sqlite3_bind_int64(stmt, 3, site->domain);
	sqlite3_bind_int64(stmt, 4, site->tid);
	return insert_end(store, stmt);
}

static struct err *write_range(struct store *store, size_t from, size_t to,
			       struct err *(*write_one)(struct store *store, size_t id))
{
	struct err *err = NULL;

	for (; from < to && !err; from++)
		err = write_one(store, from);
	return err;
}

struct err *mirror_write(struct store *store)
{
	const struct store_marks from = store->mirror.stored, to = mirror_marks(&store->mirror);
	struct err *err = write_range(store, from.strings, to.strings, write_string);

	if (!err)
		err = write_range(store, from.modules, to.modules, write_module);
	if (!err)
		err = write_range(store, from.frames, to.frames, write_frame);
	if (!err)
		err = write_range(store, from.lines, to.lines, write_line);
	if (!err)
		err = write_range(store, from.stacks, to.stacks, write_stack);
	return err ? err : write_range(store, from.sites, to.sites, write_site);
}
