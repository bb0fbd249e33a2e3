// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "trace/life/commands.h"

#include "base/log.h"
#include "trace/agent/leave.h"
#include "trace/agent/quiesce.h"
#include "trace/code/breakpoints.h"
#include "trace/code/pads.h"
#include "trace/code/plant.h"
#include "trace/code/xol_areas.h"
#include "trace/code/xol_map.h"
#include "trace/glue/capturer.h"
#include "trace/glue/probes.h"
#include "trace/glue/rooms.h"
#include "trace/glue/usable.h"
#include "trace/life/engine.h"
#include "trace/life/follow.h"
#include "trace/life/prepare.h"
#include "trace/life/stops.h"
#include "trace/os/emit.h"
#include "trace/os/process.h"
#include "trace/os/threads.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>

static void new_epoch(struct process *p)
{
	agent_quiesce(p);
	emit_ack(p, EVENT_EPOCH, capturer_new_epoch(p), 0);
	agent_resume(p);
}

static int plant(struct process *p, const struct command *c)
{
	uint32_t allocator = usable_allocator(p, c);
	struct breakpoint *b;
	uint32_t i;

	if (c->num_items && c->items[0].role == PLANT_CALL && c->items[0].id != p->call_id) {
		p->call_id = c->items[0].id;
		p->call_remaining = c->value;
		p->want_call_pause = c->flags & PLANT_PAUSE;
	}
	for (i = 0; i < c->num_items; i++) {
		b = breakpoint_add(p, c->items[i].addr, c->items[i].role);
		if (!b) {
			log_debug("cannot plant at %#llx", (unsigned long long)c->items[i].addr);
			continue;
		}
		if (c->items[i].role == PLANT_PROBE) {
			b->probe = c->items[i].id & 0xffff;
			b->hit_slot = c->items[i].id >> 16;
			b->allocator = allocator;
			b->code_size = c->items[i].size;
			emit_planted(p, b->addr, HOW_BREAKPOINT, WHY_NONE);
		} else if (b->roles & PLANT_PROBE && b->patch) {
			emit_planted(p, b->addr, HOW_BREAKPOINT, WHY_MEASURED);
		}
		if (c->items[i].role == PLANT_CALL) {
			b->call_id = c->items[i].id;
		} else if (c->items[i].role == PLANT_MEASURE) {
			b->measure_id = c->items[i].id;
		}
		p->has_unwinder |= c->items[i].role == PLANT_UNWIND;
	}
	return 0;
}

static int unplant(struct process *p, const struct command *c)
{
	struct breakpoint *b;
	uint32_t i;

	for (i = 0; i < c->num_items; i++) {
		b = breakpoint_find(p, c->items[i].addr);
		if (!b)
			continue;
		b->roles &= ~c->items[i].role;
		// What kept it a breakpoint may be gone: it is patched at its next call.
		b->is_patch_tried = false;
		if (!b->roles)
			breakpoint_unplant(p, b);
	}
	return 0;
}

static int drop(struct process *p, const struct command *c)
{
	size_t i;

	breakpoint_drop_range(p, c->start, c->end);
	for (i = 0; i < p->modules.num; i++)
		if (p->modules.items[i].start == c->start)
			p->modules.items[i--] = p->modules.items[--p->modules.num];
	for (i = 0; i < p->xol_areas.num; i++)
		if (p->xol_areas.items[i].is_cave && p->xol_areas.items[i].start >= c->start &&
		    p->xol_areas.items[i].start < c->end)
			p->xol_areas.items[i--] = p->xol_areas.items[--p->xol_areas.num];
	new_epoch(p);
	return 0;
}

static int start_tracing(struct process *p, const struct command *c)
{
	if (!capturer_set_nframe(p, c->value))
		return ENOMEM;
	p->is_tracing = true;
	// Once tried, the agent is in and works again, or it was refused: what was told holds.
	if (!p->is_agent_tried)
		engine_choose(p);
	prepare_process(p);
	breakpoint_plant_all(p);
	new_epoch(p);
	return 0;
}

/** Threads that wait for a reason of ours, not for the supervisor's look at the modules, may go
 *  on. */
static void let_go_on(struct process *p, bool want_misses)
{
	size_t num = 0, i;
	const pid_t *tids = thread_list(p, &num);
	struct thread *t;

	p->is_paused = false;
	agent_resume(p);
	for (i = 0; i < num; i++) {
		t = thread_find(p, tids[i]);
		if (t && (t->hold == HELD_CALL || t->hold == HELD_PAUSE ||
			  (t->hold == HELD_MISS && want_misses)))
			stops_resume(p, t, 0);
	}
}

