// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "trace/agent/patching.h"

#include "base/fault.h"
#include "trace/agent/process_agent.h"
#include "trace/code/breakpoints.h"
#include "trace/code/patch.h"
#include "trace/code/xol_areas.h"
#include "trace/glue/usable.h"
#include "trace/os/emit.h"
#include "trace/os/memory.h"
#include "trace/os/process.h"
#include "trace/os/threads.h"
#include "wire/command.h"

/** Why a function must keep its breakpoint whatever its code is. */
static enum plant_why find_obstacle(const struct process *p, const struct breakpoint *b)
{
	if (b->probe >= num_probes)
		return WHY_USER;
	if (probe_is_layered(probe_at(p->user_probes, b->probe)))
		return WHY_LAYERED;
	if (b->roles != PLANT_PROBE)
		return WHY_MEASURED;
	if (probe_is_new(b->probe) && !p->has_unwinder)
		return WHY_THROWS;
	return p->agent->num_functions < AGENT_MAX_PROBES ? WHY_NONE : WHY_NO_ROOM;
}

/** What the agent must know of the function. */
static struct agent_probe describe(const struct process *p, const struct breakpoint *b)
{
	struct agent_probe ret = {
		.function = b->addr,
		.probe = *probe_at(p->user_probes, b->probe),
		.probe_id = b->probe,
		.allocator = b->allocator,
		.hit_slot = b->hit_slot,
	};
	const struct allocator *a;

	ret.probe.symbol = NULL;
	if (b->allocator >= p->allocators.num)
		return ret;
	a = &p->allocators.items[b->allocator];
	ret.code_start = a->start;
	ret.code_end = a->end;
	return ret;
}

/** How the agent finds out the sizes of blocks. Those that do not fit in are unknown. */
static bool tell_allocators(struct process *p)
{
	struct usable_source usable[AGENT_MAX_ALLOCATORS] = {0};
	uint64_t addr = agent_at(p->agent, p->agent->layout->state_offset) +
			offsetof(struct agent_state, usable);
	size_t i;

	for (i = 0; i < p->allocators.num && i < AGENT_MAX_ALLOCATORS; i++)
		usable[i] = p->allocators.items[i].usable;
	return memory_write_code(p, addr, usable, sizeof(usable));
}

/** Code of ours that stands for the program's: frames that were interrupted there are for us. */
static void tell_copies(struct process *p)
{
	struct agent_shared *shared = p->agent->shared;
	const struct xol_area *area;
	size_t i;

	for (i = 0; i < p->xol_areas.num && i < AGENT_MAX_COPIES; i++) {
		area = &p->xol_areas.items[i];
		shared->copies[i] = (struct agent_copies){area->start, area->start + area->size};
	}
	shared->has_more_copies = p->xol_areas.num > AGENT_MAX_COPIES;
	__atomic_store_n(&shared->num_copies, (uint32_t)i, __ATOMIC_RELEASE);
}

/** The index of a function that may be in the table already. */
static uint32_t index_of(struct process_agent *a, struct breakpoint *b)
{
	uint32_t i;

	for (i = 0; i < a->num_functions; i++)
		if (a->functions[i] == b)
			return i;
	a->functions[a->num_functions] = b;
	return a->num_functions++;
}

static enum plant_why patch(struct process *p, struct thread *t, struct breakpoint *b)
{
	struct process_agent *a = p->agent;
	enum plant_why why = find_obstacle(p, b);
	uint32_t i;

	if (why != WHY_NONE)
		return why;
	if (!tell_allocators(p))
		return WHY_REFUSED;
	i = index_of(a, b);
	a->shared->probes[i] = describe(p, b);
	__atomic_store_n(&a->shared->num_probes, a->num_functions, __ATOMIC_RELEASE);
	tell_copies(p);
	why = patch_function(p, t, b, agent_at(a, a->layout->enter), i);
	FAULT_POINT("agent-patched");
	return why;
}

bool patching_try(struct process *p, struct thread *t, struct breakpoint *b)
{
	enum plant_why why;

	if (b->is_patch_tried)
		return false;
	b->is_patch_tried = true;
	why = patch(p, t, b);
	emit_planted(p, b->addr, why == WHY_NONE ? HOW_PATCHED : HOW_BREAKPOINT, why);
	if (why != WHY_NONE)
		return false;
	if (thread_set_pc(p, t, b->addr))
		thread_continue(t, 0);
	return true;
}

void patching_undo_all(struct process *p)
{
	uint32_t i;

	for (i = 0; i < p->agent->num_functions; i++) {
		patch_undo_stopped(p, p->agent->functions[i]);
		p->agent->functions[i]->is_patch_tried = false;
	}
}
