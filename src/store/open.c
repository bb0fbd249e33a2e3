// SPDX-License-Identifier: GPL-3.0-or-later
// Opens and closes files. A new file gets its tables. A file that exists is checked: application,
// version, schema, structure. A file of an earlier version is brought to the present one before it
// is appended to.
#include "config.h"

#include "store/schema.h"
#include "store/store_internal.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void store_forget_heaps(struct store *store)
{
	transfer_deinit(&store->in);
	transfer_deinit(&store->out);
}

void store_forget(struct store *store)
{
	store_forget_heaps(store);
	mirror_deinit(&store->mirror);
	vec_deinit(&store->domains);
	state_deinit(&store->loaded);
	state_deinit(&store->appended);
	vec_deinit(&store->older.classes);
	variance_rows_deinit(&store->variances);
}

void store_close(struct store *store)
{
	size_t i;

	if (!store)
		return;
	store_forget(store);
	for (i = 0; i < NUM_INSERTS; i++)
		sqlite3_finalize(store->inserts[i]);
	// Make it a single file, which can be read on read-only media. This fails when somebody
	// else has it open; the last one will do it.
	if (store->is_writer && store->db) {
		sqlite3_progress_handler(store->db, 0, NULL, NULL);
		sqlite3_busy_timeout(store->db, 0);
		sqlite3_exec(store->db, "PRAGMA journal_mode = DELETE", NULL, NULL, NULL);
	}
	sqlite3_close(store->db);
	file_put(store->file);
	free(store->path);
	free(store);
}

/** The path as a URI that SQLite takes, to be freed. NULL: out of memory. */
static char *make_uri(const char *path)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789/._-";
	char *uri = malloc(strlen(path) * 3 + 32), *p = uri;

	if (!uri)
		return NULL;
	p += sprintf(p, "file:");
	for (; *path; path++)
		p += sprintf(p, strchr(plain, *path) ? "%c" : "%%%02X", (unsigned char)*path);
	sprintf(p, "?immutable=1");
	return uri;
}

static struct err *open_db(struct store *store, const char *path, enum store_file_mode mode)
{
	_cleanup_free_ char *uri = mode == FILE_STILL ? make_uri(path) : NULL;
	const char *vfs = mode == FILE_STILL_WAL ? "unix-none" : NULL;
	int flags = store->is_writer
			    ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOFOLLOW
			    : SQLITE_OPEN_READONLY;

	if (mode == FILE_STILL && !uri)
		return &err_nomem;
	if (uri)
		flags |= SQLITE_OPEN_URI;
	if (sqlite3_open_v2(uri ? uri : path, &store->db, flags | SQLITE_OPEN_PRIVATECACHE, vfs) !=
	    SQLITE_OK)
		return store->db ? sql_error(store) : &err_nomem;
	sqlite3_busy_timeout(store->db, STORE_BUSY_MS);
	return NULL;
}

// Do what https://www.sqlite.org/security.html recommends for files that are not trusted.
static struct err *defend(struct store *store)
{
	static const struct {
		int id;
		int value;
	} limits[] = {
		{SQLITE_LIMIT_LENGTH, 4 << 20},
		{SQLITE_LIMIT_SQL_LENGTH, 100000},
		{SQLITE_LIMIT_COLUMN, 500},
		{SQLITE_LIMIT_EXPR_DEPTH, 100},
		{SQLITE_LIMIT_COMPOUND_SELECT, 50},
		{SQLITE_LIMIT_VDBE_OP, 25000},
		{SQLITE_LIMIT_FUNCTION_ARG, 20},
		{SQLITE_LIMIT_ATTACHED, 0},
		{SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 50},
		{SQLITE_LIMIT_VARIABLE_NUMBER, 100},
		{SQLITE_LIMIT_TRIGGER_DEPTH, 1},
	};
	sqlite3 *db = store->db;
	size_t i;

	for (i = 0; i < sizeof(limits) / sizeof(*limits); i++)
		sqlite3_limit(db, limits[i].id, limits[i].value);
	sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
	sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_VIEW, 0, NULL);
	sqlite3_db_config(db, SQLITE_DBCONFIG_DQS_DML, 0, NULL);
	sqlite3_db_config(db, SQLITE_DBCONFIG_DQS_DDL, 0, NULL);
	if (!store->is_writer)
		sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
	return sql_exec(store, "PRAGMA cell_size_check = ON; PRAGMA mmap_size = 0");
}

