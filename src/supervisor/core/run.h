// SPDX-License-Identifier: GPL-3.0-or-later
/** A session from the inside: what exists once for a run. What exists for each process is in struct
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
	/** The tracer process. pid 0: there is none, or not any more. */
	struct tracer_handle tracer;
	/** We asked the tracer to end, so its end is no accident. Atomic. */
	bool is_leaving;
	/** The tracer died while it was needed. Under the lock of first. */
	bool has_lost_tracer;
	/** Waits for the end of the tracer. */
	pthread_t watch_thread;
	bool has_watcher;
	/** The shared memory of the first process. */
	struct shared *shared;

	/** The process that was launched or attached to, or what a file tells; owned. It exists as
	 *  long as the session. Notes about the run are told by it. */
	struct traced *first;
	/** With SESSION_FOLLOW_FORK: the other processes, and the work of the thread that looks
	 *  after them. */
	struct family *family;
	struct arrivals *arrivals;
	/** If DEBUGINFOD_URLS names servers; else NULL. */
	struct downloads *downloads;

	/** An eventfd. It is written when something changes that a waiter may wait for, and by
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
