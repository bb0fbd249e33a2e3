// SPDX-License-Identifier: GPL-3.0-or-later
/** A tracing session: one target, its tracer process, its tables. Everything the console and main need; no argv, no
 *  terminal. Functions may be called from one thread (the console's); a thread of the session drains the ring meanwhile.
 *  The tables stay after the target's end and after detach, symbols included. */
#ifndef SUPERVISOR_SESSION_H
#define SUPERVISOR_SESSION_H

#include "base/err.h"
#include "heap/archive.h"
#include "heap/measured.h"
#include "heap/snapshot.h"
#include "heap/stats.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define NFRAME_DEFAULT 32
#define NFRAME_MAX     65535

struct session;

/** What to do with new images and children of the target: session_options.follow. Whatever is not followed is left alone. */
#define SESSION_FOLLOW_EXEC 1u
#define SESSION_FOLLOW_FORK 2u
/** Processes living at once that a session follows; of what comes on top a note tells. */
#define SESSION_MAX_PROCESSES 256
/** Children that have ended and keep a table each. Of more, those of the program with most of them share one. */
#define SESSION_MAX_ENDED 64

struct session_options {
	/** Frames kept per stack, 1 to NFRAME_MAX. */
	uint32_t nframe;
	/** SESSION_FOLLOW_*. */
	unsigned follow;
	/** session_launch(): put the target into a process group of its own (interactive use: Ctrl-C must not reach it). */
	bool want_own_group;
	/** session_launch(): file for the target's standard input, or NULL to keep ours. */
	const char *stdin_path;
	/** Allocators of the user's own, as for session_check_probe(). */
	const char *const *probes;
	size_t num_probes;
	/** Most memory in bytes that the tables of a process may take, at least SESSION_MIN_MEMORY; 0: any. See drain/limits.c. */
	uint64_t max_memory;
	/** Ask the servers of DEBUGINFOD_URLS for debug files that are missing when frames are looked up, at most so long for each; 0: only
	 *  tell, once, that this could be done. */
	uint64_t debuginfod_ns;
};

/** Less than this is of no use. */
#define SESSION_MIN_MEMORY (1u << 20)

/** "domain=arena,alloc=arena_alloc(size=2),free=arena_free(ptr=2)", see probe_list_parse(). ERR_USAGE: what is wrong. */
struct err *session_check_probe(const char *spec) __must_check;

/** DEBUGINFOD_URLS names servers. Before session_create() only: later it is not in our environment any more. */
bool session_has_servers(void);

/** ERR_USAGE with tracemalloc's words when nframe is outside [1, NFRAME_MAX]. */
struct err *session_check_nframe(long nframe) __must_check;

/** Begin the session: fork the tracer process. Must be called before the process has any thread or large tables.
 *  Standard descriptors are shared with the tracer. */
struct err *session_create(const struct session_options *options,
			   struct session **ret) __must_check;

/** Launch argv[0] (searched on PATH), traced from its first allocation. On return the program stands before its first
 *  constructor and waits for session_release(). Errors: no such file, not executable,
 *  32-bit, not readable. A setuid program runs without privileges unless we have CAP_SYS_PTRACE; a note tells. */
struct err *session_launch(struct session *s, char *const argv[]) __must_check;

/** Attach to a running process and begin tracing. Errors name the cause and the remedy: no such process, permission (uid,
 *  Yama, capability), already traced (by whom), 32-bit, kernel thread, zombie. The target is untouched then. */
struct err *session_attach(struct session *s, pid_t pid) __must_check;

/** Let a launched program run; no effect otherwise. Idempotent. */
struct err *session_release(struct session *s) __must_check;

/** Leave: restore all bytes, release all threads, end the tracer; the target runs on. The tables stay. Idempotent. */
struct err *session_detach(struct session *s) __must_check;

/** SIGKILL to the target, and wait for its end. ERR_OTHER when it is gone or was left already. */
struct err *session_kill(struct session *s) __must_check;

/** Detach if need be, free everything. NULL is fine. */
void session_destroy(struct session *s);

/** start/stop of the vocabulary. start while tracing changes nothing (T2); stop takes the breakpoints out and forgets all
 *  traces (T4); both when already so are no errors. nframe 0 = keep the last one. */
