// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "base/clock.h"
#include "store/store_internal.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

/** How long a call may take: CALL_NS, and a second more for so many bytes of the file. A hostile
 *  file must not keep us busy. */
#define CALL_NS        (10 * NS_PER_S)
#define BYTES_A_SECOND (20ull << 20)
#define STEPS_A_LOOK   10000

static int look_at_clock(void *ctx)
{
	const struct store *store = ctx;

	return clock_now_ns() > store->deadline_ns;
}

static uint64_t pragma_u64(struct store *store, const char *sql)
{
	sqlite3_stmt *stmt = NULL;
	uint64_t value = 0;

	if (sqlite3_prepare_v2(store->db, sql, -1, &stmt, NULL) == SQLITE_OK &&
	    sqlite3_step(stmt) == SQLITE_ROW)
		value = sqlite3_column_int64(stmt, 0);
	sqlite3_finalize(stmt);
	return value;
}

void sql_start_clock(struct store *store)
{
	uint64_t pages, page_size;

	sqlite3_progress_handler(store->db, STEPS_A_LOOK, look_at_clock, store);
	store->deadline_ns = clock_now_ns() + CALL_NS;
	pages = pragma_u64(store, "PRAGMA page_count");
	page_size = pragma_u64(store, "PRAGMA page_size");
	store->deadline_ns += pages * page_size / BYTES_A_SECOND * NS_PER_S;
}

void sql_stop_clock(struct store *store)
{
	store->deadline_ns = UINT64_MAX;
}

/** Make one harmless line of a text: SQLite's messages quote the file's own words. */
static const char *harmless(const char *text, char buf[200])
{
	size_t i;

	for (i = 0; text[i] && i < 199; i++)
		buf[i] = text[i] >= ' ' && text[i] <= '~' ? text[i] : '?';
	buf[i] = '\0';
	return buf;
}

struct err *sql_error(struct store *store)
{
	char buf[200];
	int code = sqlite3_errcode(store->db), errnum = sqlite3_system_errno(store->db);

	switch (code) {
	case SQLITE_NOMEM:
		return &err_nomem;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return err_create(ERR_OTHER, "%s: another process is writing it", store->path);
	case SQLITE_FULL:
		return err_create(ERR_OTHER, "%s: no space left on the device", store->path);
	case SQLITE_NOTADB:
	case SQLITE_CORRUPT:
	case SQLITE_TOOBIG:
	case SQLITE_ERROR:
	case SQLITE_MISMATCH:
	case SQLITE_CONSTRAINT:
		return err_create(ERR_FORMAT, "%s: is damaged: %s", store->path,
				  harmless(sqlite3_errmsg(store->db), buf));
	case SQLITE_INTERRUPT:
		return err_create(ERR_FORMAT, "%s: takes too long to read, is it damaged?",
				  store->path);
	case SQLITE_CANTOPEN:
	case SQLITE_IOERR:
	case SQLITE_PERM:
		if (errnum && errnum != ESRCH)
			return err_sys(errnum, "%s: cannot be used", store->path);
		break;
	case SQLITE_READONLY:
		return err_create(ERR_PERM, "%s: cannot be written%s", store->path,
				  sqlite3_extended_errcode(store->db) == SQLITE_READONLY_ROLLBACK
					  ? ", and has an unfinished change to be undone"
					  : "");
	default:
		break;
	}
	return err_create(ERR_OTHER, "%s: %s", store->path,
			  harmless(sqlite3_errmsg(store->db), buf));
}

struct err *sql_exec(struct store *store, const char *sql)
{
	return sqlite3_exec(store->db, sql, NULL, NULL, NULL) == SQLITE_OK ? NULL
									   : sql_error(store);
}

struct err *sql_rollback(struct store *store, struct err *err)
{
	// Some errors have ended the transaction already.
	if (!sqlite3_get_autocommit(store->db))
		sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
	return err;
}

void query_begin(struct query *query, struct store *store, const char *sql, size_t num, ...)
{
	va_list ap;
	size_t i;

	*query = (struct query){.store = store};
	if (sqlite3_prepare_v2(store->db, sql, -1, &query->stmt, NULL) != SQLITE_OK) {
		query->err = sql_error(store);
		return;
	}
	va_start(ap, num);
	for (i = 0; i < num; i++)
		sqlite3_bind_int64(query->stmt, i + 1, va_arg(ap, int64_t));
	va_end(ap);
}

bool query_next(struct query *query)
{
	int rc;

	if (query->err)
		return false;
	rc = sqlite3_step(query->stmt);
	if (rc == SQLITE_ROW)
		return true;
	if (rc != SQLITE_DONE)
		query->err = sql_error(query->store);
	return false;
}

