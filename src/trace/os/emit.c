// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "trace/os/emit.h"

#include "base/clock.h"
#include "base/fault.h"
#include "trace/os/process.h"
#include "wire/agent_map.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/** How long one sleep for room lasts before the supervisor's life is checked. */
#define ROOM_WAIT_NS (5 * NS_PER_MS)
/** The supervisor has found the ring of the agent's memory empty so often, and for us it was full
 *  each time: we are not just unlucky. */
#define MAX_ROUNDS 100
/** Largest record, but for its tail. */
#define EMIT_MAX 1024

/** The record in the making. There is one at a time, since one thread emits. */
static union {
	struct ring_record header;
	uint8_t bytes[EMIT_MAX];
} staged;

static bool is_alone(const struct process *p)
{
	return __atomic_load_n(&p->tracer->is_supervisor_gone, __ATOMIC_ACQUIRE);
}

static void wait_room(const struct process *p, const struct ring_view *view)
{
	uint64_t begin = clock_now_ns();

	ring_wait_room(view, ROOM_WAIT_NS);
	__atomic_add_fetch(&p->shared->stats.wait_ns, clock_now_ns() - begin, __ATOMIC_RELAXED);
}

void *emit_begin(struct process *p, enum event_kind kind, size_t size)
{
	if (is_alone(p))
		return NULL;
	size = (size + 7) & ~(size_t)7;
	assert(size <= sizeof(staged));
	memset(&staged, 0, size);
	staged.header.size = size;
	staged.header.kind = kind;
	return &staged;
}

/** As ring_put(), waiting for room. RING_PUT_FULL: the supervisor is gone. */
static enum ring_put_result put(const struct process *p, const struct ring_record *record,
				const void *tail, size_t tail_size)
{
	struct ring_view view = shared_view(p->shared);
	enum ring_put_result result;

	while ((result = ring_put(&view, RING_TRACER, record, tail, tail_size)) == RING_PUT_FULL) {
		if (is_alone(p))
			break;
		FAULT_POINT("ring-full");
		wait_room(p, &view);
	}
	return result;
}

void emit_wait_agent_room(struct process *p)
{
	struct ring_view view = agent_memory_view(p->agent_memory);

	// The reader sleeps at the other ring.
	ring_wake_consumer(shared_ring(p->shared));
	wait_room(p, &view);
}

/** The same for the ring of the agent's memory. The target may say for ever that it is full, but
 *  not that the supervisor finds it empty. */
static enum ring_put_result put_to_agent(struct process *p, const struct ring_record *record,
					 const void *tail, size_t tail_size)
{
	struct ring_view view = agent_memory_view(p->agent_memory);
	const uint64_t *rounds = &p->shared->num_agent_rounds;
	uint64_t first = __atomic_load_n(rounds, __ATOMIC_ACQUIRE);
	enum ring_put_result result;

	while ((result = ring_put(&view, RING_TRACER, record, tail, tail_size)) == RING_PUT_FULL) {
		p->is_agent_ring_spoilt |=
			__atomic_load_n(rounds, __ATOMIC_ACQUIRE) - first > MAX_ROUNDS;
		if (p->is_agent_ring_spoilt || is_alone(p))
			break;
		FAULT_POINT("ring-full");
		emit_wait_agent_room(p);
	}
	return result;
}

/** Does it matter which blocks were there when this happened? */
static bool has_instant(unsigned kind)
{
	return kind != EVENT_MISS && kind != EVENT_NOTE && kind != EVENT_ENGINE &&
	       kind != EVENT_PLANTED;
}

static void tell_position(struct process *p)
{
	struct event_position event = {.header = {sizeof(event), EVENT_POSITION, 0}};

	event.position = ring_head(agent_memory_ring(p->agent_memory));
	if (event.position == p->told_position)
		return;
	p->told_position = event.position;
	put(p, &event.header, NULL, 0);
}

/** Put it into its ring. want_wake: the supervisor shall see it at once. */
static void emit(struct process *p, struct ring_record *record, const void *tail, size_t tail_size,
		 bool want_wake)
{
	enum ring_put_result result;

	record->size += tail_size;
	if (p->agent_memory && event_is_heap(record->kind)) {
		result = put_to_agent(p, record, tail, tail_size);
	} else {
		if (p->agent_memory && has_instant(record->kind))
			tell_position(p);
		result = put(p, record, tail, tail_size);
	}
	if (result != RING_PUT_FULL && (want_wake || result == RING_PUT_WAKE))
		ring_wake_consumer(shared_ring(p->shared));
}

void emit_use_agent(struct process *p, struct agent_memory *memory)
{
	p->agent_memory = memory;
	p->told_position = 0;
	p->is_agent_ring_spoilt = false;
}

void emit_leave_agent(struct process *p)
{
	const struct event_agent event = {.header = {sizeof(event), EVENT_AGENT, 0}, .fd = -1};

	if (!p->agent_memory)
		return;
	tell_position(p);
	put(p, &event.header, NULL, 0);
	agent_memory_unmap(p->agent_memory);
	p->agent_memory = NULL;
}

void emit_end(struct process *p, void *record)
{
	emit(p, record, NULL, 0, false);
}

void emit_end_tail(struct process *p, void *record, const void *tail, size_t tail_size)
{
	emit(p, record, tail, tail_size, false);
}

void emit_end_now(struct process *p, void *record)
{
	emit(p, record, NULL, 0, true);
}

void emit_thread(struct process *p, enum event_kind kind, pid_t tid)
{
	struct event_thread *event = emit_begin(p, kind, sizeof(*event));

	if (!event)
		return;
	event->tid = tid;
	emit_end_now(p, event);
}

void emit_ack(struct process *p, enum event_kind kind, uint64_t cookie, int result)
{
	struct event_ack *event = emit_begin(p, kind, sizeof(*event));

	if (!event)
		return;
	event->cookie = cookie;
	event->result = result;
	emit_end_now(p, event);
}

void emit_engine(struct process *p, enum engine engine, const char *reason)
{
	size_t len = strnlen(reason, EVENT_REASON_MAX - 1);
	struct event_engine *event = emit_begin(p, EVENT_ENGINE, sizeof(*event) + len + 1);

	if (!event)
		return;
	event->engine = engine;
	memcpy(event->reason, reason, len);
	emit_end_now(p, event);
}

void emit_planted(struct process *p, uint64_t addr, enum plant_how how, enum plant_why why)
{
	struct event_planted *event = emit_begin(p, EVENT_PLANTED, sizeof(*event));

	if (!event)
		return;
	event->addr = addr;
	event->how = how;
	event->why = why;
	emit_end(p, event);
}

void emit_note(struct process *p, const char *format, ...)
{
	struct event_text *event;
	char text[256];
	va_list ap;

	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	event = emit_begin(p, EVENT_NOTE, sizeof(*event) + strlen(text) + 1);
	if (!event)
		return;
	strcpy(event->text, text);
	emit_end_now(p, event);
}
