// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "trace/glue/measure.h"

#include "base/clock.h"
#include "trace/code/breakpoints.h"
#include "trace/glue/returns.h"
#include "trace/glue/stacks.h"
#include "trace/os/emit.h"
#include "trace/os/memory.h"
#include "trace/os/process.h"
#include "trace/os/threads.h"

static void emit_measure(struct process *p, enum event_kind kind, pid_t tid,
			 const struct measured_call *call, unsigned flags)
{
	struct event_measure *event = emit_begin(p, kind, sizeof(*event));

	if (!event)
		return;
	event->header.flags = flags;
	event->tid = tid;
	event->id = call->id;
	event->call = call->call;
	event->time_ns = clock_now_ns();
	emit_end(p, event);
}

void measure_abandon(struct process *p, struct thread *t, size_t from)
{
	while (t->measured.num > from) {
		const struct measured_call *call = &t->measured.items[--t->measured.num];

		emit_measure(p, EVENT_RETURN, t->tid, call, MEASURE_UNWOUND);
		returns_release(p, call->site);
	}
}

/** Calls whose return address is no longer on the stack were left by longjmp or an exception. */
static void drop_stale(struct process *p, struct thread *t)
{
	const struct measured_call *call;

	while (t->measured.num) {
		call = &t->measured.items[t->measured.num - 1];
		if (stacks_may_return(p, t, call->site, call->sp))
			return;
		measure_abandon(p, t, t->measured.num - 1);
	}
}

void measure_enter(struct process *p, struct thread *t, const struct breakpoint *b)
{
	uint64_t sp = p->arch->sp(&t->regs);
	struct measured_call call = {.id = b->measure_id, .sp = sp + p->arch->unwind->call_size};
	struct breakpoint *site;

	drop_stale(p, t);
	// Same place on the stack: the earlier call was left, and its return address is ours by
	// now.
	while (t->measured.num && t->measured.items[t->measured.num - 1].sp == call.sp)
		measure_abandon(p, t, t->measured.num - 1);
	if (!memory_read(t->tid, sp, &call.site, sizeof(call.site)))
		return;
	site = returns_plant(p, call.site);
	if (!site || !vec_reserve_one(&t->measured)) {
		p->shared->stats.num_lost++;
		return;
	}
	site->num_pending++;
	call.call = ++p->num_calls;
	t->measured.items[t->measured.num++] = call;
	emit_measure(p, EVENT_ENTER, t->tid, &call, 0);
}

bool measure_return(struct process *p, struct thread *t, const struct breakpoint *b)
{
	uint64_t sp = p->arch->sp(&t->regs);
	size_t i = t->measured.num;

	while (i > 0) {
		i--;
		if (t->measured.items[i].sp != sp || t->measured.items[i].site != b->addr)
			continue;
		measure_abandon(p, t, i + 1);
		emit_measure(p, EVENT_RETURN, t->tid, &t->measured.items[i], 0);
		t->measured.num--;
		returns_release(p, b->addr);
		return true;
	}
	return false;
}