struct err *query_end(struct query *query, struct err *err)
{
	sqlite3_finalize(query->stmt);
	query->stmt = NULL;
	if (!err)
		return query->err;
	err_destroy(query->err);
	return err;
}

void query_damaged(struct query *query, int column)
{
	if (!query->err)
		query->err = err_create(ERR_FORMAT, "%s: is damaged: bad %s", query->store->path,
					sqlite3_column_name(query->stmt, column));
}

int64_t query_i64(struct query *query, int column)
{
	if (query->err)
		return 0;
	if (sqlite3_column_type(query->stmt, column) == SQLITE_INTEGER)
		return sqlite3_column_int64(query->stmt, column);
	query_damaged(query, column);
	return 0;
}

double query_real(struct query *query, int column)
{
	if (query->err)
		return 0;
	if (sqlite3_column_type(query->stmt, column) == SQLITE_FLOAT)
		return sqlite3_column_double(query->stmt, column);
	query_damaged(query, column);
	return 0;
}

uint64_t query_u64(struct query *query, int column, uint64_t max)
{
	int64_t value = query_i64(query, column);

	if (value >= 0 && (uint64_t)value <= max)
		return value;
	query_damaged(query, column);
	return 0;
}

const char *query_text(struct query *query, int column)
{
	const char *text;
	size_t size;

	if (query->err)
		return "";
	if (sqlite3_column_type(query->stmt, column) == SQLITE_TEXT) {
		text = (const char *)sqlite3_column_text(query->stmt, column);
		size = sqlite3_column_bytes(query->stmt, column);
		if (text && size <= STORE_STRING_MAX && strlen(text) == size)
			return text;
	}
	query_damaged(query, column);
	return "";
}

bool query_is_null(struct query *query, int column)
{
	return query->err || sqlite3_column_type(query->stmt, column) == SQLITE_NULL;
}

#define QUESTIONS_23 "?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?"

static const char *const insert_sql[NUM_INSERTS] = {
	[INSERT_STRING] = "INSERT INTO string VALUES (?, ?)",
	[INSERT_MODULE] = "INSERT INTO module VALUES (?, ?, ?)",
	[INSERT_FRAME] = "INSERT INTO frame VALUES (?, ?, ?)",
	[INSERT_LOCATION] = "INSERT INTO location VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
	[INSERT_LINE] = "INSERT INTO source_line VALUES (?, ?, ?, ?)",
	[INSERT_STACK] = "INSERT INTO stack VALUES (?, ?, ?, ?)",
	[INSERT_SITE] = "INSERT INTO site VALUES (?, ?, ?, ?)",
	[INSERT_SESSION] = "INSERT INTO session VALUES (NULL, ?, ?, ?, ?, ?, ?)",
	[INSERT_SNAPSHOT] = "INSERT INTO snapshot VALUES (" QUESTIONS_23 ")",
	[INSERT_META] = "INSERT INTO snapshot_meta VALUES (?, ?, ?)",
	[INSERT_FILE_META] = "INSERT INTO meta VALUES (?, ?)",
	[INSERT_OLDER] = "INSERT INTO older_class VALUES (?, ?, ?, ?, ?, ?, ?)",
	[INSERT_SAMPLING] = "INSERT INTO sampling VALUES (?, ?, ?)",
	[INSERT_VARIANCE] = "INSERT INTO site_variance VALUES (?, ?, ?, ?, ?, ?)",
	[INSERT_VALUE] = "INSERT INTO value VALUES (?, ?, ?, ?, ?)",
};

void bind_text(sqlite3_stmt *stmt, int index, const char *text)
{
	sqlite3_bind_text(stmt, index, text ? text : "",
			  text ? (int)strnlen(text, STORE_STRING_MAX) : 0, SQLITE_STATIC);
}

sqlite3_stmt *insert_begin(struct store *store, enum insert which, struct err **err_ret)
{
	sqlite3_stmt **stmt = &store->inserts[which];

	if (!*stmt && sqlite3_prepare_v3(store->db, insert_sql[which], -1,
					 SQLITE_PREPARE_PERSISTENT, stmt, NULL) != SQLITE_OK)
		*err_ret = sql_error(store);
	return *stmt;
}

struct err *insert_end(struct store *store, sqlite3_stmt *stmt)
{
	struct err *err = sqlite3_step(stmt) == SQLITE_DONE ? NULL : sql_error(store);

	sqlite3_reset(stmt);
	return err;
}