static struct err *check_pragma(struct store *store, const char *sql, int64_t min, int64_t max,
				int64_t *ret)
{
	struct query q;
	int64_t value = -1;

	query_begin(&q, store, sql, 0);
	if (query_next(&q))
		value = query_i64(&q, 0);
	*ret = value;
	if (!q.err && (value < min || value > max))
		q.err = err_create(ERR_FORMAT, "%s: is damaged: bad header", store->path);
	return query_end(&q, NULL);
}

/** Check that the tables are there, exactly as this build makes them: no views, no virtual tables,
 *  no computed columns. */
static struct err *check_schema(struct store *store)
{
	const struct schema_table *table;
	size_t num_found = 0, num_tables = 0;
	struct query q;

	for (table = schema_tables; table->name; table++)
		num_tables += table->since <= store->version;
	query_begin(&q, store, "SELECT name, sql FROM sqlite_master WHERE type = 'table'", 0);
	while (query_next(&q)) {
		const char *name = query_text(&q, 0), *sql;

		for (table = schema_tables; table->name; table++)
			if (strcmp(table->name, name) == 0)
				break;
		if (!table->name || table->since > store->version)
			continue;
		sql = query_text(&q, 1);
		if (!q.err && strcmp(sql, table->sql) != 0)
			q.err = err_create(ERR_FORMAT, "%s: its table %s has the wrong definition",
					   store->path, table->name);
		num_found++;
	}
	if (!q.err && num_found != num_tables)
		q.err = err_create(ERR_FORMAT, "%s: a table is missing", store->path);
	return query_end(&q, NULL);
}

struct err *store_check_version(struct store *store)
{
	int64_t version = 0;
	struct err *err = check_pragma(store, "PRAGMA user_version", 1, STORE_VERSION, &version);

	if (err || version == store->version)
		return err;
	store->version = (int)version;
	return check_schema(store);
}

static struct err *has_log(struct store *store, bool *ret)
{
	struct query q;

	query_begin(&q, store, "PRAGMA journal_mode", 0);
	if (query_next(&q))
		*ret = strcmp(query_text(&q, 0), "wal") == 0;
	return query_end(&q, NULL);
}

// SQLite reads the missing part of a last page as zeros. While there is a log, the file may end in
// the middle of a page.
static struct err *check_size(struct store *store)
{
	sqlite3_file *file = NULL;
	sqlite3_int64 size = 0;
	int64_t page_size;
	bool is_log = false;
	struct err *err = has_log(store, &is_log);

	if (err || is_log)
		return err;
	err = check_pragma(store, "PRAGMA page_size", 512, 65536, &page_size);
	if (err)
		return err;
	if (sqlite3_file_control(store->db, "main", SQLITE_FCNTL_FILE_POINTER, &file) ==
		    SQLITE_OK &&
	    file->pMethods && file->pMethods->xFileSize(file, &size) == SQLITE_OK &&
	    size % page_size)
		return err_create(ERR_FORMAT, "%s: is damaged or cut off", store->path);
	return NULL;
}

static struct err *check_structure(struct store *store)
{
	struct query q;
	const char *text;

	query_begin(&q, store, "PRAGMA quick_check(1)", 0);
	while (query_next(&q)) {
		text = query_text(&q, 0);
		if (!q.err && strcmp(text, "ok") != 0)
			q.err = err_create(ERR_FORMAT, "%s: is damaged or cut off", store->path);
	}
	return query_end(&q, NULL);
}

static struct err *check_all(struct store *store)
{
	int64_t id = STORE_APPLICATION_ID;
	struct err *err = check_pragma(store, "PRAGMA application_id", id, id, &id);

	store->version = 0;
	if (!err)
		err = store_check_version(store);
	if (!err)
		err = check_size(store);
	return err ? err : check_structure(store);
}

static struct err *open_read(struct store *store)
{
	_cleanup_free_ char *path = NULL;
	enum store_file_mode mode;
	struct err *err = file_get(store->path, true, &mode, &path, &store->file);

	if (!err)
		err = open_db(store, path, mode);
	if (!err)
		err = defend(store);
	// Before the first access, so that the index of the log is kept in memory and not in a
	// file.
	if (!err && mode == FILE_STILL_WAL)
		err = sql_exec(store, "PRAGMA locking_mode = EXCLUSIVE");
	if (err)
		return err;
	sql_start_clock(store);
	err = sql_exec(store, "PRAGMA query_only = ON; BEGIN");
	if (!err)
		err = check_all(store);
	if (!err)
		err = sql_exec(store, "COMMIT");
	return err ? sql_rollback(store, err) : NULL;
}

static struct err *create_tables(struct store *store)
{
	const struct schema_table *table;
	struct err *err = NULL;

