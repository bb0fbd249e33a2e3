// SPDX-License-Identifier: GPL-3.0-or-later
/** Traps in the code of the target, and what they replaced. The list of them is in shared memory:
 *  the tracer writes it, and whoever outlives the other restores the target by it. Code is read and
 *  written through two functions, so the same rules hold in /proc/PID/mem, by ptrace and on a
 *  buffer. */
#ifndef WIRE_PLANTED_H
#define WIRE_PLANTED_H

#include "arch/arch.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** An instruction that was, is or will be covered by a trap. */
struct planted {
	uint64_t addr;
	/** What the trap replaces, arch->trap_size bytes; valid when has_original. */
	uint8_t original[ARCH_MAX_TRAP];
	uint8_t has_original;
	/** The trap is in place (set before it is written, cleared after it is taken out). */
	uint8_t is_planted;
};

/** Access to code. Each handles exactly size bytes; false: not possible. */
struct code_ops {
	bool (*read)(void *ctx, uint64_t addr, void *buf, size_t size);
	bool (*write)(void *ctx, uint64_t addr, const void *buf, size_t size);
	void *ctx;
};

/** What p's trap will replace. False: unreadable, or a trap stands there already, the program's or
 *  another tool's own. p is unchanged then. */
bool planted_prepare(struct planted *p, const struct arch *arch, const struct code_ops *ops);
/** Put p's trap in its place, after planted_prepare(). Whoever reads the list knows of it before.
 *  False: it cannot be written, and p is as if it had been taken out. */
bool planted_plant(struct planted *p, const struct arch *arch, const struct code_ops *ops);
/** Does p's trap stand in this memory? */
bool planted_stands(const struct planted *p, const struct arch *arch, const struct code_ops *ops);
/** Put back what the trap replaced, if it stands there: the program may have replaced its text. The
 *  list is not changed. False: it stands there still. */
bool planted_restore(const struct planted *p, const struct arch *arch, const struct code_ops *ops);
/** p's trap was taken out: nobody need restore it any more. */
void planted_mark_gone(struct planted *p);
/** Restore all that is planted. Each entry may change meanwhile. Returns how many cannot be restored. */
size_t planted_restore_all(const struct planted *list, size_t num, const struct arch *arch,
			   const struct code_ops *ops);

/** buf holds size bytes of code that stands at addr: as it was before p's trap. */
void planted_hide(const struct planted *p, const struct arch *arch, uint64_t addr, uint8_t *buf,
		  size_t size);

#endif
