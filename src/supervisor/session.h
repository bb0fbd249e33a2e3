// SPDX-License-Identifier: GPL-3.0-or-later
/** A session: one run of malloscope. It has a tracer process, and one traced process (struct
 *  traced) or, with SESSION_FOLLOW_FORK, several. This header begins and ends it. The others here
 *  have what the console and main ask of it:
 *
 *  - traced.h: the state of a process; start, stop, clear, kill
 *  - processes.h: which processes there are
 *  - waiting.h: waits; notes.h: what the user is to be told meanwhile
 *  - snapshots.h, blocks.h, code.h: what is in the tables; measure.h: measured functions
 *  - storing.h: files
 *
 *  No argv, no terminal. Functions may be called from one thread (the console's); threads of the
 *  session drain the rings meanwhile. The tables stay after the target's end and after detach,
 *  symbols included. */
#ifndef SUPERVISOR_SESSION_H
#define SUPERVISOR_SESSION_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define NFRAME_DEFAULT 32
#define NFRAME_MAX     65535

struct session;
struct traced;

/** What to do with new images and children of the target: session_options.follow. Whatever is not
 *  followed is left alone. */
#define SESSION_FOLLOW_EXEC 1u
#define SESSION_FOLLOW_FORK 2u
/** Processes living at once that a session follows; of what comes on top a note tells. */
#define SESSION_MAX_PROCESSES 256
/** Children that have ended and keep a table each. Of more, those of the program with most of them
 *  share one. */
#define SESSION_MAX_ENDED 64

struct session_options {
	/** Frames kept per stack, 1 to NFRAME_MAX. */
	uint32_t nframe;
	/** SESSION_FOLLOW_*. */
	unsigned follow;
	/** session_launch(): put the target into a process group of its own (interactive use:
	 *  Ctrl-C must not reach it). */
	bool want_own_group;
	/** session_launch(): file for the target's standard input, or NULL to keep ours. */
	const char *stdin_path;
	/** Allocators of the user's own, as for session_check_probe(). */
	const char *const *probes;
	size_t num_probes;
	/** Most memory in bytes that the tables of a process may take, at least SESSION_MIN_MEMORY;
	 *  0: any. See drain/limits.c. */
	uint64_t max_memory;
	/** Ask the servers of DEBUGINFOD_URLS for debug files that are missing when frames are
	 *  looked up, at most so long for each; 0: only tell, once, that this could be done. */
	uint64_t debuginfod_ns;
};

/** Less than this is of no use. */
#define SESSION_MIN_MEMORY (1u << 20)

/** "domain=arena,alloc=arena_alloc(size=2),free=arena_free(ptr=2)", see probe_list_parse().
 *  ERR_USAGE: what is wrong. */
struct err *session_check_probe(const char *spec) __must_check;

/** DEBUGINFOD_URLS names servers. Before session_create() only: later it is not in our environment
 *  any more. */
bool session_has_servers(void);

/** ERR_USAGE with tracemalloc's words when nframe is outside [1, NFRAME_MAX]. */
struct err *session_check_nframe(long nframe) __must_check;

/** Begin the session. Must be called before the process has any thread or large tables: the tracer
 *  is forked from it. Standard descriptors are shared with the tracer. */
struct err *session_create(const struct session_options *options,
			   struct session **ret) __must_check;

/** The process that is launched or attached to, or what a file tells. It exists as long as the
 *  session. */
struct traced *session_first(const struct session *s);

/** Launch argv[0] (searched on PATH), traced from its first allocation. On return the program
 *  stands before its first constructor and waits for session_release(). Errors: no such file, not
 *  executable, 32-bit, not readable. A setuid program runs without privileges unless we have
 *  CAP_SYS_PTRACE; a note tells. */
struct err *session_launch(struct session *s, char *const argv[]) __must_check;

/** Attach to a running process and begin tracing. Errors name the cause and the remedy: no such
 *  process, permission (uid, Yama, capability), already traced (by whom), 32-bit, kernel thread,
 *  zombie. The target is untouched then. */
struct err *session_attach(struct session *s, pid_t pid) __must_check;

/** A session on a file instead of a process: its snapshots are loaded (of very many the newest; a
 *  note tells), of several with one name all but the newest under their numbers. In place of
 *  session_launch() and session_attach(). path NULL: without any, for traced_load(). */
struct err *session_open(struct session *s, const char *path) __must_check;

/** Let a launched program run; no effect otherwise. Idempotent. */
struct err *session_release(struct session *s) __must_check;

/** Leave: restore all bytes, release all threads, end the tracer; the processes run on. The tables
 *  stay. Idempotent. */
struct err *session_detach(struct session *s) __must_check;

/** The error when the tracer died before it was asked to leave (the target goes on, untraced); else
 *  NULL. Looks for at most a second longer when expects_it: a call to it has failed. */
struct err *session_lost_tracer(struct session *s, bool expects_it) __must_check;

/** Detach if need be, free everything. NULL is fine. */
void session_destroy(struct session *s);

#endif
