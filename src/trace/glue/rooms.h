// SPDX-License-Identifier: GPL-3.0-or-later
/** The rooms of threads in agent memory (agent/agent.h): a thread that the agent works for has its
 *  state there, where agent and tracer find it. While the thread runs it is the agent's. At an
 *  upcall and at a breakpoint it is the tracer's, which copies it, checked, since the target can
 *  write there, and puts it back.
 *
 *  The agent finds a room by the thread pointer. Two tasks may have the same one (a child by vfork,
 *  until it executes a program): then it finds no room for either, and each of their events is an
 *  upcall. Who was in the agent at that moment goes on with its room, and keeps its state there. */
#ifndef TRACE_GLUE_ROOMS_H
#define TRACE_GLUE_ROOMS_H

#include "base/cleanup.h"

#include <stdbool.h>
#include <stdint.h>

struct agent_memory;
struct capture_live;
struct process;
struct rooms;
struct thread;

/** The rooms of fresh agent memory, which must outlive them. NULL: out of memory. */
struct rooms *rooms_create(struct agent_memory *memory);
/** NULL: nothing. The threads must have left, or be told of nothing any more. */
void rooms_destroy(struct rooms *r);

/** Another task that has the thread pointer of t, registers fetched. NULL: none. */
struct thread *rooms_other(struct process *p, const struct thread *t);
/** Let the agent find t, registers fetched, which is not in the agent but at an upcall. If another
 *  task has its thread pointer, the agent finds neither from now on, wherever that one is. False:
 *  the agent cannot be told of t. */
bool rooms_enter(struct process *p, struct thread *t) __must_check;
/** t, registers fetched, has begun, and done nothing yet: the agent does not learn of it before its
 *  first event, but nobody else with its thread pointer is taken for it, nor it for another. */
void rooms_note(struct process *p, struct thread *t);
/** The agent forgets t, which is not in it: it has ended, or the agent is left. The state of t is
 *  in the tracer alone then. */
void rooms_leave(struct process *p, struct thread *t);

/** The state of t as it is in its room. t is not in the agent, but at an upcall. Without a room it
 *  is here already. */
void rooms_load(struct process *p, struct thread *t);
/** Put the state of t back. */
void rooms_store(struct thread *t);
/** Has the agent asked an allocator about that block of t's (AGENT_ASK)? *usable_ret is the answer,
 *  which the target may have made up. Asked once, told once. */
bool rooms_take_asked(struct thread *t, uint64_t ptr, uint64_t *usable_ret);
/** How many pending calls fit into its room, if it has one. */
bool rooms_is_full(const struct thread *t);

/** The stamp of a key (agent_shared.stamps), and another one for it. 0: there are none. */
uint64_t rooms_stamp(const struct process *p, uint64_t key);
void rooms_new_stamp(struct process *p, uint64_t key);

/** The set of live blocks in the memory of the agent. NULL: there is no agent. */
struct capture_live *rooms_live(const struct process *p);

/** Add what the agent has counted for t since the last time to the statistics of p. */
void rooms_count(struct process *p, struct thread *t);

#endif
