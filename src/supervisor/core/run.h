// SPDX-License-Identifier: GPL-3.0-or-later
/** A session from the inside: what there is once in a run. What there is of each process is struct
 *  traced. */
#ifndef SUPERVISOR_CORE_RUN_H
#define SUPERVISOR_CORE_RUN_H

#include "supervisor/session.h"
#include "trace/tracer.h"
#include "wire/probe.h"

#include <pthread.h>

struct arrivals;
struct downloads;
struct family;
struct traced;

struct session {
	struct session_options options;
	/** Set once. */
	struct probe_list user_probes;
	/** The tracer process; pid 0: none, or it has been left. */
	struct tracer_handle tracer;
	/** We asked the tracer to leave: its end is no accident. Atomic. */
	bool is_leaving;
	/** The tracer died while it was needed. Under the lock of first. */
	bool has_lost_tracer;
	/** Waits for the end of the tracer. */
	pthread_t watch_thread;
	bool has_watcher;
	/** What the tracer shares with us of the first process. */
	struct shared *shared;

	/** The process that was launched or attached to, or what a file tells; owned. It exists as
	 *  long as the session. Notes about the run are told by it. */
	struct traced *first;
	/** With SESSION_FOLLOW_FORK: the other processes, and what the thread has to do that sees
	 *  to them. */
	struct family *family;
	struct arrivals *arrivals;
	/** Where DEBUGINFOD_URLS names servers; else NULL. */
	struct downloads *downloads;

	/** Bumped (eventfd) whenever something changed that a waiter may wait for, and by
	 *  session_interrupt(). The console's thread is the only waiter. */
	int wake_fd;
	/** Set by session_interrupt(); atomic. */
	bool is_interrupted;
	/** session_note_fd(), an eventfd. */
	int note_fd;
	/** session_on_news(). */
	void (*on_news)(void *ctx);
	void *on_news_ctx;
};

#endif