static int stop_tracing(struct process *p, const struct command *c)
{
	struct thread *t;
	size_t i;

	(void)c;
	agent_stop(p);
	p->is_tracing = false;
	breakpoint_unplant_all(p);
	let_go_on(p, true);
	hmap_each (&p->threads, i, t)
		probes_forget_calls(p, t);
	capturer_clear(p);
	return 0;
}

static int add_module(struct process *p, const struct command *c)
{
	struct code_range range = {c->start, c->end};

	return vec_push(&p->modules, range) ? 0 : ENOMEM;
}

static int add_code_cave(struct process *p, const struct command *c)
{
	struct xol_area cave = {.start = c->start, .size = c->end - c->start, .is_cave = true};

	return vec_push(&p->xol_areas, cave) ? 0 : ENOMEM;
}

static int adopt_xol_area(struct process *p, const struct command *c)
{
	if (!pads_adopt(p, c->start))
		xol_adopt(p, c->start);
	return 0;
}

static int release_thread(struct process *p, const struct command *c)
{
	struct thread *t = thread_find(p, c->tid);

	if (t)
		stops_resume(p, t, c->flags);
	return 0;
}

static int unpause(struct process *p, const struct command *c)
{
	(void)c;
	let_go_on(p, false);
	return 0;
}

static int begin_detach(struct process *p, const struct command *c)
{
	p->tracer->want_detach = true;
	p->tracer->detach_cookie = c->cookie;
	return 0;
}

static int kill_process(struct process *p, const struct command *c)
{
	(void)c;
	return p->is_ended || kill(p->pid, SIGKILL) < 0 ? ESRCH : 0;
}

static int clear(struct process *p, const struct command *c)
{
	(void)c;
	agent_quiesce(p);
	capturer_clear(p);
	emit_ack(p, EVENT_CLEAR, 0, 0);
	agent_resume(p);
	return 0;
}

static int forget(struct process *p, const struct command *c)
{
	(void)c;
	follow_release(p);
	return 0;
}

static int set_syscall_insn(struct process *p, const struct command *c)
{
	p->syscall_insn = c->value;
	return 0;
}

static int set_link_state(struct process *p, const struct command *c)
{
	p->link_state = c->value;
	return 0;
}

static int count(struct process *p, const struct command *c)
{
	struct thread *t;
	size_t i;

	(void)c;
	hmap_each (&p->threads, i, t)
		rooms_count(p, t);
	return 0;
}

/** They return 0 or an error number, for the acknowledgement. */
static int (*const handlers[])(struct process *p, const struct command *c) = {
	[COMMAND_PLANT] = plant,
	[COMMAND_UNPLANT] = unplant,
	[COMMAND_DROP] = drop,
	[COMMAND_MODULE] = add_module,
	[COMMAND_CODE_CAVE] = add_code_cave,
	[COMMAND_XOL_AREA] = adopt_xol_area,
	[COMMAND_RELEASE] = release_thread,
	[COMMAND_START] = start_tracing,
	[COMMAND_STOP] = stop_tracing,
	[COMMAND_UNPAUSE] = unpause,
	[COMMAND_DETACH] = begin_detach,
	[COMMAND_KILL] = kill_process,
	[COMMAND_CLEAR] = clear,
	[COMMAND_FORGET] = forget,
	[COMMAND_SYSCALL_INSN] = set_syscall_insn,
	[COMMAND_LINK_STATE] = set_link_state,
	[COMMAND_COUNT] = count,
};

static int run(struct process *p, const struct command *c)
{
	if (c->kind >= sizeof(handlers) / sizeof(handlers[0]) || !handlers[c->kind])
		return 0;
	return handlers[c->kind](p, c);
}

static struct command *take(struct tracer *tracer)
{
	struct command *c = NULL;

	pthread_mutex_lock(&tracer->lock);
	if (tracer->queue.num)
		c = vec_shift(&tracer->queue);
	// Of the last one, too, before it is carried out: what comes then is news again.
	if (!tracer->queue.num) {
		__atomic_store_n(&tracer->has_news, false, __ATOMIC_RELEASE);
		pthread_cond_signal(&tracer->heard);
	}
	pthread_mutex_unlock(&tracer->lock);
	return c;
}

void commands_run(struct tracer *tracer)
{
	struct process *p;
	struct command *c;
	int result;

	while (!tracer->want_detach && (c = take(tracer))) {
		p = follow_get(tracer, c->process);
		result = p ? run(p, c) : 0;
		if (p && c->cookie && c->kind != COMMAND_DETACH)
			emit_ack(p, EVENT_ACK, c->cookie, result);
		free(c);
	}
}
