// SPDX-License-Identifier: GPL-3.0-or-later
/** How a thread gets past our trap, which stays where it is. */
#ifndef TRACE_CODE_RESUME_H
#define TRACE_CODE_RESUME_H

#include <stdbool.h>
#include <stdint.h>

struct breakpoint;
struct process;
struct thread;

/** Where thread t, stopped at b's trap, continues to execute b's instruction and what follows.
 *  Maps the area if need be, by a system call run on t. 0: cannot be done. */
uint64_t resume_pc(struct process *p, struct thread *t, struct breakpoint *b);
/** Execute the instruction under b's trap in its own place: the byte is lifted for one step of
 *  t, in which other threads can pass unseen. For return breakpoints that can be displaced nowhere.
 *  False: t vanished. */
bool resume_step_over(struct process *p, struct thread *t, struct breakpoint *b);

#endif
