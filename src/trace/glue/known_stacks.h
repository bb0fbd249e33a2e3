// SPDX-License-Identifier: GPL-3.0-or-later
/** The tracer's own set of stacks that the supervisor knows: it grows, as the one in agent memory
 *  cannot. */
#ifndef TRACE_GLUE_KNOWN_STACKS_H
#define TRACE_GLUE_KNOWN_STACKS_H

#include "base/cleanup.h"

#include <stdbool.h>

struct capture_known;

/** Places of a new set. */
#define KNOWN_STACKS_FIRST 1024

/** An empty set, to be freed with free(). NULL: out of memory. */
struct capture_known *known_stacks_create(void);
/** Put a set of twice the places in place of *known, with all its members. False: it is as large as
 *  it may be, and is emptied when it is full; or out of memory. */
bool known_stacks_grow(struct capture_known **known) __must_check;

#endif
