// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "trace/os/emit.h"

#include "base/clock.h"
#include "base/fault.h"
#include "trace/os/process.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/** How long one sleep for room lasts before the supervisor's life is checked. */
#define ROOM_WAIT_NS (5 * NS_PER_MS)

void *emit_begin(struct process *p, enum event_kind kind, size_t size)
{
	struct ring_record *record;

	size = (size + 7) & ~(size_t)7;
	for (;;) {
		if (__atomic_load_n(&p->tracer->is_supervisor_gone, __ATOMIC_ACQUIRE))
			return NULL;
		record = ring_reserve(shared_ring(p->shared), size);
		if (record)
			break;
		FAULT_POINT("ring-full");
		ring_wait_room(shared_ring(p->shared), ROOM_WAIT_NS);
	}
	record->kind = kind;
	record->flags = 0;
	return record;
}

void emit_end(struct process *p, void *record)
{
	ring_commit(shared_ring(p->shared), record);
}

void emit_end_now(struct process *p, void *record)
{
	ring_commit(shared_ring(p->shared), record);
	ring_wake_consumer(shared_ring(p->shared));
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