struct err *session_start(struct session *s, uint32_t nframe) __must_check;
struct err *session_stop(struct session *s) __must_check;
/** Forget all traces, counters to 0. */
struct err *session_clear(struct session *s) __must_check;
struct err *session_reset_peak(struct session *s) __must_check;

enum target_state {
	/** Launched, not yet released. */
	TARGET_HELD,
	TARGET_RUNNING,
	/** Ended by itself or by a signal. */
	TARGET_ENDED,
	/** We left; it goes on without us. */
	TARGET_DETACHED,
};

struct session_status {
	pid_t pid;
	/** Of a followed child, the process that made it; of the first process 0. */
	pid_t parent;
	/** Path of its executable. "" when unknown. */
	const char *exe;
	/** Not 0: this is the table of so many children that ran one program and have ended (TARGET_ENDED; pid and parent are 0):
	 *  of these have ended otherwise than with status 0, were let go. Sums are those of all of them: allocations, what was live
	 *  at their ends, their peaks. */
	size_t num_folded;
	size_t num_unsuccessful;
	size_t num_left;
	enum target_state state;
	/** wait(2) status when TARGET_ENDED and num_folded is 0. */
	int exit_status;
	bool is_tracing;
	bool is_from_launch;
	/** session_open(): there is no process; times and program are those of the newest snapshot. */
	bool is_stored;
	uint32_t nframe;
	unsigned num_threads;
	/** CLOCK_MONOTONIC ns. start: begin of tracing. end: of stop, detach or the target's end, 0 while tracing. */
	uint64_t start_ns;
	uint64_t end_ns;
	struct heap_totals totals;
	/** Estimated bytes of the freed blocks that are older than the tracing (totals.older_frees). */
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
	/** Pending calls dropped because the thread left the allocator by other ways (longjmp, exit). */
	uint64_t num_abandoned;
	/** Own memory in bytes: live-block table, stacks and sites, resident set of supervisor and tracer. */
	size_t blocks_memory;
	size_t tables_memory;
	/** What counts for max_memory: both, and kept snapshots. max_memory: as in the options; is_full: it was reached. */
	size_t used_memory;
	uint64_t max_memory;
	bool is_full;
	size_t supervisor_rss;
	size_t tracer_rss;
	/** Allocators found; 0: see session_searched(). */
	unsigned num_probes;
};

/** The present state (everything in the ring is drained first). */
struct err *session_status(struct session *s, struct session_status *ret) __must_check;

/** The error when the tracer died before it was asked to leave (the target goes on, untraced); else
 *  NULL. Looks for at most a second longer when expects_it: a call to it has failed. */
struct err *session_lost_tracer(struct session *s, bool expects_it) __must_check;

struct session_probe {
	/** Path of the object; symbol; runtime address; number of entries counted. */
	const char *module;
	const char *symbol;
	uint64_t addr;
	uint64_t hits;
	/** alloc, free, realloc ... as text. */
	const char *kind;
	/** Of what it allocates; of operator new where it calls malloc it is known by the stack alone. */
	uint32_t domain;
};

/** Calls fn for each planted allocator function. */
struct err *session_probes(struct session *s,
			   void (*fn)(void *ctx, const struct session_probe *probe),
			   void *ctx) __must_check;

/** Calls fn with the path of each module that was searched for allocators. */
void session_searched(struct session *s, void (*fn)(void *ctx, const char *module), void *ctx);

/** A snapshot of this moment: all events in the ring when it is asked for, none later; the target is not stopped. Kept by the
 *  session under its name; a kept one of the same name is replaced. name NULL: s1, s2, ... ERR_OTHER when not tracing (T5),
 *  except after the target's end, when the tables stand still. */
struct err *session_snapshot(struct session *s, const char *name,
			     const struct snapshot **ret) __must_check;
/** A snapshot that is not kept; the caller destroys it. Works also when not tracing. name is "live". */
struct err *session_live(struct session *s, struct snapshot **ret) __must_check;
/** The composition of the heap at its peak, "peak", likewise. Its time is that of the call. */
struct err *session_peak(struct session *s, struct snapshot **ret) __must_check;
/** Only what is live now and was allocated after this snapshot, "live since NAME", likewise. ERR_USAGE: the snapshot stands
 *  nowhere in the sequence of allocations, as one from a file. */
