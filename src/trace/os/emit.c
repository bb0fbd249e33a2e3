// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "trace/os/emit.h"

#include "base/clock.h"
#include "base/fault.h"
#include "trace/os/process.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/** How long one sleep for room lasts before the supervisor's life is checked. */
#define ROOM_WAIT_NS (5 * NS_PER_MS)
/** Largest record, but for its tail. */
#define EMIT_MAX 1024

/** The record in the making. There is one at a time, since one thread emits. */
static union {
	struct ring_record header;
	uint8_t bytes[EMIT_MAX];
} staged;

void *emit_begin(struct process *p, enum event_kind kind, size_t size)
{
	if (__atomic_load_n(&p->tracer->is_supervisor_gone, __ATOMIC_ACQUIRE))
		return NULL;
	size = (size + 7) & ~(size_t)7;
	assert(size <= sizeof(staged));
	memset(&staged, 0, size);
	staged.header.size = size;
	staged.header.kind = kind;
	return &staged;
}

/** Put it into the ring. want_wake: the supervisor shall see it at once. */
static void emit(struct process *p, struct ring_record *record, const void *tail, size_t tail_size,
		 bool want_wake)
{
	struct ring_view view = shared_view(p->shared);
	enum ring_put_result result;

	record->size += tail_size;
	for (;;) {
		result = ring_put(&view, RING_TRACER, record, tail, tail_size);
		if (result != RING_PUT_FULL)
			break;
		if (__atomic_load_n(&p->tracer->is_supervisor_gone, __ATOMIC_ACQUIRE))
			return;
		FAULT_POINT("ring-full");
		ring_wait_room(&view, ROOM_WAIT_NS);
	}
	if (want_wake || result == RING_PUT_WAKE)
		ring_wake_consumer(view.ring);
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
