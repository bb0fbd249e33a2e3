// SPDX-License-Identifier: GPL-3.0-or-later
/** Displaced execution: the instructions under our traps, and their relocated copies in slots. */
#ifndef TRACE_CODE_DISPLACED_H
#define TRACE_CODE_DISPLACED_H

#include <stdbool.h>
#include <stdint.h>

struct breakpoint;
struct process;
struct thread;
struct xol_area;

/** Find the way past b. If it needs a slot and area is not NULL, the slot is made there. False:
 *  there is no way. */
bool displaced_relocate(struct process *p, struct breakpoint *b, struct xol_area *area);
/** Make b's slot if there is an area for it. No thread must stop for that. */
void displaced_prepare(struct process *p, struct breakpoint *b);
/** A thread stands in b's trap, and there is no area yet: make b's slot in a code cave. There it
 *  can be parked, and goes on whatever happens. */
void displaced_shelter(struct process *p, struct breakpoint *b);
/** The original address of a pc that lies in a slot. Any other pc is returned as it is. */
uint64_t displaced_original_pc(struct process *p, uint64_t pc);
/** Thread t, registers fetched, stands before the delivery of a signal. is_fault: the signal is a
 *  fault of the instruction itself. If t is in a slot, put it back to the original instruction. So
 *  a handler, a core dump and an unwinder see the program's own pc. When t comes back there,
 *  displaced_is_rewound() knows that its hit was counted. */
void displaced_rewind_pc(struct process *p, struct thread *t, bool is_fault);
/** Thread t, registers fetched, stands behind the trap of b. Tell whether it is there again, with
 *  nothing changed since its pc was rewound. The rewound state is then forgotten. */
bool displaced_is_rewound(struct process *p, struct thread *t, const struct breakpoint *b);

#endif
