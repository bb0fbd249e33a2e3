// SPDX-License-Identifier: GPL-3.0-or-later
/** Threads in the agent: between the first instruction of a pad and the last one of the agent. To
 *  the program they are at the function's entry, or just behind its return. So nobody may see them
 *  there: before a signal is delivered, and before anything changes for all threads, they are let
 *  out. */
#ifndef TRACE_AGENT_INSIDE_H
#define TRACE_AGENT_INSIDE_H

#include <stdbool.h>

struct process;
struct thread;

/** Is t, registers fetched, at the breakpoint of upcalls? */
bool agent_is_at_upcall(const struct process *p, const struct thread *t);
/** Is t, registers fetched, in the agent or in a pad? */
bool agent_is_inside(struct process *p, const struct thread *t);

/** A thread waits for room in the ring. Returns enum agent_answer: there may be room now, or nobody
 *  makes room any more. */
int agent_wait_room(struct process *p);

/** Is t, registers fetched, at the upcall that asks for room? It has a record in its hand, which
 *  belongs to the time before. */
bool agent_is_putting(const struct process *p, const struct thread *t);
/** Is it at another one, whose answer makes it begin anew? */
bool agent_may_stay(const struct process *p, const struct thread *t);

enum inside_end {
	/** t is stopped outside, registers fetched; *sig is about to be delivered there, 0:
	 *  none. */
	INSIDE_LEFT,
	/** t has met the breakpoint of upcalls, registers fetched; its stop is not handled yet. */
	INSIDE_UPCALL,
	/** It gets a signal that cannot wait: *sig. */
	INSIDE_FAULT,
	/** It has ended, or does not come out. */
	INSIDE_LOST,
};

/** Let t, which is inside, stopped, registers fetched, run until it is out or makes an upcall. sig:
 *  it is about to be delivered, and comes again later, as do signals that come meanwhile; 0: none.
 *  If t must come into a group-stop, it does so when it goes on. */
enum inside_end agent_run_out(struct process *p, struct thread *t, int *sig);

/** The same when the agent is off and its upcalls have no breakpoint any more: if t, stopped, is in
 *  its code or in a pad, it is stepped out of it, with the answer of an agent without a tracer. It
 *  never ends in INSIDE_UPCALL. */
enum inside_end agent_step_out(struct process *p, struct thread *t, int *sig);

/** t, registers fetched, is about to get that signal. If it is the fault of a read that the agent
 *  risked, t is to go on without it: true. */
bool agent_forgive_fault(struct process *p, struct thread *t, int sig);

#endif
