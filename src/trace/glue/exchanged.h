// SPDX-License-Identifier: GPL-3.0-or-later
/** Return addresses that the agent has exchanged for its trampoline (agent/image.h): the originals
 *  are in the private part of its image, by their places on the stacks. */
#ifndef TRACE_GLUE_EXCHANGED_H
#define TRACE_GLUE_EXCHANGED_H

#include <stdint.h>

struct process;

/** A stack has *word at slot. If that is the trampoline, *word becomes the original; it stays if
 *  there is none. */
void exchanged_original(struct process *p, uint64_t slot, uint64_t *word);
/** Write all originals back to where the trampoline still stands. Calls in progress return to them
 *  then; of those the agent sees no more. */
void exchanged_put_back(struct process *p);

#endif
