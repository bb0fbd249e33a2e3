// SPDX-License-Identifier: GPL-3.0-or-later
// The tracer does an entry or a return as it does those of its breakpoints, with the registers that
// the thread had there. All that an upcall says may be wrong, for the target may jump there itself:
// it is read once, and names nothing but things of the thread's own.
#include "config.h"

#include "trace/agent/upcall.h"

#include "arch/agent_frame.h"
#include "arch/patch.h"
#include "base/fault.h"
#include "capture/capture.h"
#include "trace/agent/inside.h"
#include "trace/agent/process_agent.h"
#include "trace/code/breakpoints.h"
#include "trace/glue/capturer.h"
#include "trace/glue/exchanged.h"
#include "trace/glue/rooms.h"
#include "trace/os/emit.h"
#include "trace/os/memory.h"
#include "trace/os/process.h"
#include "trace/os/threads.h"

#include <stddef.h>
#include <string.h>

/** The function to whose pad the frame belongs. NULL: to none. */
static const struct breakpoint *function_of(const struct process *p, const struct thread *t,
					    const struct agent_frame *frame)
{
	const struct process_agent *a = p->agent;
	struct arch_pad_head head;
	uint64_t addr = frame->pad_return - AGENT_PAD_CALL_SIZE - sizeof(head);

	if (!memory_read(t->tid, addr, &head, sizeof(head)) ||
	    head.probe_index >= a->num_functions ||
	    a->functions[head.probe_index]->addr != head.function)
		return NULL;
	return a->functions[head.probe_index];
}

/** False: t is held, or is to ask for a size. */
static bool enter(struct process *p, struct thread *t)
{
	uint64_t addr = p->arch->arg(&t->regs, 1);
	struct arch_regs regs = t->regs;
	const struct breakpoint *b;
	struct agent_frame frame;
	bool is_done;

	if (!p->is_tracing || !memory_read(t->tid, addr, &frame, sizeof(frame)))
		return true;
	b = function_of(p, t, &frame);
	if (!b)
		return true;
	agent_frame_entry_regs(&frame, b->addr, addr + sizeof(frame), &t->regs);
	is_done = capturer_enter(p, t, b);
	t->regs = regs;
	return is_done;
}

static void come_back(struct process *p, struct thread *t)
{
	uint64_t addr = p->arch->arg(&t->regs, 1);
	struct arch_regs regs = t->regs;
	struct capture_returned ret = {0};
	struct agent_return_frame frame;
	struct breakpoint place = {0};

	if (!p->is_tracing || !memory_read(t->tid, addr, &frame, sizeof(frame)))
		return;
	place.addr = frame.target ? frame.target : p->trampoline;
	exchanged_original(p, addr + offsetof(struct agent_return_frame, target), &place.addr);
	agent_frame_return_regs(&frame, addr + sizeof(frame), &t->regs);
	capturer_return(p, t, &place, &ret);
	t->regs = regs;
}

/** A byte that is to be a bool may be anything. */
static void miss(struct process *p, struct thread *t)
{
	struct walk_frame frame = {0};
	uint8_t is_call_site;

	if (t->room) {
		memcpy(&frame, &t->room->miss, sizeof(frame));
		memcpy(&is_call_site, &t->room->miss.is_call_site, sizeof(is_call_site));
		memcpy(&frame.is_call_site, &(bool){is_call_site == 1}, sizeof(bool));
		frame.in_memory &= ~(1u << WALK_SP);
	}
	capturer_miss(p, t, &frame);
}

static enum agent_answer find_room(struct process *p, struct thread *t)
{
	FAULT_POINT("agent-thread");
	if (!p->rooms || !p->is_tracing)
		return AGENT_DONE;
	return rooms_enter(p, t) ? AGENT_RETRY : AGENT_DONE;
}

/** The agent works with the state of t, or with none. */
static bool is_own_state(const struct process *p, const struct thread *t)
{
	uint64_t addr = p->arch->arg(&t->regs, 2);

	return !addr || (t->room && addr - p->agent->memory_addr ==
					    (uint64_t)((char *)t->room - (char *)p->agent->memory));
}

/** *ret is the answer. False: t is held. */
static bool answer(struct process *p, struct thread *t, bool is_retry, enum agent_answer *ret)
{
	// Somebody has its thread pointer who did not have it when we looked.
	*ret = AGENT_DONE;
	if (!is_own_state(p, t))
		return true;
	*ret = AGENT_RETRY;
	switch (p->arch->arg(&t->regs, 0)) {
	case AGENT_UPCALL_ENTRY:
		if (enter(p, t))
			*ret = AGENT_DONE;
		else if (t->hold == NOT_HELD)
			*ret = AGENT_ASK;
		return t->hold == NOT_HELD;
	case AGENT_UPCALL_RETURN:
		*ret = AGENT_DONE;
		come_back(p, t);
		return true;
	case AGENT_UPCALL_MISS:
		if (!is_retry && p->is_tracing)
			miss(p, t);
		return t->hold == NOT_HELD;
	case AGENT_UPCALL_FULL:
		*ret = (enum agent_answer)agent_wait_room(p);
		return true;
	case AGENT_UPCALL_THREAD:
		*ret = find_room(p, t);
		return true;
	case AGENT_UPCALL_PAUSE:
		if (p->is_paused)
			t->hold = HELD_PAUSE;
		return !p->is_paused;
	case AGENT_UPCALL_EXIT:
		if (t->room)
			__atomic_store_n(&t->room->want_exit, 0, __ATOMIC_RELEASE);
		return true;
	default:
		return true;
	}
}

void agent_upcall(struct process *p, struct thread *t, bool is_retry)
{
	enum agent_answer result;
	bool is_done;

	FAULT_POINT("agent-upcall");
	t->is_at_upcall = true;
	t->may_ask = t->room && p->arch->arg(&t->regs, 2);
	is_done = answer(p, t, is_retry, &result);
	t->is_at_upcall = false;
	if (!is_done)
		return;
	p->arch->set_result(&t->regs, result);
	// Behind the trap, which stands in the place of an instruction without effect.
	if (!thread_store(t))
		return;
	t->parked_pc = 0;
	FAULT_POINT("agent-answered");
	thread_continue(t, 0);
}
