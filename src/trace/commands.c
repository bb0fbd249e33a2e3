// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "trace/engine.h"

#include "base/log.h"

#include <errno.h>
#include <signal.h>

static void new_epoch(struct engine *e)
{
	hmap_deinit(&e->known_stacks);
	e->epoch++;
	emit_ack(e, EVENT_EPOCH, e->epoch, 0);
}

static void do_plant(struct engine *e, const struct command *c)
{
	uint32_t allocator = usable_allocator(e, c);
	struct breakpoint *b;
	uint32_t i;

	if (c->num_items && c->items[0].role == PLANT_CALL && c->items[0].id != e->call_id) {
		e->call_id = c->items[0].id;
		e->call_remaining = c->value;
		e->want_call_pause = c->flags & PLANT_PAUSE;
	}
	for (i = 0; i < c->num_items; i++) {
		b = breakpoint_add(e, c->items[i].addr, c->items[i].role);
		if (!b) {
			log_debug("cannot plant at %#llx", (unsigned long long)c->items[i].addr);
			continue;
		}
		if (c->items[i].role == PLANT_PROBE) {
			b->probe = c->items[i].id & 0xffff;
			b->hit_slot = c->items[i].id >> 16;
			b->allocator = allocator;
		} else if (c->items[i].role == PLANT_CALL) {
			b->call_id = c->items[i].id;
		} else if (c->items[i].role == PLANT_MEASURE) {
			b->measure_id = c->items[i].id;
		}
	}
}

static void do_unplant(struct engine *e, const struct command *c)
{
	struct breakpoint *b;
	uint32_t i;

	for (i = 0; i < c->num_items; i++) {
		b = breakpoint_find(e, c->items[i].addr);
		if (!b)
			continue;
		b->roles &= ~c->items[i].role;
		if (!b->roles)
			breakpoint_unplant(e, b);
	}
}

static void do_drop(struct engine *e, const struct command *c)
{
	size_t i;

	breakpoint_drop_range(e, c->start, c->end);
	for (i = 0; i < e->modules.num; i++)
		if (e->modules.items[i].start == c->start)
			e->modules.items[i--] = e->modules.items[--e->modules.num];
	for (i = 0; i < e->areas.num; i++)
		if (e->areas.items[i].is_cave && e->areas.items[i].start >= c->start &&
		    e->areas.items[i].start < c->end)
			e->areas.items[i--] = e->areas.items[--e->areas.num];
	new_epoch(e);
}

static int do_start(struct engine *e, const struct command *c)
{
	uint64_t *pcs = realloc(e->pcs, c->value * sizeof(*pcs));

	if (!pcs)
		return ENOMEM;
	e->pcs = pcs;
	e->nframe = c->value;
	e->is_tracing = true;
	rescue_prepare(e);
	breakpoint_plant_all(e);
	new_epoch(e);
	return 0;
}

/** Threads that wait for a reason of ours, not for the supervisor's look at the modules, may go
 *  on. */
static void do_continue(struct engine *e, bool want_misses)
{
	size_t num = 0, i;
	const pid_t *tids = thread_list(e, &num);
	struct thread *t;

	e->is_paused = false;
	for (i = 0; i < num; i++) {
		t = thread_find(e, tids[i]);
		if (t && (t->hold == HELD_CALL || t->hold == HELD_PAUSE ||
			  (t->hold == HELD_MISS && want_misses)))
			stops_resume(e, t, 0);
	}
}

/** What was allocated so far is older than what comes. */
static void do_clear(struct engine *e)
{
	addrset_deinit(&e->live);
	e->is_heap_known = false;
}

static void do_stop(struct engine *e)
{
	struct thread *t;
	size_t i;

	e->is_tracing = false;
	breakpoint_unplant_all(e);
	do_continue(e, true);
	hmap_each (&e->threads, i, t) {
		probes_abandon(e, t, 0);
		measure_abandon(e, t, 0);
		frees_forget(t);
		usable_forget(t);
	}
	do_clear(e);
}

static int run(struct engine *e, const struct command *c)
{
	struct code_range range = {c->start, c->end};
	struct area cave = {.start = c->start, .size = c->end - c->start, .is_cave = true};
	struct thread *t;

	switch (c->kind) {
	case COMMAND_PLANT:
		do_plant(e, c);
		return 0;
	case COMMAND_UNPLANT:
		do_unplant(e, c);
		return 0;
	case COMMAND_DROP:
		do_drop(e, c);
		return 0;
	case COMMAND_MODULE:
		return vec_push(&e->modules, range) ? 0 : ENOMEM;
	case COMMAND_CODE_CAVE:
		return vec_push(&e->areas, cave) ? 0 : ENOMEM;
	case COMMAND_XOL_AREA:
		displaced_adopt(e, c->start);
		return 0;
	case COMMAND_RELEASE:
		t = thread_find(e, c->tid);
		if (t)
			stops_resume(e, t, c->flags);
		return 0;
	case COMMAND_START:
		return do_start(e, c);
	case COMMAND_STOP:
		do_stop(e);
		return 0;
	case COMMAND_UNPAUSE:
		do_continue(e, false);
		return 0;
	case COMMAND_DETACH:
		e->want_leave = true;
		e->leave_cookie = c->cookie;
		return 0;
	case COMMAND_KILL:
		return e->is_ended || kill(e->pid, SIGKILL) < 0 ? ESRCH : 0;
	case COMMAND_CLEAR:
		do_clear(e);
		emit_ack(e, EVENT_CLEAR, 0, 0);
		return 0;
	case COMMAND_FORGET:
		follow_release(e);
		return 0;
	case COMMAND_SYSCALL_INSN:
		e->syscall_insn = c->value;
		return 0;
	case COMMAND_LINK_STATE:
		e->link_state = c->value;
		return 0;
	default:
		return 0;
	}
}

static struct command *take(struct engine *e)
{
	struct command *c = NULL;

	pthread_mutex_lock(&e->lock);
	if (e->queue.num)
		c = vec_shift(&e->queue);
	// Of the last one, too, before it is carried out: what comes then is news again.
	if (!e->queue.num) {
		__atomic_store_n(&e->has_news, false, __ATOMIC_RELEASE);
		pthread_cond_signal(&e->heard);
	}
	pthread_mutex_unlock(&e->lock);
	return c;
}

void commands_run(struct engine *e)
{
	struct engine *process;
	struct command *c;
	int result;

	while (!e->want_leave && (c = take(e))) {
		process = follow_get(e, c->process);
		result = process ? run(process, c) : 0;
		if (process && c->cookie && c->kind != COMMAND_DETACH)
			emit_ack(process, EVENT_ACK, c->cookie, result);
		free(c);
	}
}
