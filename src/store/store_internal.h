// SPDX-License-Identifier: GPL-3.0-or-later
/** Private parts of the store, file by file. Layers of the work, lowest first: files.c (may the
 *  file be opened?), sql.c (SQLite with our errors), mirror.c (what all snapshots share, in
 *  memory), transfer.c (from a heap into the mirror and back), state.c and older.c (the counters of
 *  one snapshot), then append.c with write.c, load.c, and open.c. */
#ifndef STORE_STORE_INTERNAL_H
#define STORE_STORE_INTERNAL_H

#include "base/hmap.h"
#include "base/vec.h"
#include "store/schema.h"
#include "store/store.h"
#include "store/variance.h"

#include <sqlite3.h>

/** The longest text, and the most locations of a frame, that are read. What is written is cut to
 *  that. */
#define STORE_STRING_MAX    (1u << 20)
#define STORE_LOCATIONS_MAX 1024u
/** Longest source line that is kept, in bytes. */
#define STORE_LINE_MAX 1024u
/** How long a call waits for another process that writes, in ms. */
#define STORE_BUSY_MS 10000

/** How many rows each shared table has. These are also the ids that the next new rows get. */
struct store_marks {
	size_t strings;
	size_t modules;
	size_t frames;
	size_t lines;
	size_t stacks;
	size_t sites;
};

/** The shared tables in memory. Every id is the one in the file: ids of strings in strings; of
 *  modules, frames (their index) and lines in archive; of stacks and sites in heap. The counters of
 *  heap are not used. */
struct mirror {
	struct strtab *strings;
	struct archive *archive;
	struct heap *heap;
	/** What the file has of them; the rest is about to be written. */
	struct store_marks stored;
	/** Hashes of contents, by id; see checksum.c. */
	VEC(uint64_t) string_hashes;
	VEC(uint64_t) frame_hashes;
	VEC(uint64_t) stack_hashes;
};

/** The counters of an allocation site as they are stored. freed = total - live. */
struct value {
	int64_t live_bytes;
	int64_t live_blocks;
	int64_t freed_bytes;
	int64_t freed_blocks;
};

/** The values of one stored snapshot, by site. Sites behind the end have zeros. */
struct state {
	/** The snapshot and its base; 0: none. */
	int64_t snapshot;
	int64_t base;
	/** Where its own values end. */
	int64_t last_value;
	/** Rows of values from the base up to this snapshot. */
	uint64_t num_rows;
	VEC(struct value) values;
};

/** The freed older blocks of one stored snapshot, as in struct snapshot. */
struct older_rows {
	VEC(struct older_class) classes;
	uint64_t unsized;
};

/** Sites, stacks and frames of one heap (src) that are entered into another (dst). The maps
 *  translate ids. */
struct store;

struct transfer {
	const struct heap *src;
	const struct frame_source *source;
	struct heap *dst;
	struct archive *archive;
	/** The number in dst of a domain of src. */
	struct err *(*map_domain)(struct store *store, uint32_t domain, uint32_t *ret);
	struct store *store;
	/** src frame -> dst frame. */
	struct hmap frames;
	/** src id -> dst id + 1; 0: not entered yet. */
	VEC(uint32_t) strings;
	VEC(uint32_t) stacks;
	VEC(uint32_t) sites;
	/** The stack and the frame that are being put together. */
	VEC(uint64_t) stack;
	VEC(struct location) locations;
};

/** A domain that the user named, in a file: row `domain.ID` of the table meta. */
struct file_domain {
	uint32_t id;
	/** Its number in this process. */
	uint32_t here;
	/** Not written yet. */
	bool is_new;
};

