// SPDX-License-Identifier: GPL-3.0-or-later
/** How the agent learns that its tracer is dead: a robust futex (get_robust_list(2)) in its memory.
 *  When the thread that traces ends, for whatever reason, the kernel marks it (FUTEX_OWNER_DIED). A
 *  tracer that is stopped only is not dead, and no clock is asked. */
#ifndef TRACE_AGENT_LIFE_WORD_H
#define TRACE_AGENT_LIFE_WORD_H

#include "base/cleanup.h"

#include <stddef.h>

struct life_word;

/** The calling thread lives, says the futex at that offset of the first page of file fd, from now
 *  on. To be called by one thread of a process alone. NULL: impossible, then nobody is told. */
struct life_word *life_word_create(int fd, size_t offset);
/** Say nothing any more. NULL: nothing. */
void life_word_destroy(struct life_word *word);

#endif
