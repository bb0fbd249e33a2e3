// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "trace/life/create.h"

#include "base/clock.h"
#include "base/hash.h"
#include "trace/agent/leave.h"
#include "trace/code/jumps.h"
#include "trace/code/orphan.h"
#include "trace/code/pads.h"
#include "trace/code/xol_areas.h"
#include "trace/glue/capturer.h"
#include "trace/glue/usable.h"
#include "trace/os/emit.h"
#include "trace/os/process.h"
#include "trace/os/threads.h"
#include "wire/agent_map.h"

#include <stdlib.h>
#include <unistd.h>
static void free_members(struct process *p)
{
	orphan_destroy(p->orphan);
	capturer_destroy(p);
	free(p);
}

struct process *process_create(struct tracer *tracer, uint32_t number, struct shared *shared,
			       uint32_t nframe)
{
	struct process *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	p->mem_fd = -1;
	p->tracer = tracer;
	p->arch = tracer->arch;
	p->user_probes = tracer->user_probes;
	p->shared = shared;
	p->number = number;
	p->capture.nframe = nframe;
	p->capture.sample_rate = tracer->sample_rate;
	// Processes of one run, and runs of one program, have points of their own.
	p->capture.sample_seed = hash_u64(clock_now_ns() ^ (uint64_t)getpid() << 32) + number;
	p->orphan = orphan_create();
	if (p->orphan && capturer_create(p))
		return p;
	free_members(p);
	return NULL;
}

void process_forget_memory(struct process *p)
{
	agent_forget(p);
	p->is_agent_tried = false;
	emit_leave_agent(p);
	hmap_deinit_owned(&p->breakpoints);
	jumps_forget(p);
	pads_forget(p);
	xol_forget(p);
	orphan_forget(p->orphan);
	p->syscall_insn = p->link_state = 0;
	p->redo_stub = 0;
	p->has_unwinder = false;
	vec_deinit(&p->modules);
	capturer_forget_memory(p);
	hmap_deinit(&p->usable_sizes);
	vec_deinit(&p->allocators);
}

void process_destroy(struct process *p)
{
	// Not with a word for the supervisor: the ring may be that of another process already.
	agent_memory_unmap(p->agent_memory);
	p->agent_memory = NULL;
	process_forget_memory(p);
	if (p->mem_fd >= 0)
		close(p->mem_fd);
	hmap_deinit(&p->threads);
	vec_deinit(&p->tids);
	free_members(p);
}
