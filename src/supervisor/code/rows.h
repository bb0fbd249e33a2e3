// SPDX-License-Identifier: GPL-3.0-or-later
/** Rows of call-frame information that the tracer lacks, and what its stacks mean. */
#ifndef SUPERVISOR_CODE_ROWS_H
#define SUPERVISOR_CODE_ROWS_H

#include "supervisor/core/traced.h"

/** Compile the rows for the stack that begins with frame in thread tid, which stands still. Under
 *  lock. */
void rows_fill(struct traced *t, pid_t tid, const struct walk_frame *frame);
/** Frames and domain of a stack. frames_ret has room for all of them. Under lock. */
void rows_name_frames(struct traced *t, const struct event_stack *stack, uint64_t *frames_ret,
		      uint32_t *domain_ret);

#endif
