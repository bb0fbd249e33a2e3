// SPDX-License-Identifier: GPL-3.0-or-later
/** Room for pads. A pad must be at one of a few addresses, since its jump is punned: so their areas
 *  are mapped where these are, and hold nothing else. Like xol areas they stay, and a later tracer
 *  finds in them which functions were patched. */
#ifndef TRACE_CODE_PADS_H
#define TRACE_CODE_PADS_H

#include "arch/patch.h"
#include "trace/code/jumps.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct process;
struct thread;

/** Find a place for a pad of patch, of which at most ARCH_PAD_SIZE bytes with its head are needed.
 *  If there is none in an area, one is mapped by a system call of t. Returns the pad's address; 0:
 *  none is free, or nothing can be mapped. */
uint64_t pads_place(struct process *p, struct thread *t, const struct arch_patch *patch);
/** Write the pad of patch: pad_addr is the place, pad what stands there. The place is then taken.
 *  False: impossible. */
bool pads_write(struct process *p, struct patch *patch, const struct arch_pad *pad);
/** Note the patch where a later tracer finds it. Before its jump is written. False: impossible. */
bool pads_note(struct process *p, struct patch *patch);
/** If an earlier tracer left an area of pads at start, take out the jumps that lead there, and use
 *  it. False: it is none. */
bool pads_adopt(struct process *p, uint64_t start);
/** Where in the area of pads around addr a target stands that returns at once; 0: addr is in none
 *  of them. */
uint64_t pads_empty_target(const struct process *p, uint64_t addr);
/** Forget all areas (a new process image). */
void pads_forget(struct process *p);

#endif
