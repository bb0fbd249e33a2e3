// SPDX-License-Identifier: GPL-3.0-or-later
/** Runs the instructions of call-frame information up to an address. Private to walk/. */
#ifndef WALK_EH_PROGRAM_H
#define WALK_EH_PROGRAM_H

#include "walk/eh_cursor.h"

/** States that may be remembered at a time: compilers need one. The agent works on the stack of the
 *  target. */
#define EH_MAX_STATES 2

enum eh_rule {
	EH_UNSPECIFIED,
	EH_SAME,
	EH_UNDEFINED,
	/** At the CFA plus an offset. */
	EH_SAVED,
	/** It fits no row of ours. */
	EH_OTHER,
};

/** Index of the return address; the registers of a walk stand before it. */
#define EH_RETURN_ADDR WALK_MAX_SAVED

/** What is known at one address of a function. */
struct eh_state {
	uint8_t rules[EH_RETURN_ADDR + 1];
	int16_t offsets[EH_RETURN_ADDR + 1];
	/** EH_SAVED: register and offset. */
	uint64_t cfa_rule;
	uint64_t cfa_reg;
	int64_t cfa_offset;
};

/** A CIE. */
struct eh_common {
	uint64_t code_align;
	int64_t data_align;
	uint64_t return_reg;
};

struct eh_machine {
	struct eh_cursor cursor;
	/** Of another entry, meanwhile. */
	struct eh_cursor other;
	const struct arch_unwind *arch;
	struct eh_common common;
	/** The present one, that behind the instructions of the CIE, and remembered ones. */
	struct eh_state now;
	struct eh_state initial;
	struct eh_state states[EH_MAX_STATES];
	unsigned num_states;
	/** Of the instruction that is looked for, and where we are. */
	uint64_t pc;
	uint64_t location;
};

/** Up to the instruction behind which m->pc has been passed, or to the end of the cursor. False:
 *  something is not known here. */
bool eh_run(struct eh_machine *m);

#endif
