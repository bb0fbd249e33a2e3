// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "supervisor/code/calls.h"

#include "supervisor/code/functions.h"
#include "supervisor/core/control.h"
#include "supervisor/core/notes.h"

/** In a module, or with 0 in all. ERR_USAGE: ambiguous. &err_not_found. */
static struct err *plant(struct session *s, uint32_t module_id)
{
	struct command command = {
		.kind = COMMAND_PLANT,
		.value = s->call.count,
		.flags = s->call.is_exact ? PLANT_PAUSE : 0,
	};
	struct function_addrs addrs = {0};
	struct err *err = functions_find(s, s->call.function, module_id, &addrs);
	size_t i;

	for (i = 0; !err && i < addrs.list.num && i < COMMAND_MAX_ITEMS; i++) {
		command.items[command.num_items++] =
			(struct command_plant){addrs.list.items[i], PLANT_CALL, s->call.id};
		if (!vec_push(&s->call.addrs, addrs.list.items[i]))
			err = &err_nomem;
	}
	if (!err)
		control_send(s, &command);
	vec_deinit(&addrs.list);
	return err;
}

struct err *calls_begin(struct session *s, const char *function, uint64_t count, bool is_exact)
{
	struct err *err;

	if (!s->is_tracing)
		return err_create(ERR_OTHER,
				  "calls can only be waited for while tracing; 'start' begins");
	s->call.id = ++s->num_call_ids;
	s->call.function = function;
	s->call.count = count;
	s->call.is_exact = is_exact;
	s->call.is_reached = false;
	s->call.addrs.num = 0;
	err = plant(s, 0);
	if (err == &err_not_found) {
		session_note(s, "no function '%s' yet; waiting for a module that brings it",
			     function);
		return NULL;
	}
	return err;
}

void calls_end(struct session *s)
{
	struct command command = {.kind = COMMAND_UNPLANT};
	size_t i;

	s->call.id = 0;
	s->call.function = NULL;
	for (i = 0; i < s->call.addrs.num && i < COMMAND_MAX_ITEMS; i++)
		command.items[command.num_items++] =
			(struct command_plant){s->call.addrs.items[i], PLANT_CALL, 0};
	if (command.num_items)
		control_send(s, &command);
}

void calls_plant_in(struct session *s, uint32_t module_id)
{
	if (s->call.id)
		err_destroy(plant(s, module_id));
}

void calls_reach(struct session *s, const struct event_call *event)
{
	if (!s->call.id || event->id != s->call.id)
		return;
	s->call.is_reached = true;
	s->is_paused = s->call.is_exact;
	control_wake(s);
}
