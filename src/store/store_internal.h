// SPDX-License-Identifier: GPL-3.0-or-later
/** Private parts of the store. */
#ifndef STORE_STORE_INTERNAL_H
#define STORE_STORE_INTERNAL_H

#include "base/hmap.h"
#include "base/vec.h"
#include "store/schema.h"
#include "store/store.h"

#include <sqlite3.h>

/** Longest text and most locations a frame that are read; what is written is cut to that. */
#define STORE_STRING_MAX    (1u << 20)
#define STORE_LOCATIONS_MAX 1024u
/** Longest source line that is kept, in bytes. */
#define STORE_LINE_MAX 1024u
/** How long a call waits for another process that writes, in ms. */
#define STORE_BUSY_MS 10000

/** Rows of the shared tables; also the ids that the next new rows get. */
struct store_marks {
	size_t strings;
	size_t modules;
	size_t frames;
	size_t lines;
	size_t stacks;
	size_t sites;
};

/** The shared tables in memory. Every id is the one in the file: strings of the table, modules,
 *  frames (their index) and lines of the archive, stacks and sites of the heap, whose counters
 *  are not used. */
struct mirror {
	struct strtab *strings;
	struct archive *archive;
	struct heap *heap;
	/** What the file has of it; the rest is about to be written. */
	struct store_marks stored;
	/** Hashes of content, by id; see checksum.c. */
	VEC(uint64_t) string_hashes;
	VEC(uint64_t) frame_hashes;
	VEC(uint64_t) stack_hashes;
};

/** The counters of a site as they are stored. freed = total - live. */
struct value {
	int64_t live_bytes;
	int64_t live_blocks;
	int64_t freed_bytes;
	int64_t freed_blocks;
};

/** The values of one stored snapshot, by site; sites behind the end have zeros. */
struct state {
	/** The snapshot and its base; 0: none. */
	int64_t snapshot;
	int64_t base;
	/** Where its own values end. */
	int64_t last_value;
	/** Value rows from the base up to it. */
	uint64_t num_rows;
	VEC(struct value) values;
};

/** Freed older blocks of one stored snapshot, as in struct snapshot. */
struct older_rows {
	VEC(struct older_class) classes;
	uint64_t unsized;
};

/** Sites, stacks and frames of one heap, entered into another. The maps are those of ids. */
struct store;

struct transfer {
	const struct heap *src;
	const struct frame_source *source;
	struct heap *dst;
	struct archive *archive;
	/** What a domain of src is in dst. */
	struct err *(*map_domain)(struct store *store, uint32_t domain, uint32_t *ret);
	struct store *store;
	/** src frame -> dst frame. */
	struct hmap frames;
	/** src id -> dst id + 1; 0: not yet. */
	VEC(uint32_t) strings;
	VEC(uint32_t) stacks;
	VEC(uint32_t) sites;
	/** A stack and a frame being put together. */
	VEC(uint64_t) stack;
	VEC(struct location) locations;
};

/** A domain of the user's own in a file; row `domain.ID` of meta. */
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
	NUM_INSERTS,
};

struct store {
	char *path;
	sqlite3 *db;
	bool is_writer;
	/** Of the format of the file, when it was last looked at. */
	int version;
	/** The open file in the list of files.c; NULL: not in it. */
	struct store_file *file;
	/** CLOCK_MONOTONIC ns at which the call in progress is given up. */
	uint64_t deadline_ns;
	struct mirror mirror;
	VEC(struct file_domain) domains;
	/** The snapshot that was loaded last, and the one that this handle has appended last. */
	struct state loaded;
	struct state appended;
	/** Of the snapshot that was loaded last. */
	struct older_rows older;
	/** From the appended heap into the mirror; from the mirror into the heap of
	 *  store_load(). */
	struct transfer in;
	struct transfer out;
	/** Prepared when first used. */
	sqlite3_stmt *inserts[NUM_INSERTS];
};

/* files.c: which file, and is it ours? */

/** How a file may be opened. */
enum store_file_mode {
	/** Does not exist, or is empty. */
	FILE_NEW,
	/** With locks, as usual. */
	FILE_LOCKED,
	/** No process can be writing it, and the directory must not get a file: without any
	 *  lock. */
	FILE_STILL,
	/** The same, but there is a log (-wal) to be read with it. */
	FILE_STILL_WAL,
};

struct store_file;

/** Before a file is appended to: it and what SQLite has beside it are ours (create.h), or it is created. */
struct err *file_prepare(const char *path, bool *is_created_ret) __must_check;
/** Look at the file before SQLite does: a regular file, not of another application or version,
 *  the mode. The file is kept in *ret until file_put(). With must_exist a missing or an empty
 *  file is an error, else FILE_NEW with a NULL *ret. path_ret: canonical path, to free. */
struct err *file_get(const char *path, bool must_exist, enum store_file_mode *mode_ret,
		     char **path_ret, struct store_file **ret) __must_check;