enum insert {
	INSERT_STRING,
	INSERT_MODULE,
	INSERT_FRAME,
	INSERT_LOCATION,
	INSERT_LINE,
	INSERT_STACK,
	INSERT_SITE,
	INSERT_SESSION,
	INSERT_SNAPSHOT,
	INSERT_META,
	INSERT_FILE_META,
	INSERT_VALUE,
	INSERT_OLDER,
	INSERT_SAMPLING,
	INSERT_VARIANCE,
	NUM_INSERTS,
};

struct store {
	char *path;
	sqlite3 *db;
	bool is_writer;
	/** The version of the file's format when it was last looked at. */
	int version;
	/** The file in the list of files.c; NULL: it is not in the list. */
	struct store_file *file;
	/** When the present call is given up: CLOCK_MONOTONIC in ns. */
	uint64_t deadline_ns;
	struct mirror mirror;
	VEC(struct file_domain) domains;
	/** The snapshot that was loaded last, and the one that this handle appended last. */
	struct state loaded;
	struct state appended;
	/** The older blocks of the snapshot that was loaded last. */
	struct older_rows older;
	struct variance_rows variances;
	/** in: from the appended heap into the mirror. out: from the mirror into the heap of
	 *  store_load(). */
	struct transfer in;
	struct transfer out;
	/** Prepared when first used. */
	sqlite3_stmt *inserts[NUM_INSERTS];
};

/* files.c: which file, and is it ours? */

/** How a file may be opened. */
enum store_file_mode {
	/** It does not exist, or it is empty. */
	FILE_NEW,
	/** Open it with locks, as usual. */
	FILE_LOCKED,
	/** Open it without any lock: no process can be writing it, and no file may appear in its
	 *  directory. */
	FILE_STILL,
	/** The same, but a log (-wal) must be read with it. */
	FILE_STILL_WAL,
};

struct store_file;

/** Prepare a file that is to be appended to. It and SQLite's files beside it must be ours
 *  (base/create.h). A file that does not exist is created. */
struct err *file_prepare(const char *path, bool *is_created_ret) __must_check;
/** Look at a file before SQLite does. It must be regular, and not of another application or
 *  version; *mode_ret says how to open it. The file is kept in *ret until file_put(). With
 *  must_exist, a missing or an empty file is an error. Otherwise it is FILE_NEW; *ret is NULL when
 *  it is missing. path_ret: the canonical path, to be freed. */
struct err *file_get(const char *path, bool must_exist, enum store_file_mode *mode_ret,
		     char **path_ret, struct store_file **ret) __must_check;
/** Give the file back, after SQLite has closed its descriptors. NULL is fine. */
void file_put(struct store_file *file);

/* domains.c: names of the user's domains, which have other numbers in each process. */

/** Read the names from the file. */
struct err *domains_read(struct store *store) __must_check;
/** Write the names that are new. */
struct err *domains_write(struct store *store) __must_check;
/** Translate the number of a domain in this process to its number in the file, which may be a new
 *  one; and back. A domain without a name keeps its number. */
struct err *domains_to_file(struct store *store, uint32_t domain, uint32_t *ret) __must_check;
struct err *domains_from_file(struct store *store, uint32_t domain, uint32_t *ret) __must_check;

/* sql.c: SQLite with our errors. */

/** The present error of the connection: "PATH: what went wrong". Never NULL. */
struct err *sql_error(struct store *store) __must_check;
/** Run statements whose results do not matter. */
struct err *sql_exec(struct store *store, const char *sql) __must_check;
/** End a transaction after an error. Returns that error. */
struct err *sql_rollback(struct store *store, struct err *err) __must_check;
/** Start and stop the clock that limits the time of a call: a hostile file must not keep us
 *  busy. */
void sql_start_clock(struct store *store);
void sql_stop_clock(struct store *store);

/** A query whose values are not trusted. The first error is kept in err. After it, query_next() is
 *  always false, and the getters return 0 and "". */
struct query {
	struct store *store;
	sqlite3_stmt *stmt;
	struct err *err;
};