struct err *session_since(struct session *s, const struct snapshot *snapshot,
			  struct snapshot **ret) __must_check;
/** ERR_NOT_FOUND with a text when there is none. "live" and "peak" are no snapshots here. */
struct err *session_find_snapshot(struct session *s, const char *name,
				  const struct snapshot **ret) __must_check;
/** Kept snapshots, oldest first: index in [0, session_num_snapshots()). */
size_t session_num_snapshots(const struct session *s);
const struct snapshot *session_get_snapshot(const struct session *s, size_t index);
struct err *session_drop_snapshot(struct session *s, const char *name) __must_check;

/** Append a snapshot to a file (store/store.h), which may be new. The target goes on meanwhile. */
struct err *session_dump(struct session *s, const struct snapshot *snapshot,
			 const char *path) __must_check;
/** Load a snapshot, FILE[:NAME] as in store_parse_spec() and store_find(), and keep it under the name `as`, or its own; it then
 *  answers like any other, but --since. */
struct err *session_load(struct session *s, const char *spec, const char *as,
			 const struct snapshot **ret) __must_check;
/** Load two snapshots under their specs, as session_load() each; a file that has both is read once. */
struct err *session_load_pair(struct session *s, const char *first,
			      const char *second) __must_check;
/** A session on a file instead of a process: its snapshots are loaded (of very many the newest; a note tells), of several with one
 *  name all but the newest under their numbers. In place of session_launch() and session_attach(). path NULL: without
 *  any, for session_load(). */
struct err *session_open(struct session *s, const char *path) __must_check;
/** Append a snapshot (e1, e2, ...) to a file every period_ns, by a thread of its own, and one at the target's end; session_check_store()
 *  has been asked about the file. A failure is told in a note, once until it has worked again; the next time tries again. 0: stop
 *  that; ERR_OTHER: of all that were to be stored none was. */
struct err *session_every(struct session *s, uint64_t period_ns, const char *path) __must_check;

/** Could a snapshot be stored in this file? Tried out: one that exists is opened for appending, else a file is made beside it as a
 *  new one would be, and removed. Leaves no trace. Errors name path and cause. */
struct err *session_check_store(const char *path) __must_check;

/** For a progress display in another thread: is a location of a frame being looked up now? *num_ret is the number of modules
 *  for which one was looked up so far, *total_ret the number of all modules. */
bool session_loading(struct session *s, size_t *num_ret, size_t *total_ret);
/** Likewise: is a debug file being fetched? Then buf says which one, and how much of it has arrived. */
bool session_downloading(struct session *s, char *buf, size_t size);
/** End the download in progress, if there is one, and ask for no other. Async-signal-safe. */
void session_stop_download(void);
/** Locations of frames; slow the first time for a module. Safe while the session runs. */
const struct resolver *session_resolver(struct session *s);
/** The same and more, for files and JSON. */
const struct frame_source *session_source(struct session *s);
/** For text_traceback(): ctx is the session. A line that came with a loaded snapshot, or from the file as the target sees it, or
 *  as we see it. */
char *session_source_line(void *session, const char *file, uint32_t line);
/** The stack of a site or group; lives as long as the session. */
struct stack session_stack(struct session *s, uint32_t stack_id);

struct session_block {
	uint64_t addr;
	uint64_t size;
	uint32_t domain;
	int32_t tid;
	uint32_t stack;
	/** Nanoseconds since its allocation, to about 10 ms. */
	uint64_t age_ns;
};

/** The live block that contains addr (any address inside). &err_not_found: not traced. */
struct err *session_where(struct session *s, uint64_t addr, struct session_block *ret) __must_check;

/** Every live block, by ascending address; the caller frees the array. */
struct err *session_blocks(struct session *s, struct session_block **ret,
			   size_t *num_ret) __must_check;

/** Wait at most ns nanoseconds for the end of every followed process, or (UINT64_MAX) without limit for the target's end, or detach. Releases a held target. &err_stop: session_interrupt()
 *  was called. NULL: time is up or the target has ended; status tells. */
struct err *session_wait(struct session *s, uint64_t ns) __must_check;

