// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "supervisor/drain/records.h"

#include "supervisor/code/calls.h"
#include "supervisor/code/loaded.h"
#include "supervisor/code/rows.h"
#include "supervisor/core/arrivals.h"
#include "supervisor/core/control.h"
#include "supervisor/core/notes.h"
#include "supervisor/drain/heap_events.h"
#include "supervisor/drain/measuring.h"
#include "supervisor/drain/process_image.h"

/** Nothing comes from the target any more. */
static void finish(struct session *s, enum target_state state)
{
	s->state = state;
	s->held_tid = 0;
	measuring_finish(s);
	session_mark_end(s);
	session_lock_obj(s);
	modules_forget_live(s->modules);
	session_unlock_obj(s);
	control_wake(s);
	arrivals_wake(s);
}

static void on_end(struct session *s, const struct event_exit *event)
{
	s->exit_status = event->status;
	finish(s, TARGET_ENDED);
}

/** The tracer has let the target go on its own. */
static void on_left(struct session *s, const struct event_text *event)
{
	if (s->want_hold)
		s->launch_error = err_create(ERR_PERM, "%s", event->text);
	else if (*event->text)
		session_note(s, "%s", event->text);
	finish(s, TARGET_DETACHED);
}

static void on_ack(struct session *s, const struct event_ack *event)
{
	s->acked_cookie = event->cookie;
	s->ack_result = event->result;
	control_wake(s);
}

/** An event that a thread of the target waits after, or about the session itself. */
static void on_control(struct session *s, const struct ring_record *record)
{
	const struct event_thread *thread = (const void *)record;
	const struct event_miss *miss = (const void *)record;

	switch (record->kind) {
	case EVENT_MISS:
		rows_fill(s, miss->tid, &miss->frame);
		control_release(s, miss->tid, 0);
		break;
	case EVENT_MODULES:
		process_image_rendezvous(s, thread->tid);
		break;
	case EVENT_MAPPED:
		loaded_update(s);
		control_release(s, thread->tid, 0);
		break;
	case EVENT_EXEC:
		process_image_exec(s, thread->tid);
		break;
	case EVENT_EXIT:
		on_end(s, (const void *)record);
		break;
	case EVENT_CHILD:
		arrivals_add(s, (const void *)record);
		break;
	case EVENT_RELEASED:
		on_left(s, (const void *)record);
		break;
	case EVENT_ACK:
		on_ack(s, (const void *)record);
		break;
	case EVENT_EPOCH:
		hmap_deinit(&s->stacks_by_hash);
		break;
	case EVENT_CLEAR:
		heap_events_clear(s);
		break;
	case EVENT_NOTE:
		session_note(s, "%s", ((const struct event_text *)record)->text);
		break;
	default:
		break;
	}
}

void records_handle(struct session *s, const struct ring_record *record)
{
	switch (record->kind) {
	case EVENT_STACK:
		heap_events_stack(s, (const void *)record);
		break;
	case EVENT_ALLOC:
		heap_events_alloc(s, (const void *)record);
		break;
	case EVENT_FREE:
		heap_events_free(s, (const void *)record);
		break;
	case EVENT_USABLE:
		heap_events_usable(s, (const void *)record);
		break;
	case EVENT_TAKE:
		heap_events_take(s, (const void *)record);
		break;
	case EVENT_REALLOC:
		heap_events_realloc(s, (const void *)record);
		break;
	case EVENT_ABANDON:
		heap_events_abandon(s, (const void *)record);
		break;
	case EVENT_CALL:
		calls_reach(s, (const void *)record);
		break;
	case EVENT_ENTER:
		measuring_enter(s, (const void *)record);
		break;
	case EVENT_RETURN:
		measuring_leave(s, (const void *)record);
		break;
	default:
		on_control(s, record);
		break;
	}
}