/** Prepare a query and bind num integers (int64_t). Give it to query_end(). */
void query_begin(struct query *query, struct store *store, const char *sql, size_t num, ...);
/** The next row. False: no more, or an error. */
bool query_next(struct query *query);
/** Finalize the query. Returns err if that is not NULL, or else the query's own error. */
struct err *query_end(struct query *query, struct err *err) __must_check;
/** An integer in [0, max]; any other value is an error. */
uint64_t query_u64(struct query *query, int column, uint64_t max);
int64_t query_i64(struct query *query, int column);
/** A number with a point that floats. */
double query_real(struct query *query, int column);
/** A text without NUL of at most STORE_STRING_MAX bytes; valid until the next row. */
const char *query_text(struct query *query, int column);
bool query_is_null(struct query *query, int column);
/** Note the error that this column is damaged. */
void query_damaged(struct query *query, int column);

/** Bind a text, cut to STORE_STRING_MAX; NULL is "". It must live until the statement has run. */
void bind_text(sqlite3_stmt *stmt, int index, const char *text);
/** The INSERT statement of a table, prepared on first use. NULL: *err_ret says why. */
sqlite3_stmt *insert_begin(struct store *store, enum insert which, struct err **err_ret);
/** Run the statement. */
struct err *insert_end(struct store *store, sqlite3_stmt *stmt) __must_check;

/* mirror.c */

/** Free everything. The mirror is empty and usable again. */
void mirror_deinit(struct mirror *mirror);
/** Read what the file got since the last time; the first time, everything. &err_stop: the file got
 *  something, and memory holds something that is not written yet. The caller must then forget all
 *  and begin anew. */
struct err *mirror_refresh(struct store *store) __must_check;
/** Tell whether the mirror holds all that the file has now. */
struct err *mirror_is_current(struct store *store, bool *ret) __must_check;
/** Write what is not stored yet. The caller advances the marks when that is committed. */
struct err *mirror_write(struct store *store) __must_check;
/** How much is in memory now. */
struct store_marks mirror_marks(const struct mirror *mirror);

/* transfer.c */

/** Set source and destination. If they are the same as before, the maps are kept. */
void transfer_set(struct transfer *t, const struct heap *src, const struct frame_source *source,
		  struct heap *dst, struct archive *archive);
void transfer_deinit(struct transfer *t);
/** Enter a site of src into dst. *ret is its id there. */
struct err *transfer_site(struct transfer *t, uint32_t site, uint32_t *ret) __must_check;

/* checksum.c */

/** Hash the contents of a state: its sites with their stacks and values, whatever their ids are;
 *  the freed older blocks, by class and without size; rate and variances of sampled blocks. */
struct err *checksum_make(struct mirror *mirror, const struct state *state,
			  const struct older_class *older, size_t num_older, uint64_t older_unsized,
			  const struct variance_rows *variances, int64_t *ret) __must_check;

/* older.c */

/** Write the freed older blocks of a snapshot. */
struct err *older_write(struct store *store, int64_t id,
			const struct snapshot *snapshot) __must_check;
/** Read the freed older blocks of a stored snapshot into store->older. A file of a version without
 *  them has none. */
struct err *older_read(struct store *store, int64_t id) __must_check;

/* state.c */

void state_deinit(struct state *state);
/** Make values at least num long; new ones are zeros. */
struct err *state_grow(struct state *state, size_t num) __must_check;
/** Read the state of a stored snapshot into store->loaded. If it has the same base as the last one
 *  and is not older, only the snapshots in between are read. The mirror must have been refreshed in
 *  the same transaction. */
struct err *state_read(struct store *store, int64_t snapshot, int64_t base) __must_check;

/* open.c */

/** Look at the version of the file, within a transaction: another process may have brought it to a
 *  newer version since it was opened. If so, its schema is checked again. */
struct err *store_check_version(struct store *store) __must_check;

/** Forget everything that was read. Called after a failure. */
void store_forget(struct store *store);

#endif
