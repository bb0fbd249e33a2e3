// SPDX-License-Identifier: GPL-3.0-or-later
/** Traps in the code of the target, and what they replaced. The list of them is in shared memory.
 *  The tracer writes it. When one of the two processes dies, the other restores the target by it.
 *  Code is read and written through two functions, so the same rules hold in /proc/PID/mem, by
 *  ptrace and on a buffer. */
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

/** How to access code. Each function handles exactly size bytes. False: impossible. */
struct code_ops {
	bool (*read)(void *ctx, uint64_t addr, void *buf, size_t size);
	bool (*write)(void *ctx, uint64_t addr, const void *buf, size_t size);
	void *ctx;
};

/** Note what p's trap will replace. False: it is unreadable, or a trap of the program or of another
 *  tool is there already. p is then unchanged. */
bool planted_prepare(struct planted *p, const struct arch *arch, const struct code_ops *ops);
/** Put p's trap in its place, after planted_prepare(). Readers of the list know of it before.
 *  False: it cannot be written, and p is as if the trap had been taken out. */
bool planted_plant(struct planted *p, const struct arch *arch, const struct code_ops *ops);
/** Tell whether p's trap is in this memory. */
bool planted_stands(const struct planted *p, const struct arch *arch, const struct code_ops *ops);
/** Put back what the trap replaced, if it is still there; the program may have replaced its text.
 *  The list is not changed. False: the trap is still there. */
bool planted_restore(const struct planted *p, const struct arch *arch, const struct code_ops *ops);
/** p's trap was taken out: nobody must restore it any more. */
void planted_mark_gone(struct planted *p);
/** Restore everything that is planted. Each entry may change meanwhile. Returns how many cannot be
 *  restored. */
size_t planted_restore_all(const struct planted *list, size_t num, const struct arch *arch,
			   const struct code_ops *ops);

/** buf holds size bytes of code from addr. Make it as it was before p's trap. */
void planted_hide(const struct planted *p, const struct arch *arch, uint64_t addr, uint8_t *buf,
		  size_t size);

#endif
