// SPDX-License-Identifier: GPL-3.0-or-later
// The size classes of freed older blocks (heap/older.h). All of them are written for each snapshot:
// they are few, unlike sites.
#include "config.h"

#include "store/store_internal.h"

static struct err *write_class(struct store *store, int64_t snapshot,
			       const struct older_class *class)
{
	const uint64_t numbers[] = {class->usable,           class->low,
				    class->freed_blocks,     class->freed_usable,
				    class->traced_requested, class->traced_usable};
	struct err *err = NULL;
	sqlite3_stmt *stmt = insert_begin(store, INSERT_OLDER, &err);
	size_t i;

	if (!stmt)
		return err;
	sqlite3_bind_int64(stmt, 1, snapshot);
	for (i = 0; i < sizeof(numbers) / sizeof(*numbers); i++)
		sqlite3_bind_int64(stmt, i + 2, (int64_t)numbers[i]);
	return insert_end(store, stmt);
}

struct err *older_write(struct store *store, int64_t id, const struct snapshot *snapshot)
{
	const struct older_class unsized = {.freed_blocks = snapshot->older_unsized};
	struct err *err = NULL;
	size_t i;

	if (unsized.freed_blocks)
		err = write_class(store, id, &unsized);
	for (i = 0; i < snapshot->num_older && !err; i++)
		err = write_class(store, id, &snapshot->older[i]);
	return err;
}

static struct err *add_class(struct older_rows *rows, const struct older_class *class)
{
	if (!class->usable) {
		rows->unsized = class->freed_blocks;
		return NULL;
	}
	return vec_push(&rows->classes, *class) ? NULL : &err_nomem;
}

static void read_class(struct query *q, struct older_class *ret)
{
	*ret = (struct older_class){
		.usable = query_u64(q, 0, BLOCK_SIZE_MAX + 1),
		.freed_blocks = query_u64(q, 2, INT64_MAX),
		.freed_usable = query_u64(q, 3, INT64_MAX),
		.traced_usable = query_u64(q, 5, INT64_MAX),
	};
	ret->low = query_u64(q, 1, ret->usable);
	ret->traced_requested = query_u64(q, 4, ret->traced_usable);
	if (!ret->freed_blocks)
		query_damaged(q, 2);
	if (!ret->usable && (ret->freed_usable || ret->traced_usable))
		query_damaged(q, 0);
}

struct err *older_read(struct store *store, int64_t id)
{
	struct older_rows *rows = &store->older;
	int64_t blocks = 0, bytes = 0;
	struct err *err = NULL;
	struct older_class class;
	struct query q;

	vec_deinit(&rows->classes);
	rows->unsized = 0;
	if (store->version < STORE_VERSION_OLDER)
		return NULL;
	query_begin(&q, store,
		    "SELECT usable AS \"older_class.usable\", low AS \"older_class.low\","
		    " freed_blocks AS \"older_class.freed_blocks\","
		    " freed_usable AS \"older_class.freed_usable\","
		    " traced_requested AS \"older_class.traced_requested\","
		    " traced_usable AS \"older_class.traced_usable\""
		    " FROM older_class WHERE snapshot = ? ORDER BY usable",
		    1, id);
	while (!err && query_next(&q)) {
		read_class(&q, &class);
		// A row shows their sums, which must not overflow.
		if (__builtin_add_overflow(blocks, class.freed_blocks, &blocks))
			query_damaged(&q, 2);
		if (__builtin_add_overflow(bytes, class.freed_usable, &bytes))
			query_damaged(&q, 3);
		if (!q.err)
			err = add_class(rows, &class);
	}
	return query_end(&q, err);
}
