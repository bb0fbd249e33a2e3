// SPDX-License-Identifier: GPL-3.0-or-later
/** Which processes there are, and whose a task is. */
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
/** Is the program that p executes in its place to be followed? */
bool follow_executed(const struct process *p);
/** Whose thread tid is; of a new task: of whose thread it is a copy. */
struct process *follow_owner(struct tracer *tracer, pid_t tid);
/** Does a task share p's memory (vfork, CLONE_VM)? */
bool follow_shares_memory(struct process *p, pid_t tid);
/** The forked child tid of p stands before its first instruction, its text is clean: hold it and
 *  tell the supervisor. False: it is not to be followed. */
bool follow_forked(struct process *p, pid_t tid);
/** The same for a child that shared p's memory and stands in PTRACE_EVENT_EXEC; it is no thread of
 *  p any more. */
bool follow_spawned(struct process *p, pid_t tid);
/** p is gone for us. Only the list of planted bytes is kept, which is that of children of
 *  its own that were not seen yet. */
void follow_ended(struct process *p);
/** The supervisor is done with p: its place may be taken once it has ended. If it stands in its
 *  first stop it is let go. */
void follow_release(struct process *p);
/** p has executed a program that is not to be followed: let it go from t. */
void follow_let_go_executed(struct process *p, struct thread *t);
/** Let p, which stands in thread t with nothing planted, go for the reason given; "": of which
 *  nobody needs to be told. */
void follow_let_go(struct process *p, struct thread *t, const char *format, ...) __printf(3, 4);

#endif
