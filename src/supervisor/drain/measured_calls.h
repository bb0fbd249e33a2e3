// SPDX-License-Identifier: GPL-3.0-or-later
/** What the calls of measured functions did: entries, returns and blocks make results. All under
 *  lock. */
#ifndef SUPERVISOR_DRAIN_MEASURED_CALLS_H
#define SUPERVISOR_DRAIN_MEASURED_CALLS_H

#include "supervisor/core/state.h"

/** A function that is measured. */
struct measured_function {
	uint32_t id;
	char *function;
	uint64_t num_calls;
	uint64_t num_done;
	uint64_t num_active;
	VEC(uint64_t) addrs;
	/** The result in the making; its snapshot is made at its end from stayed: site -> index
	 *  in sums. */
	struct session_measured sum;
	bool has_sum;
	struct hmap stayed;
	VEC(struct snapshot_site) sums;
};

/** Of a session. */
struct measuring {
	VEC(struct measured_function *) functions;
	/** tid -> struct measured_thread *, while it has calls in progress. */
	struct hmap threads;
	/** Address of a logged block -> tid << 32 | place in that thread's log. */
	struct hmap logged;
	VEC(struct session_measured *) results;
	uint32_t num_ids;
	bool is_overflow_noted;
};

/** A thread is at the entry of a measured function, and leaves that call. */
void measured_enter(struct session *s, const struct event_measure *event);
void measured_leave(struct session *s, const struct event_measure *event);
/** As many calls as were asked for have returned, or no more will come: sum them up. */
void measured_finish_sum(struct session *s, struct measured_function *f);
void measured_drop_all_threads(struct measuring *m);
/** NULL is fine. */
void measured_destroy_function(struct measured_function *f);

#endif
