// SPDX-License-Identifier: GPL-3.0-or-later
/** A traced process: its state, and commands about its tracing. It stays when the process has
 *  ended. A struct traced may also be what a file tells (is_stored), or the table of many merged
 *  children (num_folded). */
#ifndef SUPERVISOR_TRACED_H
#define SUPERVISOR_TRACED_H

#include "base/engine.h"
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
	/** We detached. It goes on without us. */
	TARGET_DETACHED,
};

/** Longest reason for an engine, with its NUL. */
#define TRACED_REASON_MAX 128

/** Allocations whose stack could not be unwound to its end. */
struct traced_truncated {
	/** STACK_NUM_ENDS: all those that have no row of their own. */
	enum stack_end end;
	/** Path of the file that the oldest frame is in, "" if there is none. It lives as long as
	 *  the process's tables. */
	const char *module;
	uint64_t count;
};

/** Rows of these that a status has at most. */
#define TRACED_MAX_TRUNCATED 12

struct traced_status {
	pid_t pid;
	/** For a followed child, the process that made it; for the first process 0. */
	pid_t parent;
	/** Path of its executable. "" when unknown. */
	const char *exe;
	/** Not 0: this is the table of so many merged children, which ran one program and have
	 *  ended (TARGET_ENDED; pid and parent are 0). num_unsuccessful of them ended with a status
	 *  other than 0, and num_left were released before they ended. Sums are over all of them:
	 *  allocations, what was live at their ends, their peaks. */
	size_t num_folded;
	size_t num_unsuccessful;
	size_t num_left;
	enum target_state state;
	/** wait(2) status when TARGET_ENDED and num_folded is 0. */
	int exit_status;
	bool is_tracing;
	bool is_from_launch;
	/** From session_open(): there is no process. Times and program are those of the newest
	 *  snapshot. */
	bool is_stored;
	uint32_t nframe;
	/** The engine that captures its calls, and why it is not the one that was asked for; "":
	 *  it is. */
	enum engine engine;
	char engine_reason[TRACED_REASON_MAX];
	unsigned num_threads;
	/** CLOCK_MONOTONIC in ns. start_ns: when tracing began. end_ns: when it ended by stop,
	 *  detach or the target's end; 0 while tracing. */
	uint64_t start_ns;
	uint64_t end_ns;
	struct heap_totals totals;
	/** Allocations are sampled at this rate, and totals are estimates with these variances; 0:
	 *  all are recorded. */
	uint64_t sample_rate;
	struct heap_variance variance;
	/** Estimated bytes of the freed blocks that are older than the tracing
	 *  (totals.older_frees). */
	uint64_t older_size;
	size_t num_stacks;
	/** Events (allocations and frees) since start, and per second over about the last
	 *  second. */
	uint64_t num_events;
	double event_rate;
	/** Stops of the target in all (entry + return + others). */
	uint64_t num_stops;
	/** Allocations since start or clear whose stack ended early. */
	uint64_t num_truncated;
	/** They by reason and file, most first. The counts add up to num_truncated. */
	struct traced_truncated truncated[TRACED_MAX_TRUNCATED];
	size_t num_truncated_rows;
	/** Unwinds of which nothing but the pc is known. */
	uint64_t num_failed;
	/** Lost events. Always 0, because the ring never drops any, but counted all the same. */
	uint64_t num_lost;
	/** How long the target has stood still because we were slower than it. */
	uint64_t wait_ns;
	/** Pending calls that were abandoned, because the thread left the allocator in another way
	 *  (longjmp, exit). */
	uint64_t num_abandoned;
	/** Our own memory in bytes: the table of live blocks, stacks and sites, resident sets of
	 *  supervisor and tracer. */
	size_t blocks_memory;
	size_t tables_memory;
	/** What counts for max_memory: both, and kept snapshots. max_memory is as in the options.
	 *  is_full: the limit was reached. */
	size_t used_memory;
	uint64_t max_memory;
	bool is_full;
	size_t supervisor_rss;
	size_t tracer_rss;
	/** Of the memory that an agent shares with both, what exists; 0: there is no agent. It is
	 *  in the resident sets of those who have touched it. */
	size_t agent_memory;
	/** Allocator functions that were found. 0: see traced_searched(). */
	unsigned num_probes;
};

/** What a process has of the machine, in bytes. */
struct traced_footprint {
	/** In memory; of that, what it shares with nobody; and what is swapped out. */
	uint64_t resident;
	uint64_t private;
	uint64_t swapped;
};

/** The present state. All events in the ring are taken first. */
struct err *traced_status(struct traced *t, struct traced_status *ret) __must_check;
/** What the process has of the machine now. False: there is no process, or not any more. */
bool traced_footprint(struct traced *t, struct traced_footprint *ret) __must_check;
/** Process id, as in traced_status. */
pid_t traced_pid(const struct traced *t);

/** The commands start and stop. start changes nothing while tracing (T2). stop takes the
 *  breakpoints out and forgets all traces (T4). It is no error if the state is already so. nframe
 *  0: keep the last one. */
struct err *traced_start(struct traced *t, uint32_t nframe) __must_check;
struct err *traced_stop(struct traced *t) __must_check;
/** Forget all traces, and set all counters to 0. */
struct err *traced_clear(struct traced *t) __must_check;
struct err *traced_reset_peak(struct traced *t) __must_check;
/** Send SIGKILL, and wait for the end. ERR_OTHER: the process is gone, or we have detached. */
struct err *traced_kill(struct traced *t) __must_check;

#endif
