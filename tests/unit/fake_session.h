// SPDX-License-Identifier: GPL-3.0-or-later
/** Sessions without a process: the functions of supervisor/ over a heap that the test fills by
 *  hand. They are divided as the headers of supervisor/ are; a test links those that it needs
 *  (libfake.a). Pid 4242, program /usr/bin/leaky; tracing begins at second 100 of a clock that
 *  stands still unless the test moves it. */
#ifndef TESTS_UNIT_FAKE_SESSION_H
#define TESTS_UNIT_FAKE_SESSION_H

#include "fake_traced.h"
#include "supervisor/session.h"

struct session {
	struct traced *first;
	/** Another process, or NULL. */
	struct traced *child;
	/** session_hold() less session_let(). */
	int num_holds;
	/** session_on_news(). */
	void (*on_news)(void *ctx);
	void *on_news_ctx;
	/** Waits return &err_stop. */
	bool stops_waits;
	/** Called in traced_wait(). */
	void (*on_wait)(struct session *s);
	/** Names of the functions called that change something, with arguments, each with a blank
	 *  behind. */
	char log[512];
};

/** A running, traced target from launch. Aborts without memory. */
struct session *fake_session(void);

#endif
