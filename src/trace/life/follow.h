// SPDX-License-Identifier: GPL-3.0-or-later
/** Which processes there are, and which of them a task belongs to. */
#ifndef TRACE_LIFE_FOLLOW_H
#define TRACE_LIFE_FOLLOW_H

#include "base/cleanup.h"
#include "base/err.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct process;
struct thread;
struct tracer;

/** Process number i. NULL: there is none (yet). */
struct process *follow_get(struct tracer *tracer, uint32_t i);
/** Tell whether the program that p executes in its place is followed. */
bool follow_executed(const struct process *p);
/** The process that thread tid belongs to. For a new task: the process of the thread that it is a
 *  copy of. */
struct process *follow_owner(struct tracer *tracer, pid_t tid);
/** Tell whether a task shares p's memory (vfork, CLONE_VM). */
bool follow_shares_memory(struct process *p, pid_t tid);
/** The forked child tid of p stands before its first instruction, and its text is clean. Hold it
 *  and tell the supervisor. False: it is not followed. */
bool follow_forked(struct process *p, pid_t tid);
/** The same for a child that shared p's memory and stands in PTRACE_EVENT_EXEC. It is no thread of
 *  p any more. */
bool follow_spawned(struct process *p, pid_t tid);
/** We are done with p. Only its list of planted traps is kept: children of p that were not seen yet
 *  have the same traps. */
void follow_ended(struct process *p);
/** The supervisor is done with p. Another process may take its place once it has ended. If p stands
 *  in its first stop, it is released. */
void follow_release(struct process *p);
/** p has executed a program that is not followed: release it from t. */
void follow_let_go_executed(struct process *p, struct thread *t);
/** Release p, which stands in thread t with nothing planted, for the reason given. "": nobody needs
 *  to know. */
void follow_let_go(struct process *p, struct thread *t, const char *format, ...) __printf(3, 4);

#endif
