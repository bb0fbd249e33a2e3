// SPDX-License-Identifier: GPL-3.0-or-later
/** Life of a struct process. */
#ifndef TRACE_LIFE_CREATE_H
#define TRACE_LIFE_CREATE_H

#include <stdint.h>

struct process;
struct shared;
struct tracer;

/** A process of that number with nothing in it yet; its stacks are cut after nframe frames. shared
 *  stays the caller's. NULL: out of memory. */
struct process *process_create(struct tracer *tracer, uint32_t number, struct shared *shared,
			       uint32_t nframe);
/** It has no threads any more. */
void process_destroy(struct process *p);
/** Forget everything about its memory: there is another one, or none. */
void process_forget_memory(struct process *p);

#endif
