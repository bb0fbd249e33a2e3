// SPDX-License-Identifier: GPL-3.0-or-later
/** Compiles the rows that the tracer lacks, and names the frames of its stacks. */
#ifndef SUPERVISOR_CODE_ROWS_H
#define SUPERVISOR_CODE_ROWS_H

#include "supervisor/core/traced.h"

/** Compile the rows for the stack of thread tid, from frame on. The thread stands still. Under
 *  lock. */
void rows_fill(struct traced *t, pid_t tid, const struct walk_frame *frame);
/** Flags of struct stack: why a walk ended, and where, and which frames are sure. Under lock. */
uint32_t rows_stack_flags(struct traced *t, const struct event_stack *stack);
/** Find the frames and the domain of a stack. frames_ret has room for all its frames. Under
 *  lock. */
void rows_name_frames(struct traced *t, const struct event_stack *stack, uint64_t *frames_ret,
		      uint32_t *domain_ret);

#endif
