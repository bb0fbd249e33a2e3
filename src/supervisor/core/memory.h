// SPDX-License-Identifier: GPL-3.0-or-later
/** Restores the target's bytes when the tracer dies. */
#ifndef SUPERVISOR_CORE_MEMORY_H
#define SUPERVISOR_CORE_MEMORY_H

#include "supervisor/core/traced.h"

/** Open the target's memory, again for each process image. A descriptor belongs to one image, and
 *  never to another process that gets the same number later. */
void memory_open(struct traced *t);
/** Idempotent. */
void memory_close(struct traced *t);
/** Take out the breakpoints that a tracer left in the target when it died. A tracer that ended in
 *  order left none. */
void memory_restore(struct traced *t);

#endif
