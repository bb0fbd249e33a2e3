// SPDX-License-Identifier: GPL-3.0-or-later
/** Patching: a function gets a jump to a pad in place of its breakpoint, so that its calls do not
 *  stop. The pad calls a target (the agent), and goes on with the function.
 *
 *  The breakpoint stays what it is: its trap only has the jump in its place. While the jump is
 *  written, and when it is out again, the trap stands and is hit as ever. What the jump must have
 *  as traps in its middle are breakpoints, too (ROLE_INSIDE): whoever meets one goes on in the
 *  pad.
 *
 *  If the function begins with a mark of branch targets, its breakpoint moves behind the mark
 *  (patch_entry()). */
#ifndef TRACE_CODE_PATCH_H
#define TRACE_CODE_PATCH_H

#include "wire/plant_why.h"

#include <stdbool.h>
#include <stdint.h>

struct breakpoint;
struct process;
struct thread;

/** Patch the function of b, which is planted and has no role but PLANT_PROBE. Its pad calls target,
 *  with probe_index in the pad's head; target 0: a function that returns at once. t, registers
 *  fetched, makes system calls for it, as inject_syscall() wants it. Returns WHY_NONE if the jump
 *  stands then; else b is as before, and why. Patched already: the pad gets the target and the
 *  index. */
enum plant_why patch_function(struct process *p, struct thread *t, struct breakpoint *b,
			      uint64_t target, uint32_t probe_index);
/** The breakpoint that has the roles of b: b itself, or the one behind its mark. */
struct breakpoint *patch_entry(struct process *p, struct breakpoint *b);
/** Tell whether b's jump stands, or a part of it. */
bool patch_stands(const struct process *p, const struct breakpoint *b);
/** Take b's jump out; the breakpoint is hit again then, and may be unplanted. t as for
 *  patch_function(), or NULL: then the tracer waits some 40 ms. breakpoint_unplant() does the same
 *  without t. False: the jump stays. */
bool patch_undo(struct process *p, struct thread *t, struct breakpoint *b);
/** The same when all threads of the process are stopped, and none stands in what the jump covers:
 *  nothing is to be waited for. */
bool patch_undo_stopped(struct process *p, struct breakpoint *b);

/** Tell whether pc is in a pad, or in the target that returns at once. */
bool patch_is_pad(const struct process *p, uint64_t pc);
/** The place in the function for a pc in its pad. Up to the first copy that is the jump: a thread
 *  that is sent there calls the target again. Any other pc is returned as it is, and so is one
 *  in the middle of a call's copy. */
uint64_t patch_original_pc(const struct process *p, uint64_t pc);
/** Thread t, registers fetched, stands before the delivery of a signal. If it is in a pad, put it
 *  back to the function, so that a handler sees the function's own pc. */
void patch_rewind_pc(struct process *p, struct thread *t);

#endif
