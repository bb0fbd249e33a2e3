// SPDX-License-Identifier: GPL-3.0-or-later
// Breakpoints at the addresses that calls return to. They stay when no call is pending, because the
// next call comes from the same place. Two kinds are planted for one return at a time: those that
// are hit mostly for other reasons, and those in code that was made at run time.
#include "config.h"

#include "trace/glue/returns.h"

#include "trace/code/breakpoints.h"
#include "trace/code/plant.h"
#include "trace/os/process.h"

/** After this many hits a return breakpoint is judged. If fewer than a quarter matched, it is
 *  planted for one return at a time. */
#define TRIAL_HITS 256

static bool is_in_module(const struct process *p, uint64_t addr)
{
	size_t i;

	for (i = 0; i < p->modules.num; i++)
		if (addr >= p->modules.items[i].start && addr < p->modules.items[i].end)
			return true;
	return false;
}

struct breakpoint *returns_plant(struct process *p, uint64_t addr)
{
	struct breakpoint *b = breakpoint_find(p, addr);

	if (b && b->is_planted && (b->roles & ROLE_RETURN))
		return b;
	b = breakpoint_add(p, addr, ROLE_RETURN);
	if (b && !b->num_matched && !b->num_other && !is_in_module(p, addr))
		b->is_one_shot = true;
	return b;
}

void returns_release(struct process *p, uint64_t addr)
{
	struct breakpoint *b = breakpoint_find(p, addr);

	if (!b || !b->num_pending || --b->num_pending || !b->is_one_shot)
		return;
	if (b->roles == ROLE_RETURN)
		breakpoint_unplant(p, b);
}

void returns_judge(struct process *p, struct breakpoint *b)
{
	b->num_other++;
	if (b->num_matched + b->num_other < TRIAL_HITS)
		return;
	if (b->num_matched < b->num_other / 3)
		b->is_one_shot = true;
	b->num_matched /= 2;
	b->num_other /= 2;
	if (b->is_one_shot && !b->num_pending && b->roles == ROLE_RETURN)
		breakpoint_unplant(p, b);
}
