// SPDX-License-Identifier: GPL-3.0-or-later
/** How a thread gets past our trap, which stays where it is. */
#ifndef TRACE_CODE_RESUME_H
#define TRACE_CODE_RESUME_H

#include <stdbool.h>
#include <stdint.h>

struct breakpoint;
struct process;
struct thread;

/** Where thread t, which stopped at b's trap, goes on to execute b's instruction and what follows.
 *  If an area is needed, it is mapped by a system call of t. 0: impossible. */
uint64_t resume_pc(struct process *p, struct thread *t, struct breakpoint *b);
/** Execute the instruction under b's trap in its own place. The trap is taken out for one step of
 *  t; meanwhile other threads can pass unseen. For return breakpoints whose instruction cannot be
 *  displaced. False: t vanished. */
bool resume_step_over(struct process *p, struct thread *t, struct breakpoint *b);

#endif