	for (table = schema_tables; table->name && !err; table++)
		err = sql_exec(store, table->sql);
	return err ? err : sql_exec(store, schema_extras);
}

static struct err *write_head(struct store *store)
{
	_cleanup_free_ char *sql = NULL;
	int len;

	len = asprintf(&sql,
		       "INSERT INTO meta VALUES ('format', 'malloscope snapshots %d'),"
		       " ('writer', '" PACKAGE_STRING "');"
		       "PRAGMA application_id = %d; PRAGMA user_version = %d",
		       STORE_VERSION, STORE_APPLICATION_ID, STORE_VERSION);
	if (len < 0) {
		sql = NULL;
		return &err_nomem;
	}
	return sql_exec(store, sql);
}

/** Bring a file of an earlier version to the present one. */
static struct err *upgrade(struct store *store)
{
	const struct schema_table *table;
	_cleanup_free_ char *sql = NULL;
	struct err *err = NULL;

	for (table = schema_tables; table->name && !err; table++)
		if (table->since > store->version)
			err = sql_exec(store, table->sql);
	if (err || store->version == STORE_VERSION)
		return err;
	if (asprintf(&sql,
		     "UPDATE meta SET value = 'malloscope snapshots %d' WHERE key = 'format';"
		     "PRAGMA user_version = %d",
		     STORE_VERSION, STORE_VERSION) < 0) {
		sql = NULL;
		return &err_nomem;
	}
	return sql_exec(store, sql);
}

static bool is_empty(struct store *store, struct err **err_ret)
{
	int64_t num = -1;
	struct query q;

	query_begin(&q, store, "SELECT count(*) FROM sqlite_master", 0);
	if (query_next(&q))
		num = query_i64(&q, 0);
	*err_ret = query_end(&q, NULL);
	return !*err_ret && num == 0;
}

// Another process may create the same file now. A killed one may have left it half made, which
// SQLite undoes.
static struct err *create_or_check(struct store *store)
{
	struct err *err = sql_exec(store, "BEGIN IMMEDIATE");
	bool is_new;

	if (err)
		return err;
	is_new = is_empty(store, &err);
	if (!err && is_new) {
		err = create_tables(store);
		if (!err)
			err = write_head(store);
	} else if (!err) {
		err = check_all(store);
		if (!err)
			err = upgrade(store);
	}
	if (!err)
		err = sql_exec(store, "COMMIT");
	if (err)
		return sql_rollback(store, err);
	store->version = STORE_VERSION;
	return NULL;
}

static struct err *open_prepared(struct store *store)
{
	_cleanup_free_ char *path = NULL, *path_again = NULL;
	enum store_file_mode mode;
	struct err *err = file_get(store->path, false, &mode, &path, &store->file);

	if (!err)
		err = open_db(store, path, FILE_LOCKED);
	if (!err)
		err = defend(store);
	if (err)
		return err;
	sql_start_clock(store);
	err = create_or_check(store);
	// From here on the file exists, and SQLite holds locks on it.
	if (!err && !store->file)
		err = file_get(path, true, &mode, &path_again, &store->file);
	// Where WAL is not possible (some network file systems), the usual journal serves, but
	// readers have to wait. The query makes -wal and -shm, by which readers see that the file
	// is being written.
	if (!err)
		err = sql_exec(store, "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;"
				      "PRAGMA cache_size = -16384; SELECT count(*) FROM meta");
	return err;
}

static struct err *open_append(struct store *store)
{
	bool is_created = false;
	struct stat st;
	struct err *err = file_prepare(store->path, &is_created);

	if (!err)
		err = open_prepared(store);
	// Remove what we created, unless another process has written to it meanwhile.
	if (err && is_created && stat(store->path, &st) == 0 && !st.st_size)
		unlink(store->path);
	return err;
}

static struct err *open_any(const char *path, bool is_writer, struct store **ret)
{
	struct store *store = calloc(1, sizeof(*store));
	struct err *err = &err_nomem;

	if (store && (store->path = strdup(path))) {
		store->is_writer = is_writer;
		err = is_writer ? open_append(store) : open_read(store);
	}
	if (err) {
		// Nothing was changed, and closing must change nothing either.
		if (store)
			store->is_writer = false;
		store_close(store);
		return err;
	}
	*ret = store;
	return NULL;
}

struct err *store_open_append(const char *path, struct store **ret)
{
	return open_any(path, true, ret);
}

struct err *store_open_read(const char *path, struct store **ret)
{
	return open_any(path, false, ret);
}
