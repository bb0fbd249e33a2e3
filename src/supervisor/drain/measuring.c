// SPDX-License-Identifier: GPL-3.0-or-later
// Measured functions: finding and planting them, and telling the user. What their calls did is
// computed in heap/tables/measured.c.
#include "config.h"

#include "supervisor/drain/measuring.h"

#include "supervisor/code/functions.h"
#include "supervisor/core/control.h"
#include "supervisor/core/notes.h"

#include <string.h>

/** Where a function was planted. */
struct measured_addrs {
	uint32_t id;
	struct function_addrs found;
};

struct measuring {
	struct measured *functions;
	VEC(struct measured_addrs) planted;
	bool is_overflow_noted;
};

static void on_result(void *ctx, struct measured_result *result)
{
	struct traced *t = ctx;
	struct measuring *m = t->measuring;

	if (result)
		result->stayed->nframe = t->nframe;
	if (measured_num_dropped(m->functions) && !m->is_overflow_noted) {
		m->is_overflow_noted = true;
		traced_note(t,
			    "more than %d results of measure wait: the oldest are dropped; "
			    "--calls N makes fewer",
			    MEASURED_MAX_RESULTS);
	}
	session_notify(t->session);
	control_wake(t->session);
}

void measuring_enter(struct traced *t, const struct event_measure *event)
{
	if (t->measuring)
		measured_enter(t->measuring->functions, event->tid, event->id, event->call,
			       event->time_ns);
}

void measuring_leave(struct traced *t, const struct event_measure *event)
{
	if (t->measuring)
		measured_leave(t->measuring->functions, event->tid, event->call, event->time_ns,
			       event->header.flags & MEASURE_UNWOUND);
}

void measuring_alloc(struct traced *t, int32_t tid, uint64_t addr)
{
	measured_alloc(t->measuring->functions, tid, addr);
}

void measuring_free(struct traced *t, int32_t tid, uint64_t addr)
{
	measured_free(t->measuring->functions, tid, addr);
}

void measuring_free_older(struct traced *t, int32_t tid, uint64_t size)
{
	measured_free_older(t->measuring->functions, tid, size);
}

void measuring_put_back(struct traced *t, int32_t tid, uint64_t addr)
{
	measured_put_back(t->measuring->functions, tid, addr);
}

void measuring_finish(struct traced *t)
{
	if (t->measuring)
		measured_finish(t->measuring->functions);
}

/** COMMAND_PLANT or COMMAND_UNPLANT. */
static void send_addrs(struct traced *t, enum command_kind kind, const struct measured_addrs *addrs)
{
	struct command command = {.kind = kind};
	size_t i;

	for (i = 0; i < addrs->found.list.num && i < COMMAND_MAX_ITEMS; i++)
		command.items[command.num_items++] = (struct command_plant){
			addrs->found.list.items[i], PLANT_MEASURE, addrs->id};
	control_send(t, &command);
}

static void unplant(struct traced *t, struct measured_addrs *addrs)
{
	send_addrs(t, COMMAND_UNPLANT, addrs);
	vec_deinit(&addrs->found.list);
}

static void forget_function(struct traced *t, uint32_t id)
{
	struct measuring *m = t->measuring;
	size_t i;

	for (i = 0; i < m->planted.num; i++) {
		if (m->planted.items[i].id != id)
			continue;
		unplant(t, &m->planted.items[i]);
		m->planted.items[i] = m->planted.items[--m->planted.num];
		break;
	}
	measured_remove(m->functions, id);
}

void measuring_reset(struct traced *t)
{
	struct measuring *m = t->measuring;

	if (!m)
		return;
	while (m->planted.num)
		unplant(t, &m->planted.items[--m->planted.num]);
	measured_remove_all(m->functions);
}

void measuring_destroy(struct traced *t)
{
	struct measuring *m = t->measuring;

	if (!m)
		return;
	measuring_reset(t);
	measured_destroy(m->functions);
	vec_deinit(&m->planted);
	free(m);
	t->measuring = NULL;
}

static struct err *plant_function(struct traced *t, const char *function, uint32_t id)
{
	struct measured_addrs addrs = {.id = id};
	struct err *err = functions_find(t, function, 0, &addrs.found);

	if (!err && !vec_push(&t->measuring->planted, addrs))
		err = &err_nomem;
	if (err)
		vec_deinit(&addrs.found.list);
	else
		send_addrs(t, COMMAND_PLANT, &addrs);
	return err == &err_not_found ? functions_not_found(t, function) : err;
}

/** The id of a function that is measured; 0: it is not. */
static uint32_t find_function(const struct measuring *m, const char *function)
{
	size_t i;

	for (i = 0; m && i < measured_num(m->functions); i++) {
		struct measured_function f = measured_get(m->functions, i);

		if (strcmp(f.name, function) == 0)
			return f.id;
	}
	return 0;
}

static struct err *begin_measuring(struct traced *t)
{
	struct measuring *m = calloc(1, sizeof(*m));
	struct err *err;

	if (!m)
		return &err_nomem;
	err = measured_create(t->heap, on_result, t, &m->functions);
	if (err) {
		free(m);
		return err;
	}
	t->measuring = m;
	return NULL;
}

bool measuring_remove(struct traced *t, const char *function)
{
	uint32_t id = find_function(t->measuring, function);

	if (id)
		forget_function(t, id);
	return id;
}

struct err *measuring_add(struct traced *t, const char *function, uint64_t num_calls)
{
	struct err *err = t->measuring ? NULL : begin_measuring(t);
	uint32_t id;

	if (err)
		return err;
	measuring_remove(t, function);
	err = measured_add(t->measuring->functions, function, num_calls, &id);
	if (err)
		return err;
	err = plant_function(t, function, id);
	if (err)
		measured_remove(t->measuring->functions, id);
	return err;
}

size_t measuring_num(const struct traced *t)
{
	return t->measuring ? measured_num(t->measuring->functions) : 0;
}

struct measured_function measuring_get(const struct traced *t, size_t i)
{
	return measured_get(t->measuring->functions, i);
}

struct measured_result *measuring_take_result(struct traced *t)
{
	return t->measuring ? measured_take_result(t->measuring->functions) : NULL;
}
