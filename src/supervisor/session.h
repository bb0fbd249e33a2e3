// SPDX-License-Identifier: GPL-3.0-or-later
/** A session: one run of malloscope. It has a tracer process, and one traced process (struct
 *  traced); with SESSION_FOLLOW_FORK it may have several. This header begins and ends a session.
 *  The other headers have what the console and main ask of it:
 *
 *  - traced.h: the state of a process; start, stop, clear, kill
 *  - processes.h: which processes there are
 *  - waiting.h: waits; notes.h: what the user should know meanwhile
 *  - snapshots.h, blocks.h, code.h: what is in the tables; measure.h: measured functions
 *  - storing.h: files
 *
 *  It knows no argv and no terminal. Only one thread may call these functions (the console's).
 *  Threads of the session drain the rings meanwhile. The tables stay after the target's end and
 *  after detach, with symbols. */
#ifndef SUPERVISOR_SESSION_H
#define SUPERVISOR_SESSION_H

#include "base/engine.h"
#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define NFRAME_DEFAULT 32
#define NFRAME_MAX     65535

struct session;
struct traced;

/** What is followed: new process images and children of the target (session_options.follow).
 *  Whatever is not followed is left alone. */
#define SESSION_FOLLOW_EXEC 1u
#define SESSION_FOLLOW_FORK 2u
/** How many processes a session follows at a time. A note tells of any more. */
#define SESSION_MAX_PROCESSES 256
/** How many children that have ended keep tables of their own. Beyond that, those of the most
 *  frequent program are merged. */
#define SESSION_MAX_ENDED 64

struct session_options {
	/** Frames kept per stack, 1 to NFRAME_MAX. */
	uint32_t nframe;
	/** SESSION_FOLLOW_*. */
	unsigned follow;
	/** How calls are to be captured. What cannot be had is done by breakpoints, and
	 *  traced_status() tells why. */
	enum engine engine;
	/** session_launch(): put the target into a process group of its own (interactive use:
	 *  Ctrl-C must not reach it). */
	bool want_own_group;
	/** session_launch(): file for the target's standard input, or NULL to keep ours. */
	const char *stdin_path;
	/** Allocators of the user's own, as for session_check_probe(). */
	const char *const *probes;
	size_t num_probes;
	/** Record a sample of the allocations: each thread one in so many bytes on average, 1 to
	 *  SESSION_MAX_SAMPLE. 0: record all. */
	uint64_t sample_rate;
	/** How many bytes the tables of a process may take, at least SESSION_MIN_MEMORY; 0: no
	 *  limit. See drain/limits.c. */
	uint64_t max_memory;
	/** How long to ask the servers of DEBUGINFOD_URLS for each debug file that is missing when
	 *  frames are looked up, in ns. 0: do not ask; a note says once that this could be done. */
	uint64_t debuginfod_ns;
};

#define SESSION_MAX_SAMPLE (1ull << 40)
/** Less memory than this is useless. */
#define SESSION_MIN_MEMORY (1u << 20)

/** Check "domain=arena,alloc=arena_alloc(size=2),free=arena_free(ptr=2)"; see probe_list_parse().
 *  ERR_USAGE says what is wrong. */
struct err *session_check_probe(const char *spec) __must_check;

/** Tell whether DEBUGINFOD_URLS names servers. Only before session_create(), which removes it from
 *  our environment. */
bool session_has_servers(void);

/** Check nframe. ERR_USAGE with tracemalloc's words: it is outside [1, NFRAME_MAX]. */
struct err *session_check_nframe(long nframe) __must_check;

/** Begin a session. The tracer is forked here. So call this before the process has any thread or
 *  large tables. The tracer shares the standard descriptors. */
struct err *session_create(const struct session_options *options,
			   struct session **ret) __must_check;

/** The first process: it is launched or attached to, or is what a file tells. It exists as long as
 *  the session. */
struct traced *session_first(const struct session *s);

/** Launch argv[0] (searched on PATH), and trace it from its first allocation. When this returns,
 *  the program stands before its first constructor and waits for session_release(). Errors: no such
 *  file, not executable, 32-bit, not readable. A setuid program runs without privileges, unless we
 *  have CAP_SYS_PTRACE; a note tells. */
struct err *session_launch(struct session *s, char *const argv[]) __must_check;

/** Attach to a running process and begin tracing. Errors name the cause and the remedy: no such
 *  process, permission (uid, Yama, capability), already traced (by whom), 32-bit, kernel thread,
 *  zombie. The target is untouched then. */
struct err *session_attach(struct session *s, pid_t pid) __must_check;

/** Make it a session on a file instead of a process, in place of session_launch() and
 *  session_attach(). The snapshots of the file are loaded; if there are very many, only the newest,
 *  and a note tells. Of several with the same name, all but the newest get their numbers as names.
 *  path NULL: load nothing; traced_load() follows. */
struct err *session_open(struct session *s, const char *path) __must_check;

/** Let a launched program run. No effect in other cases. Idempotent. */
struct err *session_release(struct session *s) __must_check;

/** Detach: restore all bytes, release all threads, end the tracer. The processes run on, and the
 *  tables stay. Idempotent. */
struct err *session_detach(struct session *s) __must_check;

/** The error if the tracer died before it was asked to end (the target goes on, untraced); else
 *  NULL. expects_it: a call to the tracer has failed, so look for up to a second. */
struct err *session_lost_tracer(struct session *s, bool expects_it) __must_check;

/** Detach if needed, and free everything. NULL is fine. */
void session_destroy(struct session *s);

#endif
