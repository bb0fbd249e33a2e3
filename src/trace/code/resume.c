// SPDX-License-Identifier: GPL-3.0-or-later
// The thread goes on in a slot (displaced.c). Where none can be had, now that the thread stands
// still and can make a system call, an area is mapped. What cannot be moved at all is executed in
// its place.
#include "config.h"

#include "trace/code/resume.h"

#include "base/fault.h"
#include "trace/code/breakpoints.h"
#include "trace/code/displaced.h"
#include "trace/code/plant.h"
#include "trace/code/xol_areas.h"
#include "trace/code/xol_map.h"
#include "trace/os/inject.h"
#include "trace/os/threads.h"

#include <signal.h>
#include <sys/ptrace.h>

uint64_t resume_pc(struct process *p, struct thread *t, struct breakpoint *b)
{
	struct xol_area *area;

	if (b->has_relocation)
		return b->relocation.resume_pc;
	area = xol_area_near(p, b->addr, false);
	if (displaced_relocate(p, b, area))
		return b->relocation.resume_pc;
	if (area)
		return 0;
	xol_map_all(p, t);
	area = xol_area_near(p, b->addr, false);
	if (!area)
		area = xol_map(p, t, b->addr);
	if (!area)
		area = xol_area_near(p, b->addr, true);
	if (area && displaced_relocate(p, b, area))
		return b->relocation.resume_pc;
	return 0;
}

bool resume_step_over(struct process *p, struct thread *t, struct breakpoint *b)
{
	uint64_t mask, all = ~(1ull << (SIGTRAP - 1));
	bool has_stop = false;

	if (ptrace(PTRACE_GETSIGMASK, t->tid, sizeof(mask), &mask) < 0 ||
	    ptrace(PTRACE_SETSIGMASK, t->tid, sizeof(all), &all) < 0)
		return false;
	breakpoint_unplant(p, b);
	FAULT_POINT("step-over");
	// When other stops came without end it has not moved, and comes here again.
	if (thread_set_pc(p, t, b->addr))
		(void)inject_step(t, PTRACE_SINGLESTEP, &has_stop);
	inject_stop_again(t, has_stop);
	breakpoint_plant(p, b);
	return ptrace(PTRACE_SETSIGMASK, t->tid, sizeof(mask), &mask) == 0;
}