/** After SQLite has closed its descriptors. NULL is fine. */
void file_put(struct store_file *file);

/* domains.c: names of the user's domains, which have other numbers in each process. */

/** Read them from the file. */
struct err *domains_read(struct store *store) __must_check;
/** Write those that are new. */
struct err *domains_write(struct store *store) __must_check;
/** The number in the file of a domain of this process, a new one if need be; and back. Those without a name stay as they are. */
struct err *domains_to_file(struct store *store, uint32_t domain, uint32_t *ret) __must_check;
struct err *domains_from_file(struct store *store, uint32_t domain, uint32_t *ret) __must_check;

/* sql.c: SQLite with our errors. */

/** The present error of the connection, "PATH: what went wrong". Never NULL. */
struct err *sql_error(struct store *store) __must_check;
/** Run statements that return nothing of interest. */
struct err *sql_exec(struct store *store, const char *sql) __must_check;
/** End a transaction after an error, which is returned. */
struct err *sql_rollback(struct store *store, struct err *err) __must_check;
/** Begin to count the time that is spent on foreign bytes; end it. */
void sql_start_clock(struct store *store);
void sql_stop_clock(struct store *store);

/** A query whose values are not trusted. The first error is kept in err; then every sql_next()
 *  is false, and the getters give 0 and "". */
struct query {
	struct store *store;
	sqlite3_stmt *stmt;
	struct err *err;
};

/** Prepare; num integers are bound. Give it to query_end(). */
void query_begin(struct query *query, struct store *store, const char *sql, size_t num, ...);
/** The next row. False: no more, or an error. */
bool query_next(struct query *query);
/** Finalize and return the error, which is err if that is not NULL. */
struct err *query_end(struct query *query, struct err *err) __must_check;
/** An integer in [0, max]. */
uint64_t query_u64(struct query *query, int column, uint64_t max);
int64_t query_i64(struct query *query, int column);
/** A text without NUL of at most STORE_STRING_MAX bytes; valid until the next row. */
const char *query_text(struct query *query, int column);
bool query_is_null(struct query *query, int column);
/** Note that this column is damaged. */
void query_damaged(struct query *query, int column);

/** Bind a text, cut to STORE_STRING_MAX, NULL as ""; it must live until the statement has run. */
void bind_text(sqlite3_stmt *stmt, int index, const char *text);
/** The statement for one table, prepared on first use; NULL: *err_ret. */
sqlite3_stmt *insert_begin(struct store *store, enum insert which, struct err **err_ret);
/** Run it. */
struct err *insert_end(struct store *store, sqlite3_stmt *stmt) __must_check;

/* mirror.c */

/** Free all; empty and usable again. */
void mirror_deinit(struct mirror *mirror);
/** Read what the file has got since (everything, the first time). &err_stop: it got something,
 *  and there is something in memory that is not written yet; forget all and begin anew. */
struct err *mirror_refresh(struct store *store) __must_check;
/** Is stored what the file has now? */
struct err *mirror_is_current(struct store *store, bool *ret) __must_check;
/** Write what is not stored yet; the caller advances the marks when it is committed. */
struct err *mirror_write(struct store *store) __must_check;
/** What is in memory now. */
struct store_marks mirror_marks(const struct mirror *mirror);

/* transfer.c */

/** Set the ends; the maps are kept when they are the same as before. */
void transfer_set(struct transfer *t, const struct heap *src, const struct frame_source *source,
		  struct heap *dst, struct archive *archive);
void transfer_deinit(struct transfer *t);
/** Enter a site of src. */
struct err *transfer_site(struct transfer *t, uint32_t site, uint32_t *ret) __must_check;

/* checksum.c */

/** Hash of the content of a state: of its sites, their stacks and values, whatever their ids; and of freed older blocks, by class and
 *  without size. */
struct err *checksum_make(struct mirror *mirror, const struct state *state,
			  const struct older_class *older, size_t num_older, uint64_t older_unsized,
			  int64_t *ret) __must_check;

/* older.c */

/** Write the freed older blocks of a snapshot. */
struct err *older_write(struct store *store, int64_t id,
			const struct snapshot *snapshot) __must_check;
/** store->older becomes that of a stored snapshot, empty in a file of a version without. */
struct err *older_read(struct store *store, int64_t id) __must_check;

/* state.c */

void state_deinit(struct state *state);
/** Make values as long as this, filled up with zeros. */
struct err *state_grow(struct state *state, size_t num) __must_check;
/** store->loaded becomes the state of a stored snapshot; on from what it was when that has the
 *  same base. The mirror must be refreshed in the same transaction. */
struct err *state_read(struct store *store, int64_t snapshot, int64_t base) __must_check;

/* open.c */

/** In a transaction: another process may have brought the file to a newer version since it was opened. If so its schema is checked
 *  anew. */
struct err *store_check_version(struct store *store) __must_check;

/** Forget everything that was read: after a failure. */
void store_forget(struct store *store);

#endif
