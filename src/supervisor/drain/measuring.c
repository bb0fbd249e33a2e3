// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "supervisor/drain/measuring.h"

#include "supervisor/code/functions.h"
#include "supervisor/core/control.h"
#include "supervisor/drain/measured_calls.h"

#include <string.h>

static void forget_function(struct session *s, size_t index)
{
	struct measuring *m = s->measuring;
	struct command command = {.kind = COMMAND_UNPLANT};
	struct measured_function *f = m->functions.items[index];
	size_t i;

	for (i = 0; i < f->addrs.num && i < COMMAND_MAX_ITEMS; i++)
		command.items[command.num_items++] =
			(struct command_plant){f->addrs.items[i], PLANT_MEASURE, 0};
	control_send(s, &command);
	if (f->has_sum)
		measured_finish_sum(s, f);
	measured_destroy_function(f);
	m->functions.items[index] = m->functions.items[--m->functions.num];
}

void measuring_finish(struct session *s)
{
	struct measuring *m = s->measuring;
	size_t i;

	for (i = 0; m && i < m->functions.num; i++)
		if (m->functions.items[i]->has_sum)
			measured_finish_sum(s, m->functions.items[i]);
}

void measuring_reset(struct session *s)
{
	struct measuring *m = s->measuring;

	if (!m)
		return;
	measured_drop_all_threads(m);
	while (m->functions.num)
		forget_function(s, m->functions.num - 1);
}

void measuring_destroy(struct session *s)
{
	struct measuring *m = s->measuring;
	size_t i;

	if (!m)
		return;
	measuring_reset(s);
	for (i = 0; i < m->results.num; i++)
		session_measured_destroy(m->results.items[i]);
	vec_deinit(&m->results);
	vec_deinit(&m->functions);
	hmap_deinit(&m->threads);
	hmap_deinit(&m->logged);
	free(m);
	s->measuring = NULL;
}

struct candidates {
	char *text;
	size_t size;
	FILE *out;
	unsigned num;
};

static struct err *add_candidate(void *ctx, const char *name)
{
	struct candidates *c = ctx;

	fprintf(c->out, "%s%s", c->num ? ", " : "", name);
	return ++c->num < 8 ? NULL : &err_stop;
}

/** No such function: names that begin the same way. */
static struct err *not_found(struct session *s, const char *function)
{
	struct candidates c = {0};
	struct err *err;
	size_t len = strlen(function);
	char *prefix;
	uint32_t id;

	c.out = open_memstream(&c.text, &c.size);
	if (!c.out)
		return &err_nomem;
	session_lock_obj(s);
	for (; len > 0 && !c.num; len--) {
		prefix = strndup(function, len);
		for (id = 1; prefix && id <= modules_num(s->modules) && c.num < 8; id++) {
			const struct module *module = modules_get(s->modules, id);

			if (module && module->is_live)
				err_destroy(module_complete_functions(s->modules, id, prefix,
								      add_candidate, &c));
		}
		free(prefix);
		// A common first letter or two is no likeness.
		if (len <= 3)
			break;
	}
	session_unlock_obj(s);
	fclose(c.out);
	err = err_create(ERR_NOT_FOUND, "no function '%s' in the loaded modules%s%s", function,
			 c.num ? "; there are " : "", c.num ? c.text : "");
	free(c.text);
	return err;
}

static struct err *plant_function(struct session *s, struct measured_function *f)
{
	struct command command = {.kind = COMMAND_PLANT};
	struct function_addrs addrs = {0};
	struct err *err = functions_find(s, f->function, 0, &addrs);
	size_t i;

	for (i = 0; !err && i < addrs.list.num && i < COMMAND_MAX_ITEMS; i++) {
		command.items[command.num_items++] =
			(struct command_plant){addrs.list.items[i], PLANT_MEASURE, f->id};
		if (!vec_push(&f->addrs, addrs.list.items[i]))
			err = &err_nomem;
	}
	if (!err)
		control_send(s, &command);
	vec_deinit(&addrs.list);
	return err == &err_not_found ? not_found(s, f->function) : err;
}

static bool find_function(const struct measuring *m, const char *function, size_t *index_ret)
{
	size_t i;

	for (i = 0; m && i < m->functions.num; i++) {
		if (strcmp(m->functions.items[i]->function, function) != 0)
			continue;
		*index_ret = i;
		return true;
	}
	return false;
}

bool measuring_remove(struct session *s, const char *function)
{
	size_t index;

	if (!find_function(s->measuring, function, &index))
		return false;
	forget_function(s, index);
	return true;
}

struct err *measuring_add(struct session *s, const char *function, uint64_t num_calls)
{
	struct measured_function *f;
	struct err *err;

	measuring_remove(s, function);
	if (!s->measuring)
		s->measuring = calloc(1, sizeof(*s->measuring));
	f = calloc(1, sizeof(*f));
	if (!s->measuring || !f || !(f->function = strdup(function))) {
		measured_destroy_function(f);
		return &err_nomem;
	}
	f->id = ++s->measuring->num_ids;
	f->num_calls = num_calls;
	err = plant_function(s, f);
	if (!err && !vec_push(&s->measuring->functions, f))
		err = &err_nomem;
	if (err)
		measured_destroy_function(f);
	return err;
}
