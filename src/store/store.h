// SPDX-License-Identifier: GPL-3.0-or-later
/** Snapshot files. A file is an SQLite database that holds many snapshots of one or more processes,
 *  complete with symbols and source lines. doc/FORMAT.md describes the schema, which is a public
 *  interface.
 *
 *  Stacks, frames and strings are stored once for each file. Of a snapshot only the differences to
 *  the previous one of the same handle are stored, as rows that add up: (live, freed) of an
 *  allocation site is the sum of its rows from the snapshot's base on. The other way would be that
 *  the newest row wins. Differences are better, because they are small numbers, which SQLite stores
 *  in fewer bytes, and because a sum is the simpler query. When reading would take several times
 *  the rows of one state, a new base begins.
 *
 *  A handle keeps in memory what all snapshots of the file share, and reads only what came since.
 *  So keep it open for periodic snapshots. It is not thread-safe. Several handles and processes may
 *  use one file at a time. Meanwhile the process must not open and close the file by other means,
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

/** What is stored beside the snapshot itself. Strings may be NULL for "". */
struct store_meta {
	/** The process, or 0. */
	int64_t pid;
	/** Path of its executable, command line as text, name of its host. */
	const char *exe;
	const char *command;
	const char *host;
	/** When the snapshot was taken, CLOCK_REALTIME in ns. When appending, 0 means: derive it
	 *  from the snapshot's time_ns. */
	uint64_t wall_ns;
	/** Anything else, with distinct keys; STORE_KEY_ENGINE is the store's own. */
	const struct store_pair *pairs;
	size_t num_pairs;
};

/** A stored snapshot in a listing. */
struct store_entry {
	/** Number in the file, ascending in time. */
	uint32_t id;
	const char *name;
	/** Number of the tracing period (one process, one begin of tracing) that it belongs to. */
	uint32_t session;
	/** As in struct snapshot. */
	uint32_t nframe;
	uint64_t time_ns;
	uint64_t start_ns;
	bool is_from_launch;
	enum engine engine;
	struct heap_totals totals;
	uint64_t seq;
	size_t num_live_stacks;
	/** How many allocation sites it has, and how many rows were stored for it. */
	size_t num_sites;
	size_t num_rows;
	struct store_meta meta;
};

/** A list of stored snapshots, oldest first. Zero-filled is empty. */
struct store_entries {
	struct store_entry *items;
	size_t num;
	/** Owner of the strings. */
	struct arena *arena;
};

/** Open a file for appending and reading. A file that does not exist or is empty becomes a new one.
 *  A file that is not ours is not changed: ERR_FORMAT for another application's, a newer version's
 *  (the text names it) or a damaged one. ERR_PERM, ERR_OTHER: the file cannot be created or
 *  written. */
struct err *store_open_append(const char *path, struct store **ret) __must_check;

/** Open a file for reading. It is not trusted: schema, structure and every value are checked, and
 *  nothing is written to it or beside it. These files can be read, too: one that is being written,
 *  one that a killed writer left, one on a read-only medium. ERR_NOT_FOUND, ERR_PERM, ERR_FORMAT
 *  with the file's name and the cause. */
struct err *store_open_read(const char *path, struct store **ret) __must_check;

/** Close a file. When the last writer has closed it, it is a single file, without -wal and -shm
 *  beside it. NULL is fine. */
void store_close(struct store *store);

static inline void cleanup_store(struct store **store)
{
	store_close(*store);
}

/** Close the store when it leaves the scope. */
#define _cleanup_store_ _cleanup_(cleanup_store)

/** Append a snapshot in one transaction: if the process is killed in the middle, the file has all
 *  earlier snapshots.
 *
 *  source resolves every frame of the snapshot's stacks (slow the first time) and must be that of
 *  the snapshot's heap. The heap may grow meanwhile: only the identities of its sites and their
 *  stacks are read. All snapshots that are given to one handle must be of one heap, which outlives
 *  the handle (or see store_forget_heaps()).
 *
 *  On failure (disk full, locked for 10 s) the file is unchanged, and the next call tries again.
 *  *id_ret may be NULL. */
struct err *store_append(struct store *store, const struct snapshot *snapshot,
			 const struct frame_source *source, const struct store_meta *meta,
			 uint32_t *id_ret) __must_check;

/** List all snapshots. Give the list to store_entries_deinit(). */
struct err *store_list(struct store *store, struct store_entries *ret) __must_check;
void store_entries_deinit(struct store_entries *entries);

static inline void cleanup_store_entries(struct store_entries *entries)
{
	store_entries_deinit(entries);
}

/** Free the list when it leaves the scope. */
#define _cleanup_store_entries_ _cleanup_(cleanup_store_entries)

/** The entry that name means: the newest of that name, or else the one with that number. name NULL:
 *  the newest of all. Returns NULL when there is none. The entry lives as long as the list. */
const struct store_entry *store_find(const struct store_entries *entries, const char *name);

/** Read what all snapshots share now, rather than in the first store_load(). This is the larger
 *  part of the work, and the part that touches no heap. */
struct err *store_prepare(struct store *store) __must_check;

/** Load a snapshot; name is as in store_find(). Its sites and stacks are entered into heap, whose
 *  counters do not change; its frames are entered into archive. *ret is a snapshot of that heap.
 *  All loads of a handle must be into one heap and archive, which outlive the handle (or see
 *  store_forget_heaps()). ERR_NOT_FOUND: no such snapshot. ERR_FORMAT: the file is damaged, or the
 *  snapshot is not what was appended (a checksum is kept). On failure heap and archive may have
 *  more stacks and frames, but nothing else changed. */
struct err *store_load(struct store *store, const char *name, struct heap *heap,
		       struct archive *archive, struct snapshot **ret) __must_check;

/** Forget the heaps, sources and archives that were given to store_append() and store_load(). They
 *  may then be destroyed, and others may be used. */
void store_forget_heaps(struct store *store);

/** Split FILE[:SNAPSHOT]. FILE may contain colons: the longest beginning that exists is FILE. If
 *  none exists, all of it is FILE. *name_ret is NULL without a name. The caller frees both. */
struct err *store_parse_spec(const char *spec, char **path_ret, char **name_ret) __must_check;

#endif
