// SPDX-License-Identifier: GPL-3.0-or-later
// First nobody is in the agent, then nobody comes to it any more, and last nothing leads to it.
#include "config.h"

#include "trace/agent/leave.h"

#include "base/fault.h"
#include "trace/agent/image.h"
#include "trace/agent/life_word.h"
#include "trace/agent/patching.h"
#include "trace/agent/process_agent.h"
#include "trace/agent/quiesce.h"
#include "trace/code/breakpoints.h"
#include "trace/glue/capturer.h"
#include "trace/glue/exchanged.h"
#include "trace/glue/rooms.h"
#include "trace/os/emit.h"
#include "trace/os/process.h"
#include "trace/os/threads.h"
#include "wire/agent_map.h"

#include <stdlib.h>
#include <unistd.h>

static void note_busy(struct process *p)
{
	const struct thread *t;
	size_t i;

	hmap_each (&p->threads, i, t)
		p->agent->is_memory_needed |=
			t->room && __atomic_load_n(&t->room->is_busy, __ATOMIC_ACQUIRE);
}

void agent_stop(struct process *p)
{
	if (!p->agent || p->agent->mode == AGENT_OFF)
		return;
	agent_quiesce(p);
	note_busy(p);
	patching_undo_all(p);
	FAULT_POINT("agent-unpatched");
	exchanged_put_back(p);
	FAULT_POINT("agent-put-back");
	agent_set_mode(p, AGENT_OFF);
	FAULT_POINT("agent-off");
}

static void leave_rooms(struct process *p)
{
	struct thread *t;
	size_t i;

	hmap_each (&p->threads, i, t)
		rooms_leave(p, t);
}

void agent_unmap(struct process *p, struct thread *t)
{
	if (p->agent && p->agent->mode == AGENT_OFF && !p->agent->is_memory_needed)
		agent_memory_uninstall(p, t);
}

void agent_leave(struct process *p)
{
	if (!p->agent)
		return;
	agent_stop(p);
	if (p->agent->upcall)
		breakpoint_unplant(p, p->agent->upcall);
	leave_rooms(p);
	agent_forget(p);
}

void agent_forget(struct process *p)
{
	struct process_agent *a = p->agent;
	struct thread *t;
	size_t i;

	if (!a)
		return;
	// The rooms are unmapped: what is in them of threads that live on is of no use.
	leave_rooms(p);
	hmap_each (&p->threads, i, t) {
		t->room = NULL;
		t->thread_pointer = 0;
	}
	capturer_take_back(p);
	rooms_destroy(p->rooms);
	p->rooms = NULL;
	if (a->memory_fd >= 0)
		close(a->memory_fd);
	life_word_destroy(a->life);
	emit_leave_agent(p);
	if (!a->is_ready)
		agent_memory_unmap(a->memory);
	p->trampoline = p->agent_private = 0;
	p->agent = NULL;
	free(a);
}
