// SPDX-License-Identifier: GPL-3.0-or-later
/** The life of a struct process. */
#ifndef TRACE_LIFE_CREATE_H
#define TRACE_LIFE_CREATE_H

#include <stdint.h>

struct process;
struct shared;
struct tracer;

/** Create an empty process with that number. nframe frames of its stacks are stored. shared stays
 *  the caller's. NULL: out of memory. */
struct process *process_create(struct tracer *tracer, uint32_t number, struct shared *shared,
			       uint32_t nframe);
/** Destroy a process that has no threads any more. */
void process_destroy(struct process *p);
/** Forget everything about its memory, which was replaced or is gone. */
void process_forget_memory(struct process *p);

#endif
