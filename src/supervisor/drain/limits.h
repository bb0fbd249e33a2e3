// SPDX-License-Identifier: GPL-3.0-or-later
/** The limit of session_options.max_memory. All under lock. */
#ifndef SUPERVISOR_DRAIN_LIMITS_H
#define SUPERVISOR_DRAIN_LIMITS_H

#include "supervisor/core/traced.h"

/** How many bytes the tables may take: session_options.max_memory, or half of what this machine has
 *  where that is 0 and the process has an agent. 0: no limit. */
size_t limits_max(const struct traced *t);
/** How much memory of the tables counts against the limit. */
size_t limits_used(const struct traced *t);
/** Close the tables if they have grown that large. Cheap; called as they grow. */
void limits_check(struct traced *t);
/** The stack that stands for all stacks that are not kept. */
struct err *limits_beyond(struct traced *t, uint32_t *ret) __must_check;

#endif
