// SPDX-License-Identifier: GPL-3.0-or-later
/** How a function of the target is entered by us, and why not in another way. The tracer decides
 *  (EVENT_PLANTED), the supervisor shows it. */
#ifndef WIRE_PLANT_WHY_H
#define WIRE_PLANT_WHY_H

enum plant_how {
	/** A breakpoint. */
	HOW_BREAKPOINT,
	/** A jump to the agent. */
	HOW_PATCHED,
	NUM_PLANT_HOW,
};

/** Why a function has a breakpoint in a process that has the agent. */
enum plant_why {
	/** There is nothing to explain: it is patched, or its process has no agent. */
	WHY_NONE,
	/** The dynamic linker is at work; the function is patched later. */
	WHY_LOADING,
	/** It is one of --probe: it may throw, or leave its stack. */
	WHY_USER,
	/** Its blocks lie in blocks of another allocator. */
	WHY_LAYERED,
	/** Its calls are measured, or counted. */
	WHY_MEASURED,
	/** It may throw, and the unwinder that would meet our return address cannot be found. */
	WHY_THROWS,
	/** The instructions that the jump would cover cannot be moved: a call, a system call. */
	WHY_FIXED_CODE,
	/** A jump may lead into them. */
	WHY_ENTERED,
	/** It is shorter than a jump. */
	WHY_SHORT,
	/** When the kernel takes a uprobe out of it, half of a jump would stay. */
	WHY_HALVES,
	/** Nothing would catch a trap of ours after our death. */
	WHY_NO_HANDLER,
	/** There is no free address that the jump could lead to. */
	WHY_NO_ROOM,
	/** The kernel does not make other CPUs read changed code again. */
	WHY_NO_BARRIER,
	/** Somebody else's breakpoint is there. */
	WHY_OCCUPIED,
	/** The kernel refused a step of it. */
	WHY_REFUSED,
	/** Nobody has called it since the agent came. The supervisor knows that without being
	 *  told. */
	WHY_UNCALLED,
	NUM_PLANT_WHY,
};

/** "breakpoint" or "patched". */
const char *plant_how_name(enum plant_how how);
/** The reason in words, without a capital and a full stop; "" for WHY_NONE. */
const char *plant_why_text(enum plant_why why);

#endif
