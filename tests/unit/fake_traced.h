// SPDX-License-Identifier: GPL-3.0-or-later
/** A traced process that is none. */
#ifndef TESTS_UNIT_FAKE_TRACED_H
#define TESTS_UNIT_FAKE_TRACED_H

#include "base/vec.h"
#include "heap/archive.h"
#include "heap/measured.h"
#include "heap/snapshot.h"
#include "supervisor/traced.h"

struct session;

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
	/** operator new, an allocator wrapper. */
	FAKE_NEW,
	/** Two locations: /src/list.h:7 push inlined into /src/list.c:20 append. */
	FAKE_INLINED,
};

struct traced {
	struct session *session;
	struct heap *heap;
	struct strtab *strings;
	struct resolver resolver;
	struct frame_source source;
	VEC(struct snapshot *) snapshots;
	unsigned num_names;
	struct traced_status status;
	/** resident 0: there is no process. */
	struct traced_footprint footprint;
	/** The clock. */
	uint64_t now_ns;
	/** Notes to be taken, the next first. */
	const char *notes[4];
	size_t num_notes;
	/** The next result of `measure`, or NULL. */
	struct measured_result *measured;
	/** traced_loading() returns it. */
	bool is_loading;
	/** What traced_downloading() shows, or NULL. */
	const char *downloading;
	/** No allocator was found. */
	bool has_no_probes;
};

/** Begin of tracing, CLOCK_MONOTONIC ns. */
#define FAKE_START_NS (100 * 1000000000ull)

/** A running, traced target from launch. Aborts without memory. */
struct traced *fake_traced(struct session *s);
void fake_traced_destroy(struct traced *t);

/** An allocation with a stack of up to 3 frames, most recent first, 0 ends them. */
void fake_alloc(struct traced *t, uint64_t addr, uint64_t size, uint64_t frame0, uint64_t frame1,
		uint64_t frame2);

/** Note a call in session.log. */
void fake_log(struct session *s, const char *format, ...) __printf(2, 3);

/** Abort on an error. */
static inline void fake_must(struct err *err)
{
	if (err)
		abort();
}

#endif
