// SPDX-License-Identifier: GPL-3.0-or-later
/** A session without a process: the functions of supervisor/session.h over a heap that the test
 *  fills by hand. Pid 4242, program /usr/bin/leaky; tracing begins at second 100 of a clock that
 *  stands still unless the test moves it. */
#ifndef TESTS_UNIT_FAKE_SESSION_H
#define TESTS_UNIT_FAKE_SESSION_H

#include "base/vec.h"
#include "supervisor/session.h"

/** Frames that the resolver knows. Any other has no name and no module. */
enum fake_frame {
	/** /src/leaky.c:12, leak; its source line is `p = malloc(n);`. */
	FAKE_LEAK = 1,
	/** /src/leaky.c:31, fill. */
	FAKE_FILL,
	/** /src/leaky.c:50, main. */
	FAKE_MAIN,
	/** libfoo.so(grow+0x12), no line. */
	FAKE_GROW,
	/** operator new, allocator plumbing. */
	FAKE_NEW,
	/** Two locations: /src/list.h:7 push inlined into /src/list.c:20 append. */
	FAKE_INLINED,
};

struct session {
	struct heap *heap;
	struct strtab *strings;
	struct resolver resolver;
	struct frame_source source;
	VEC(struct snapshot *) snapshots;
	unsigned num_names;
	struct session_status status;
	/** The clock. */
	uint64_t now_ns;
	/** Notes to be taken, the next first. */
	const char *notes[4];
	size_t num_notes;
	/** The next result of `measure`, or NULL. */
	struct measured_result *measured;
	/** session_on_news(). */
	void (*on_news)(void *ctx);
	void *on_news_ctx;
	/** session_wait() and session_wait_call() return &err_stop. */
	bool stops_waits;
	/** session_loading() returns it. */
	bool is_loading;
	/** What session_downloading() shows, or NULL. */
	const char *downloading;
	/** Another process, or NULL. */
	struct session *child;
	/** session_hold() less session_let(). */
	int num_holds;
	/** Called in session_wait(). */
	void (*on_wait)(struct session *s);
	/** Names of the functions called that change something, with arguments, each with a blank
	 *  behind. */
	char log[512];
	/** No allocator was found. */
	bool has_no_probes;
};

/** A running, traced target from launch. Aborts without memory. */
struct session *fake_session(void);

/** An allocation with a stack of up to 3 frames, most recent first, 0 ends them. */
void fake_alloc(struct session *s, uint64_t addr, uint64_t size, uint64_t frame0, uint64_t frame1,
		uint64_t frame2);

#endif
