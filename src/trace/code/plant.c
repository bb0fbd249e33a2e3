// SPDX-License-Identifier: GPL-3.0-or-later
// A trap is written when everything that can become of it is prepared: its byte is noted for the
// supervisor, its slot exists for the orphan-trap handler.
#include "config.h"

#include "trace/code/plant.h"

#include "base/fault.h"
#include "trace/code/breakpoints.h"
#include "trace/code/displaced.h"
#include "trace/code/jumps.h"
#include "trace/code/orphan.h"
#include "trace/os/memory.h"
#include "trace/os/process.h"

#include <string.h>
#include <unistd.h>

/** The text still holds the instruction that was relocated. */
static bool is_same_insn(struct process *p, const struct breakpoint *b)
{
	uint8_t code[ARCH_MAX_INSN];

	return breakpoint_read_code(p, b->addr, code, b->relocation.insn_size) ==
		       b->relocation.insn_size &&
	       memcmp(code, b->insn, b->relocation.insn_size) == 0;
}

bool breakpoint_plant(struct process *p, struct breakpoint *b)
{
	struct planted *planted = &p->shared->planted[b->planted_index];
	struct memory_code code = {p, p->mem_fd, 0};
	struct code_ops ops = memory_code_ops(&code);

	if (!planted_prepare(planted, p->arch, &ops))
		return false;
	if (b->has_relocation && !is_same_insn(p, b))
		b->has_relocation = false;
	if (orphan_is_placed(p->orphan))
		displaced_prepare(p, b);
	b->is_planted = planted_plant(planted, p->arch, &ops);
	if (b->is_planted)
		FAULT_POINT("planted");
	return b->is_planted;
}

struct breakpoint *breakpoint_add(struct process *p, uint64_t addr, uint32_t roles)
{
	struct breakpoint *b = breakpoint_get(p, addr);

	if (!b)
		return NULL;
	b->roles |= roles;
	// Whoever else wants to see the calls sees them by the trap alone.
	if (b->roles & ~(uint32_t)PLANT_PROBE && b->patch && b->patch->arch.addr == addr &&
	    !jump_take_out(p, NULL, b->patch, false))
		return NULL;
	if (p->is_tracing && !b->is_planted && !breakpoint_plant(p, b))
		return NULL;
	return b;
}

void breakpoint_plant_all(struct process *p)
{
	struct breakpoint *b;
	size_t i;

	hmap_each (&p->breakpoints, i, b) {
		if (b->roles & ~ROLE_INSIDE && !b->is_planted &&
		    !(b->roles == ROLE_RETURN && b->is_one_shot))
			breakpoint_plant(p, b);
	}
}
