// SPDX-License-Identifier: GPL-3.0-or-later
/** Jumps in the code of the target in place of a function's first instructions (arch/patch.h), and
 *  how they are written and taken out while threads run there. As with traps (wire/planted.h), the
 *  list of them is in shared memory, and when one process dies the other restores the target by it.
 *
 *  A trap stands at byte 0 already: the function's breakpoint. So a jump comes in this order:
 *
 *      traps at all bytes at which an instruction begins; all CPUs see them; the other bytes; all
 *      CPUs see them; byte 0.
 *
 *  and goes in reverse. Whatever a thread executes meanwhile is an original instruction, a trap or
 *  the whole jump. After a death at any moment the traps stand for what the orphan-trap handler
 *  knows. But no byte may be restored alone: the breakpoint's own byte comes after all others. */
#ifndef WIRE_PATCHED_H
#define WIRE_PATCHED_H

#include "arch/patch.h"
#include "wire/planted.h"

/** A jump that is, was or will be in the code. */
struct patched {
	uint64_t addr;
	/** Bytes of the jump. */
	uint8_t size;
	/** As in struct arch_patch. */
	uint8_t starts;
	/** Some of it may stand (set before the first byte is written, cleared after the last one
	 *  is back). */
	uint8_t is_patched;
	uint8_t original[ARCH_MAX_JUMP];
	uint8_t jump[ARCH_MAX_JUMP];
};

/** How to make all CPUs that run the process see the code as it is written now. False: impossible,
 *  or not known to have happened. run NULL: none of them runs it. */
struct code_sync {
	bool (*run)(void *ctx);
	void *ctx;
};

/** Put p's jump in the place of the trap at its first byte. False: it cannot be written, or not
 *  every CPU can be made to see it. As far as possible everything is then as before; at worst
 *  is_patched is still set, and the function's breakpoint goes on to work. */
bool patched_put(struct patched *p, const struct arch *arch, const struct code_ops *ops,
		 const struct code_sync *sync);
/** Tell whether anything of p's jump is in this memory but a trap at byte 0. False too when
 *  somebody else has changed the code there: nobody may then write to it. */
bool patched_stands(const struct patched *p, const struct arch *arch, const struct code_ops *ops);
/** Take out the jumps of list[0, num) that are patched: of each a trap stays at byte 0. Each entry
 *  may change meanwhile. Returns how many of them still stand: where CPUs could not be made to see
 *  a step, the next one was not made, and calls meet the trap. */
size_t patched_take_out(const struct patched *list, size_t num, const struct arch *arch,
			const struct code_ops *ops, const struct code_sync *sync);
/** p's jump was taken out: nobody need do it any more. */
void patched_mark_gone(struct patched *p);
/** After a death: take out all jumps of patched[], then all traps of planted[]. Where a jump stands
 *  that cannot be taken out, its trap stays, too. sync NULL: all jumps stay. Returns how many jumps
 *  and traps are left. */
size_t patched_restore_all(const struct patched *patched, size_t num_patched,
			   const struct planted *planted, size_t num_planted,
			   const struct arch *arch, const struct code_ops *ops,
			   const struct code_sync *sync);
/** buf holds size bytes of code from addr. Make it as it was before p's jump. */
void patched_hide(const struct patched *p, uint64_t addr, uint8_t *buf, size_t size);

/** For a process that cannot run code in the target: wait until each CPU has executed something
 *  else, by a system call of our own. It takes some 20 ms. False: the kernel cannot do that. */
bool patched_sync_all_cpus(void *ctx);
/** Tell whether it can. */
bool patched_can_sync_all_cpus(void);

#endif
