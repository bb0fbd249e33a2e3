// SPDX-License-Identifier: GPL-3.0-or-later
/** A traced process: its state, and commands about its tracing. It stays when the process has
 *  ended. One struct traced may also be what a file tells (is_stored), or the table of many
 *  children that have ended (num_folded). */
#ifndef SUPERVISOR_TRACED_H
#define SUPERVISOR_TRACED_H

#include "base/err.h"
#include "heap/heap.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct traced;

enum target_state {
	/** Launched, not yet released. */
	TARGET_HELD,
	TARGET_RUNNING,
	/** Ended by itself or by a signal. */
	TARGET_ENDED,
	/** We left; it goes on without us. */
	TARGET_DETACHED,
};

struct traced_status {
	pid_t pid;
	/** Of a followed child, the process that made it; of the first process 0. */
	pid_t parent;
	/** Path of its executable. "" when unknown. */
	const char *exe;
	/** Not 0: this is the table of so many children that ran one program and have ended
	 *  (TARGET_ENDED; pid and parent are 0): of these have ended otherwise than with status 0,
	 *  were let go. Sums are those of all of them: allocations, what was live at their ends,
	 *  their peaks. */
	size_t num_folded;
	size_t num_unsuccessful;
	size_t num_left;
	enum target_state state;
	/** wait(2) status when TARGET_ENDED and num_folded is 0. */
	int exit_status;
	bool is_tracing;
	bool is_from_launch;
	/** session_open(): there is no process; times and program are those of the newest
	 *  snapshot. */
	bool is_stored;
	uint32_t nframe;
	unsigned num_threads;
	/** CLOCK_MONOTONIC ns. start: begin of tracing. end: of stop, detach or the target's end, 0
	 *  while tracing. */
	uint64_t start_ns;
	uint64_t end_ns;
	struct heap_totals totals;
	/** Estimated bytes of the freed blocks that are older than the tracing
	 *  (totals.older_frees). */
	uint64_t older_size;
	size_t num_stacks;
	/** Events (allocations + frees) since start, and per second over about the last second. */
	uint64_t num_events;
	double event_rate;
	/** Stops of the target in all (entry + return + others). */
	uint64_t num_stops;
	/** Unwinds that ended early: no or broken CFI. */
	uint64_t num_truncated;
	/** Unwinds of which nothing but the pc is known. */
	uint64_t num_failed;
	/** Events lost; always 0 (the ring never drops), counted all the same. */
	uint64_t num_lost;
	/** Pending calls dropped because the thread left the allocator by other ways (longjmp,
	 *  exit). */
	uint64_t num_abandoned;
	/** Own memory in bytes: live-block table, stacks and sites, resident set of supervisor and
	 *  tracer. */
	size_t blocks_memory;
	size_t tables_memory;
	/** What counts for max_memory: both, and kept snapshots. max_memory: as in the options;
	 *  is_full: it was reached. */
	size_t used_memory;
	uint64_t max_memory;
	bool is_full;
	size_t supervisor_rss;
	size_t tracer_rss;
	/** Allocators found; 0: see traced_searched(). */
	unsigned num_probes;
};

/** The present state (everything in the ring is drained first). */
struct err *traced_status(struct traced *t, struct traced_status *ret) __must_check;
/** Process id, as in traced_status. */
pid_t traced_pid(const struct traced *t);

/** start/stop of the vocabulary. start while tracing changes nothing (T2); stop takes the
 *  breakpoints out and forgets all traces (T4); both when already so are no errors. nframe 0 = keep
 *  the last one. */
struct err *traced_start(struct traced *t, uint32_t nframe) __must_check;
struct err *traced_stop(struct traced *t) __must_check;
/** Forget all traces, counters to 0. */
struct err *traced_clear(struct traced *t) __must_check;
struct err *traced_reset_peak(struct traced *t) __must_check;
/** SIGKILL, and wait for its end. ERR_OTHER when it is gone or was left already. */
struct err *traced_kill(struct traced *t) __must_check;

#endif