/** Wait until FUNCTION (as the user types it) has been entered count times from now on, in any thread. Releases a held
 *  target. With is_exact the target pauses at that entry (every other thread at its next allocator call) until the next
 *  session_wait(), session_wait_call(), session_stop() or session_detach(), so the tables stand exactly there; without it everything goes on.
 *  A function that is not there yet is waited for (a later dlopen or exec may bring it); note tells through session_note.
 *  ERR_OTHER: the target ended first. ERR_USAGE: ambiguous, lists candidates. &err_stop: session_interrupt(). */
struct err *session_wait_call(struct session *s, const char *function, uint64_t count,
			      bool is_exact) __must_check;

/** Measure the calls of FUNCTION (named as for session_wait_call()) from now on; a result comes after every num_calls calls that have
 *  returned. Calls of one thread may nest (recursion): each is measured on its own, with all that it calls. Measuring a function that
 *  is measured already changes num_calls and begins anew. ERR_USAGE: ambiguous, lists candidates; ERR_NOT_FOUND: no such function, lists
 *  similar names; ERR_OTHER: not tracing. */
struct err *session_measure(struct session *s, const char *function,
			    uint64_t num_calls) __must_check;
/** Stop measuring function, or all with NULL. Calls in progress give no result; those that have returned do, be they fewer than
 *  num_calls, as they do when the target ends. ERR_NOT_FOUND. */
struct err *session_measure_off(struct session *s, const char *function) __must_check;
/** Calls fn for each measured function: calls per result, calls measured, calls in progress. */
void session_measure_list(struct session *s,
			  void (*fn)(void *ctx, const char *function, uint64_t num_calls,
				     uint64_t num_done, uint64_t num_active),
			  void *ctx);
/** The oldest result not taken yet, or NULL; the caller destroys it. They become readable on session_note_fd() too. At most 1000
 *  wait; then the oldest are dropped (a note tells). */
struct measured_result *session_take_measured(struct session *s);

/** Followed processes. Each is a session of its own, with tables and snapshots of its own; all functions but the
 *  following take any of them. session_detach() is about all of them, whichever it is given; session_destroy() takes the first
 *  and destroys them all. Notes and results of all are readable on the session_note_fd() of the first, and told by its
 *  session_on_news(). It is at rest when nothing is left to be taken from the others after it was looked at first.
 *
 *  When more than SESSION_MAX_ENDED children have ended, those of the program with most of them become one session, with
 *  num_folded in its status: what each of them has counted is added up, single blocks are not known any more
 *  (session_blocks(), session_where(), session_since() fail). Those that end later join it. The chosen one, and those with snapshots,
 *  measured functions or a file of their own are left as they are.
 *
 *  Nothing but a thread of the session puts them together, and not while they are held: sessions and their places stay as they are
 *  between session_hold() and session_let(), but new ones may come behind the last. Calls nest. Held for long they hold up
 *  the children; not to be held in waits. The chosen session and the first one need not be held. */
void session_hold(struct session *s);
void session_let(struct session *s);
/** The session that is used beyond session_let(); at first the first one. To be called while held. */
void session_choose(struct session *process);
/** Their number, at least 1; index 0 is the first one, then come the tables of several, then the others, in order of appearance. s is
 *  the first one. */
size_t session_num_processes(struct session *s);
struct session *session_process(struct session *s, size_t index);
/** Process id, as in session_status. */
pid_t session_pid(const struct session *s);
/** Has any of them not ended yet, or is a child just being taken up? */
bool session_has_living(struct session *s);
/** As session_wait(), until none of them is left. s is the first one. */
struct err *session_wait_all(struct session *s) __must_check;

/** Make a wait in progress return &err_stop. Async-signal-safe. */
void session_interrupt(struct session *s);

/** Function names that begin with prefix, for completion; fn is called at most limit times. */
void session_complete_function(struct session *s, const char *prefix, size_t limit,
			       void (*fn)(void *ctx, const char *name), void *ctx);

/** Notes for the user that arose meanwhile (allocator found late, exec, the target's end): the oldest, without newline, freed by the
 *  caller; NULL: none. A note becomes readable on session_note_fd() (poll for input; taking all notes makes it quiet). */
char *session_take_note(struct session *s);
int session_note_fd(const struct session *s);
/** fn is called in session_wait() and session_wait_call(), in the waiting thread, when there may be notes or results to be taken.
 *  It must not wait itself. NULL: nobody is called. */
void session_on_news(struct session *s, void (*fn)(void *ctx), void *ctx);

#endif
