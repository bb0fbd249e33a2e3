// SPDX-License-Identifier: GPL-3.0-or-later
/** The target's memory, to restore its bytes when the tracer dies. */
#ifndef SUPERVISOR_CORE_MEMORY_H
#define SUPERVISOR_CORE_MEMORY_H

#include "supervisor/core/traced.h"

/** (Re)open the target's memory: a descriptor of it is good for one image, and for no process that
 *  gets the target's number after it. */
void memory_open(struct traced *t);
/** Idempotent. */
void memory_close(struct traced *t);
/** Take out the breakpoints that a tracer has left in the target when it died. One that left as it
 *  should has left none. */
void memory_restore(struct traced *t);

#endif
