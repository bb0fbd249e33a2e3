// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "trace/glue/probes.h"

#include "base/fault.h"
#include "capture/capture.h"
#include "trace/code/breakpoints.h"
#include "trace/code/displaced.h"
#include "trace/code/patch.h"
#include "trace/code/resume.h"
#include "trace/glue/capturer.h"
#include "trace/glue/returns.h"
#include "trace/glue/rooms.h"
#include "trace/glue/usable.h"
#include "trace/os/emit.h"
#include "trace/os/memory.h"
#include "trace/os/process.h"
#include "trace/os/threads.h"

#include <link.h>

/** A return breakpoint was hit: by a call of this thread, or by the way. False: t runs, to come
 *  here again. */
static bool return_hit(struct process *p, struct thread *t, struct breakpoint *b)
{
	struct capture_returned ret = {0};

	capturer_return(p, t, b, &ret);
	b->num_matched += ret.num_calls;
	if (ret.num_calls)
		return !usable_learn(p, t, b, ret.last, ret.block);
	if (ret.is_measured)
		b->num_matched++;
	else
		returns_judge(p, b);
	return true;
}

/** A counted function is entered. True: everything pauses, t here. */
static bool call_hit(struct process *p, struct thread *t, const struct breakpoint *b)
{
	struct event_call *event;

	if (b->call_id != p->call_id || !p->call_remaining || --p->call_remaining)
		return false;
	event = emit_begin(p, EVENT_CALL, sizeof(*event));
	if (!event)
		return false;
	event->tid = t->tid;
	event->id = b->call_id;
	emit_end_now(p, event);
	if (p->want_call_pause)
		t->hold = HELD_CALL;
	return p->is_paused = p->want_call_pause;
}

/** The instruction under the trap cannot be moved: the breakpoint goes, the thread goes on at
 *  its place. */
static void give_up(struct process *p, struct thread *t, struct breakpoint *b)
{
	breakpoint_unplant(p, b);
	if (b->roles & ROLE_RETURN)
		p->shared->stats.num_lost++;
	if (b->roles & ~ROLE_RETURN)
		emit_note(p,
			  "the breakpoint at %#llx was taken out: its instruction cannot be moved",
			  (unsigned long long)b->addr);
	b->roles = 0;
	if (thread_set_pc(p, t, b->addr))
		thread_continue(t, 0);
}

void probes_resume_past(struct process *p, struct thread *t, struct breakpoint *b)
{
	uint64_t pc;

	// The byte may be back already: a one-shot return breakpoint that has just returned.
	if (!b->is_planted)
		pc = b->addr;
	else
		pc = resume_pc(p, t, b);
	if (b->roles == ROLE_RETURN && FAULT_FAILS("displace"))
		pc = 0;
	if (!pc && b->roles == ROLE_RETURN) {
		if (resume_step_over(p, t, b))
			thread_continue(t, 0);
		return;
	}
	if (!pc) {
		give_up(p, t, b);
		return;
	}
	if (thread_set_pc(p, t, pc))
		thread_continue(t, 0);
	FAULT_POINT("resumed");
}

bool probes_is_linking(const struct process *p, const struct thread *t)
{
	uint32_t state;

	return p->link_state && memory_read(t->tid, p->link_state, &state, sizeof(state)) &&
	       state != RT_CONSISTENT;
}

/** Tests of patching alone: from the first call on the function is patched with a pad that does
 *  nothing, and its calls are not seen any more. */
static void patch_empty(struct process *p, struct thread *t, struct breakpoint *b)
{
	if (!p->has_empty_pads || b->roles != PLANT_PROBE || b->patch_why != WHY_NONE ||
	    patch_stands(p, b))
		return;
	if (patch_function(p, t, b, 0, 0) == WHY_NONE)
		emit_planted(p, b->addr, HOW_PATCHED, WHY_NONE);
	else
		emit_planted(p, b->addr, HOW_BREAKPOINT, b->patch_why);
}

void probes_hit(struct process *p, struct thread *t, struct breakpoint *b, bool is_retry)
{
	// In the middle of a jump: in the pad are the copies.
	if (b->roles & ROLE_INSIDE) {
		if (thread_set_pc(p, t, b->relocation.resume_pc))
			thread_continue(t, 0);
		return;
	}
	// Taken out while this thread was on its way here.
	if (!b->is_planted || !p->is_tracing) {
		if (thread_set_pc(p, t, b->addr))
			thread_continue(t, 0);
		return;
	}
	if (!is_retry && displaced_is_rewound(p, t, b)) {
		probes_resume_past(p, t, b);
		return;
	}
	if (usable_is_back(p, t, b)) {
		is_retry = true;
		if (b->roles == ROLE_RETURN)
			usable_learned(p, t);
	}
	if (!is_retry) {
		if (b->roles & ROLE_RETURN && !return_hit(p, t, b))
			return;
		if (b->roles & PLANT_MEASURE)
			capturer_measure_enter(p, t, b);
		if (b->roles & PLANT_CALL && call_hit(p, t, b))
			return;
		if (b->roles & PLANT_PROBE && b->hit_slot < SHARED_MAX_HITS)
			p->shared->stats.hits[b->hit_slot]++;
		if (b->roles & PLANT_RENDEZVOUS && !probes_is_linking(p, t)) {
			t->hold = HELD_RENDEZVOUS;
			emit_thread(p, EVENT_MODULES, t->tid);
			return;
		}
	}
	if (b->roles & PLANT_PROBE && !capturer_enter(p, t, b))
		return;
	patch_empty(p, t, b);
	probes_resume_past(p, t, b);
}

void probes_forget_calls(struct process *p, struct thread *t)
{
	capturer_thread_end(p, t);
	usable_forget(t);
}

void probes_remove_thread(struct process *p, struct thread *t)
{
	probes_forget_calls(p, t);
	rooms_leave(p, t);
	thread_remove(p, t);
}
