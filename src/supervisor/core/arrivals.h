// SPDX-License-Identifier: GPL-3.0-or-later
/** What the family's thread waits for: children that the tracer has announced and nobody has taken
 *  over yet, and members that have changed. The drain threads report both, so this is below
 *  them. */
#ifndef SUPERVISOR_CORE_ARRIVALS_H
#define SUPERVISOR_CORE_ARRIVALS_H

#include "supervisor/core/traced.h"

/** A child that was announced. It stands in its first stop. */
struct arrival {
	pid_t pid;
	pid_t parent;
	/** As in struct command. */
	uint32_t number;
	/** CHILD_*. */
	uint32_t flags;
	uint32_t nframe;
};

/** What there is to do. */
struct arrivals_work {
	/** child is the next one. If not, only members have changed. */
	bool has_child;
	struct arrival child;
};

struct err *arrivals_create(struct arrivals **ret) __must_check;
/** NULL is fine. */
void arrivals_destroy(struct arrivals *a);

/** Queue a child of t. Under its lock. Without memory, or when no child is taken over any more, the
 *  child goes on untraced. */
void arrivals_add(struct traced *t, const struct event_child *event);
/** Report that the state of a process has changed: it has ended, was released ... Does nothing
 *  without a family. */
void arrivals_wake(struct session *s);

/** Sleep until there is work. can_take: there is room for another child. False: arrivals_end() was
 *  called. After the work call arrivals_done(). */
bool arrivals_wait(struct arrivals *a, bool can_take, struct arrivals_work *ret);
/** The work is done. wants_more: try again a little later. */
void arrivals_done(struct arrivals *a, bool wants_more);
/** Tell whether something is queued or in work, or has changed and was not looked at yet. */
bool arrivals_is_busy(struct arrivals *a);
/** arrivals_wait() returns false from now on. */
void arrivals_end(struct arrivals *a);

#endif
