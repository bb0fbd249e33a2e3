// SPDX-License-Identifier: GPL-3.0-or-later
/** Snapshot files: SQLite databases that hold many snapshots of one or more processes, complete
 *  with symbols and source lines. doc/FORMAT.md describes the schema, which is a public
 *  interface.
 *
 *  Stacks, frames and strings are stored once a file. Of a snapshot only the differences to the
 *  previous one of the same handle are stored, as rows that add up: (live, freed) of a site is
 *  the sum of its rows from the snapshot's base on. Differences were preferred to
 *  newest-row-wins because they are small numbers, which SQLite stores in fewer bytes, and
 *  because a sum is the simpler query. A new base is begun when reading would take several times
 *  the rows of one state.
 *
 *  A handle keeps what all snapshots of the file share in memory and reads only what came since:
 *  keep it open for periodic snapshots. Not thread-safe; several handles and processes may use
 *  one file at a time. The process must not open and close the file by other means meanwhile,
 *  because that would drop SQLite's locks (fcntl(2)). */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include "base/err.h"
#include "heap/archive.h"
#include "heap/snapshot.h"

#include <stddef.h>
#include <stdint.h>

struct store;

struct store_pair {
	const char *key;
	const char *value;
};

/** What is stored with a snapshot beside itself. Strings may be NULL for "". */
struct store_meta {
	/** The process, or 0. */
	int64_t pid;
	/** Path of its executable, command line as text, name of its host. */
	const char *exe;
	const char *command;
	const char *host;
	/** When the snapshot was taken, CLOCK_REALTIME ns. 0 when appending: derived from the
	 *  snapshot's time_ns. */
	uint64_t wall_ns;
	/** Anything else, with distinct keys. */
	const struct store_pair *pairs;
	size_t num_pairs;
};

/** A stored snapshot in a listing. */
struct store_entry {
	/** Number in the file, ascending in time. */
	uint32_t id;
	const char *name;
	/** Number of the tracing period (process and begin of tracing) that it belongs to. */
	uint32_t session;
	/** As in struct snapshot. */
	uint32_t nframe;
	uint64_t time_ns;
	uint64_t start_ns;
	bool is_from_launch;
	struct heap_totals totals;
	uint64_t seq;
	size_t num_live_stacks;
	/** Its sites, and the rows that were stored for it. */
	size_t num_sites;
	size_t num_rows;
	struct store_meta meta;
};

/** A listing, oldest first. Zero-filled is empty. */
struct store_entries {
	struct store_entry *items;
	size_t num;
	/** Owner of the strings. */
	struct arena *arena;
};

/** Open a file for appending (and reading); a file that does not exist or is empty becomes a new
 *  one. Nothing is changed in a file that is not ours: ERR_FORMAT for another application's, a
 *  newer version's (named) or a damaged one. ERR_PERM, ERR_OTHER: cannot be created or written. */
struct err *store_open_append(const char *path, struct store **ret) __must_check;

/** Open a file for reading. It is not trusted: schema, structure and every value are checked,
 *  and nothing is written to it or beside it. A file that is being written, that a killed writer
 *  left, or that lies on a read-only medium can be read. ERR_NOT_FOUND, ERR_PERM, ERR_FORMAT
 *  with the file's name and the cause. */
struct err *store_open_read(const char *path, struct store **ret) __must_check;

/** Close; after the last writer has gone the file is a single one, without -wal and -shm beside
 *  it. NULL is fine. */
void store_close(struct store *store);

static inline void cleanup_store(struct store **store)
{
	store_close(*store);
}

/** Close the store when it leaves the scope. */
#define _cleanup_store_ _cleanup_(cleanup_store)

/** Append a snapshot in one transaction: killed in the middle, the file has all snapshots but
 *  this. source resolves every frame of the snapshot's stacks (slow the first time) and must be
 *  the one of the snapshot's heap. The heap may grow meanwhile: only the identity of sites and
 *  their stacks are looked at. All snapshots given to one handle must be of one heap, which
 *  outlives the handle (or see store_forget_heaps()). On failure (disk full, locked for 10 s)
 *  the file is unchanged and the next call tries again. *id_ret may be NULL. */
struct err *store_append(struct store *store, const struct snapshot *snapshot,
			 const struct frame_source *source, const struct store_meta *meta,
			 uint32_t *id_ret) __must_check;

/** All snapshots. Give it to store_entries_deinit(). */
struct err *store_list(struct store *store, struct store_entries *ret) __must_check;
void store_entries_deinit(struct store_entries *entries);

static inline void cleanup_store_entries(struct store_entries *entries)
{
	store_entries_deinit(entries);
}

/** Free the listing when it leaves the scope. */
#define _cleanup_store_entries_ _cleanup_(cleanup_store_entries)

/** The entry that name means: the newest of that name, else the one with that number; NULL: the
 *  newest of all. NULL: there is none. Lives as long as the listing. */
const struct store_entry *store_find(const struct store_entries *entries, const char *name);

/** Read what all snapshots share, now rather than in the first store_load(): the larger part of
 *  the work, and the one that touches no heap. */
struct err *store_prepare(struct store *store) __must_check;

/** Load a snapshot (name as in store_find()). Its sites and stacks are entered into heap, whose
 *  counters do not change, its frames into archive; *ret is a snapshot of that heap. All loads
 *  of a handle must be into one heap and archive, which outlive the handle (or see
 *  store_forget_heaps()). ERR_NOT_FOUND: no such snapshot. ERR_FORMAT: damaged, or not what was
 *  appended (a checksum is kept). On failure heap and archive may have more stacks and frames,
 *  nothing else. */
struct err *store_load(struct store *store, const char *name, struct heap *heap,
		       struct archive *archive, struct snapshot **ret) __must_check;

/** Forget the heaps, sources and archives that were given to store_append() and store_load():
 *  they may be destroyed, and others used from now on. */
void store_forget_heaps(struct store *store);

/** Split FILE[:SNAPSHOT]. FILE may contain colons: the longest beginning that exists is FILE;
 *  when none does, all of it is. *name_ret is NULL without a name. The caller frees both. */
struct err *store_parse_spec(const char *spec, char **path_ret, char **name_ret) __must_check;

#endif
