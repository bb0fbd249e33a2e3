// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "supervisor/code/calls.h"

#include "supervisor/code/functions.h"
#include "supervisor/core/control.h"
#include "supervisor/core/notes.h"

struct calls {
	/** How many calls are waited for now; 0: none. */
	uint32_t id;
	uint32_t num_ids;
	/** As the user typed it; borrowed. */
	const char *function;
	uint64_t count;
	bool is_exact;
	bool is_reached;
	/** Where it was planted. */
	VEC(uint64_t) addrs;
};

struct err *calls_create(struct calls **ret)
{
	struct calls *c = calloc(1, sizeof(*c));

	if (!c)
		return &err_nomem;
	*ret = c;
	return NULL;
}

void calls_destroy(struct calls *c)
{
	if (!c)
		return;
	vec_deinit(&c->addrs);
	free(c);
}

/** In a module, or with 0 in all. ERR_USAGE: ambiguous. &err_not_found. */
static struct err *plant(struct traced *t, uint32_t module_id)
{
	struct calls *c = t->calls;
	struct command command = {
		.kind = COMMAND_PLANT,
		.value = c->count,
		.flags = c->is_exact ? PLANT_PAUSE : 0,
	};
	struct function_addrs addrs = {0};
	struct err *err = functions_find(t, c->function, module_id, &addrs);
	size_t i;

	for (i = 0; !err && i < addrs.list.num && i < COMMAND_MAX_ITEMS; i++) {
		command.items[command.num_items++] =
			(struct command_plant){addrs.list.items[i], PLANT_CALL, c->id};
		if (!vec_push(&c->addrs, addrs.list.items[i]))
			err = &err_nomem;
	}
	if (!err)
		control_send(t, &command);
	vec_deinit(&addrs.list);
	return err;
}

struct err *calls_begin(struct traced *t, const char *function, uint64_t count, bool is_exact)
{
	struct calls *c = t->calls;
	struct err *err;

	if (!t->is_tracing)
		return err_create(ERR_OTHER,
				  "calls can only be waited for while tracing; 'start' begins");
	c->id = ++c->num_ids;
	c->function = function;
	c->count = count;
	c->is_exact = is_exact;
	c->is_reached = false;
	c->addrs.num = 0;
	err = plant(t, 0);
	if (err == &err_not_found) {
		traced_note(t, "no function '%s' yet; waiting for a module that brings it",
			    function);
		return NULL;
	}
	return err;
}

void calls_end(struct traced *t)
{
	struct calls *c = t->calls;
	struct command command = {.kind = COMMAND_UNPLANT};
	size_t i;

	c->id = 0;
	c->function = NULL;
	for (i = 0; i < c->addrs.num && i < COMMAND_MAX_ITEMS; i++)
		command.items[command.num_items++] =
			(struct command_plant){c->addrs.items[i], PLANT_CALL, 0};
	if (command.num_items)
		control_send(t, &command);
}

void calls_plant_in(struct traced *t, uint32_t module_id)
{
	if (t->calls->id)
		err_destroy(plant(t, module_id));
}

void calls_reach(struct traced *t, const struct event_call *event)
{
	struct calls *c = t->calls;

	if (!c->id || event->id != c->id)
		return;
	c->is_reached = true;
	t->is_paused = c->is_exact;
	control_wake(t->session);
}

bool calls_is_reached(const struct traced *t)
{
	return t->calls->is_reached;
}

bool calls_is_planted(const struct traced *t)
{
	return t->calls->addrs.num;
}
