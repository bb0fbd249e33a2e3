// SPDX-License-Identifier: GPL-3.0-or-later
// Calls of measured functions. Each has its own record for entry and return; recursion nests.
#include "config.h"

#include "capture/internal.h"

static void emit_measure(struct capture *c, enum event_kind kind,
			 const struct capture_measured *call, unsigned flags)
{
	struct event_measure *event = c->ops->emit_begin(c->owner, kind, sizeof(*event));

	if (!event)
		return;
	event->header.flags = flags;
	event->tid = c->thread->tid;
	event->id = call->id;
	event->call = call->call;
	event->time_ns = c->ops->now_ns(c->owner);
	c->ops->emit_end(c->owner, event, NULL, 0);
}

static struct capture_measured *innermost(struct capture *c)
{
	uint32_t num = c->thread->num_measured;

	return num ? &c->measured[num - 1] : NULL;
}

void capture_measured_abandon(struct capture *c, uint32_t from)
{
	const struct capture_measured *call;

	while (c->thread->num_measured > from) {
		call = innermost(c);
		c->thread->num_measured--;
		emit_measure(c, EVENT_RETURN, call, MEASURE_UNWOUND);
		c->ops->disarm(c->owner, call->return_addr);
	}
}

/** Calls that were left by longjmp or an exception: their return address is no longer on the stack,
 *  or the same place holds the one of the call that enters with stack pointer sp after its return.
 *  False: the owner cannot tell. */
static bool drop_stale(struct capture *c, uint64_t sp)
{
	const struct capture_measured *call;

	while ((call = innermost(c)) && !capture_is_on_stack(c, call->return_addr, call->sp)) {
		if (c->needs_slow)
			return false;
		capture_measured_abandon(c, c->thread->num_measured - 1);
	}
	while ((call = innermost(c)) && call->sp == sp)
		capture_measured_abandon(c, c->thread->num_measured - 1);
	return true;
}

enum capture_result capture_measure_enter(struct capture *c, const struct capture_entry *at,
					  uint32_t id)
{
	struct capture_measured call = {
		.id = id,
		.sp = capture_sp_after(c, at->regs[WALK_SP]),
	};

	if (!drop_stale(c, call.sp))
		return CAPTURE_SLOW;
	if (!capture_return_addr(c, at, &call.return_addr))
		return c->needs_slow ? CAPTURE_SLOW : CAPTURE_DONE;
	if (c->thread->num_measured == c->measured_cap &&
	    !c->ops->grow(c->owner, CAPTURE_TABLE_MEASURED))
		return CAPTURE_SLOW;
	if (!c->ops->arm(c->owner, call.return_addr))
		return CAPTURE_SLOW;
	call.call = __atomic_add_fetch(&c->process->num_calls, 1, __ATOMIC_RELAXED);
	c->measured[c->thread->num_measured++] = call;
	emit_measure(c, EVENT_ENTER, &call, 0);
	return CAPTURE_DONE;
}

bool capture_measured_return(struct capture *c, const struct capture_return *at)
{
	uint32_t i = c->thread->num_measured;

	while (i > 0) {
		i--;
		if (c->measured[i].sp != at->sp || c->measured[i].return_addr != at->addr)
			continue;
		capture_measured_abandon(c, i + 1);
		emit_measure(c, EVENT_RETURN, &c->measured[i], 0);
		c->thread->num_measured--;
		c->ops->disarm(c->owner, at->addr);
		return true;
	}
	return false;
}
