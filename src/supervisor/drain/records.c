// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "supervisor/drain/records.h"

#include "supervisor/code/calls.h"
#include "supervisor/code/loaded.h"
#include "supervisor/code/probe_table.h"
#include "supervisor/code/rows.h"
#include "supervisor/core/arrivals.h"
#include "supervisor/core/control.h"
#include "supervisor/core/notes.h"
#include "supervisor/drain/agent_ring.h"
#include "supervisor/drain/measuring.h"
#include "supervisor/drain/process_image.h"

#include <stdio.h>

/** Nothing comes from the target any more. */
static void finish(struct traced *t, enum target_state state)
{
	t->state = state;
	t->held_tid = 0;
	agent_ring_close(t);
	measuring_finish(t);
	traced_mark_end(t);
	traced_lock_obj(t);
	modules_forget_live(t->modules);
	traced_unlock_obj(t);
	control_wake(t->session);
	arrivals_wake(t->session);
}

static void on_end(struct traced *t, const struct event_exit *event)
{
	t->exit_status = event->status;
	finish(t, TARGET_ENDED);
}

/** The tracer has released the target by itself. */
static void on_left(struct traced *t, const struct event_text *event)
{
	if (t->want_hold)
		t->launch_error = err_create(ERR_PERM, "%s", event->text);
	else if (*event->text)
		traced_note(t, "%s", event->text);
	finish(t, TARGET_DETACHED);
}

static void on_ack(struct traced *t, const struct event_ack *event)
{
	t->acked_cookie = event->cookie;
	t->ack_result = event->result;
	control_wake(t->session);
}

static void on_engine(struct traced *t, const struct event_engine *event)
{
	t->engine = (enum engine)event->engine;
	snprintf(t->engine_reason, sizeof(t->engine_reason), "%s", event->reason);
}

static void on_planted(struct traced *t, const struct event_planted *event)
{
	probe_table_tell(t->probes, event->addr, (enum plant_how)event->how,
			 (enum plant_why)event->why);
}

/** Events after which a thread of the target waits, or about the process as a whole. */
static void on_control(struct traced *t, const struct ring_record *record)
{
	const struct event_thread *thread = (const void *)record;
	const struct event_miss *miss = (const void *)record;

	switch (record->kind) {
	case EVENT_MISS:
		rows_fill(t, miss->tid, &miss->frame);
		control_release(t, miss->tid, 0);
		break;
	case EVENT_MODULES:
		process_image_rendezvous(t, thread->tid);
		break;
	case EVENT_MAPPED:
		loaded_update(t);
		control_release(t, thread->tid, 0);
		break;
	case EVENT_EXEC:
		process_image_exec(t, thread->tid);
		break;
	case EVENT_EXIT:
		on_end(t, (const void *)record);
		break;
	case EVENT_CHILD:
		arrivals_add(t, (const void *)record);
		break;
	case EVENT_RELEASED:
		on_left(t, (const void *)record);
		break;
	case EVENT_ACK:
		on_ack(t, (const void *)record);
		break;
	case EVENT_EPOCH:
		heap_events_forget_stacks(t);
		break;
	case EVENT_CLEAR:
		heap_events_clear(t);
		break;
	case EVENT_AGENT:
		agent_ring_change(t, (const void *)record);
		break;
	case EVENT_POSITION:
		agent_ring_set_position(t, (const void *)record);
		break;
	case EVENT_NOTE:
		traced_note(t, "%s", ((const struct event_text *)record)->text);
		break;
	case EVENT_ENGINE:
		on_engine(t, (const void *)record);
		break;
	case EVENT_PLANTED:
		on_planted(t, (const void *)record);
		break;
	default:
		break;
	}
}

void records_handle(struct traced *t, const struct ring_record *record, struct heap_brief *brief)
{
	switch (record->kind) {
	case EVENT_STACK:
		heap_events_stack(t, (const void *)record);
		break;
	case EVENT_ALLOC:
		heap_events_alloc(t, (const void *)record, brief);
		break;
	case EVENT_FREE:
		heap_events_free(t, (const void *)record, brief);
		break;
	case EVENT_USABLE:
		heap_events_usable(t, (const void *)record);
		break;
	case EVENT_TAKE:
		heap_events_take(t, (const void *)record, brief);
		break;
	case EVENT_REALLOC:
		heap_events_realloc(t, (const void *)record, brief);
		break;
	case EVENT_ABANDON:
		heap_events_abandon(t, (const void *)record);
		break;
	case EVENT_CALL:
		calls_reach(t, (const void *)record);
		break;
	case EVENT_ENTER:
		measuring_enter(t, (const void *)record);
		break;
	case EVENT_RETURN:
		measuring_leave(t, (const void *)record);
		break;
	default:
		on_control(t, record);
		break;
	}
}
