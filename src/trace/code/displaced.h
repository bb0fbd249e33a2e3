// SPDX-License-Identifier: GPL-3.0-or-later
/** Instructions under our traps, and the copies of them that are executed out of line. */
#ifndef TRACE_CODE_DISPLACED_H
#define TRACE_CODE_DISPLACED_H

#include <stdbool.h>
#include <stdint.h>

struct breakpoint;
struct process;
struct thread;
struct xol_area;

/** Find the way past b, with a slot in the area if it needs one and area is not NULL. False: there
 *  is none. */
bool displaced_relocate(struct process *p, struct breakpoint *b, struct xol_area *area);
/** Make b's slot if there is an area for it: nobody needs to stop for that. */
void displaced_prepare(struct process *p, struct breakpoint *b);
/** A thread stands in b's trap, and there is no area yet: make b's slot in a code cave, so that it
 *  can be parked where it goes on whatever happens. */
void displaced_shelter(struct process *p, struct breakpoint *b);
/** The original address of a pc that lies in a slot, or pc. */
uint64_t displaced_original_pc(struct process *p, uint64_t pc);
/** t, registers fetched, stands before the delivery of a signal, which is a fault of the
 *  instruction itself or not. If that is in a slot it is put back to the original, so that a
 *  handler, a core dump and an unwinder see the program's own pc. When it comes back there,
 *  displaced_is_rewound() knows that its hit was counted. */
void displaced_rewind_pc(struct process *p, struct thread *t, bool is_fault);
/** t, registers fetched, stands behind the trap of b: again, with nothing changed since its pc was
 *  rewound? It forgets that. */
bool displaced_is_rewound(struct process *p, struct thread *t, const struct breakpoint *b);

#endif
