// SPDX-License-Identifier: GPL-3.0-or-later
// Finds the functions that the user names, and what is similar to a name that does not exist.
#include "config.h"

#include "supervisor/code/functions.h"

#include "supervisor/code.h"
#include "supervisor/core/control.h"

#include <string.h>

/** Candidates for a function that the user has named. */
struct function_search {
	struct traced *t;
	const char *function;
	const struct module *module;
	char *first_name;
	/** Names of several functions, comma-separated; NULL: no ambiguity. */
	char *others;
	struct function_addrs *addrs;
};

static struct err *on_function(void *ctx, const char *full_name, uint64_t addr)
{
	struct function_search *search = ctx;
	uint64_t runtime = addr + search->module->bias;
	char *longer;

	if (!search->first_name) {
		search->first_name = strdup(full_name);
		if (!search->first_name)
			return &err_nomem;
	} else if (strcmp(search->first_name, full_name) != 0) {
		if (search->others && strlen(search->others) > 300)
			return NULL;
		if (asprintf(&longer, "%s, %s",
			     search->others ? search->others : search->first_name, full_name) < 0)
			return &err_nomem;
		free(search->others);
		search->others = longer;
		return NULL;
	}
	return vec_push(&search->addrs->list, runtime) ? NULL : &err_nomem;
}

static struct err *search_modules(struct function_search *search, uint32_t module_id)
{
	struct traced *t = search->t;
	struct err *err = NULL;
	uint32_t id;

	traced_lock_obj(t);
	for (id = module_id ? module_id : 1; id <= modules_num(t->modules) && !err; id++) {
		search->module = modules_get(t->modules, id);
		if (search->module && search->module->is_live)
			err = module_match_functions(t->modules, id, search->function, on_function,
						     search);
		if (module_id)
			break;
	}
	traced_unlock_obj(t);
	return err;
}

struct err *functions_find(struct traced *t, const char *function, uint32_t module_id,
			   struct function_addrs *ret)
{
	struct function_search search = {.t = t, .function = function, .addrs = ret};
	struct err *err = search_modules(&search, module_id);

	if (!err && search.others)
		err = err_create(ERR_USAGE, "'%s' is ambiguous: %s", function, search.others);
	if (!err && !ret->list.num)
		err = &err_not_found;
	free(search.first_name);
	free(search.others);
	return err;
}

/** What we look for by name in every module; unwinders last. */
static const char *const known_names[] = {
	"ptrace",
	"_Unwind_RaiseException",
	"_Unwind_Resume_or_Rethrow",
	"_Unwind_ForcedUnwind",
	"_Unwind_Backtrace",
};
#define NUM_KNOWN (sizeof(known_names) / sizeof(known_names[0]))

static struct err *on_known(void *ctx, size_t name_index, uint64_t addr, uint64_t size)
{
	uint64_t *addrs = ctx;

	(void)size;
	if (!addrs[name_index])
		addrs[name_index] = addr;
	return NULL;
}

void functions_plant_known(struct traced *t, uint32_t module_id)
{
	bool want_unwinders = t->session->options.engine != ENGINE_BREAKPOINT;
	struct command command = {.kind = COMMAND_PLANT, .num_items = 1};
	uint64_t addrs[NUM_KNOWN] = {0};
	size_t i;

	err_destroy(module_find_functions(t->modules, module_id, known_names,
					  want_unwinders ? NUM_KNOWN : 1, false, on_known, addrs));
	for (i = 0; i < NUM_KNOWN; i++) {
		if (!addrs[i])
			continue;
		command.items[0] = (struct command_plant){
			.addr = addrs[i] + modules_get(t->modules, module_id)->bias,
			.role = i ? PLANT_UNWIND : PLANT_PTRACE,
		};
		control_send(t, &command);
	}
}

struct completion {
	size_t left;
	void (*fn)(void *ctx, const char *name);
	void *ctx;
};

static struct err *complete_one(void *ctx, const char *name)
{
	struct completion *c = ctx;

	if (!c->left)
		return &err_stop;
	c->left--;
	c->fn(c->ctx, name);
	return NULL;
}

void traced_complete_function(struct traced *t, const char *prefix, size_t limit,
			      void (*fn)(void *ctx, const char *name), void *ctx)
{
	struct completion c = {limit, fn, ctx};
	const struct module *module;
	uint32_t id;

	traced_lock_obj(t);
	for (id = 1; t->modules && id <= modules_num(t->modules) && c.left; id++) {
		module = modules_get(t->modules, id);
		if (module && module->is_live)
			err_destroy(module_complete_functions(t->modules, id, prefix, complete_one,
							      &c));
	}
	traced_unlock_obj(t);
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

struct err *functions_not_found(struct traced *t, const char *function)
{
	struct candidates c = {0};
	struct err *err;
	size_t len = strlen(function);
	char *prefix;
	uint32_t id;

	c.out = open_memstream(&c.text, &c.size);
	if (!c.out)
		return &err_nomem;
	traced_lock_obj(t);
	for (; len > 0 && !c.num; len--) {
		prefix = strndup(function, len);
		for (id = 1; prefix && id <= modules_num(t->modules) && c.num < 8; id++) {
			const struct module *module = modules_get(t->modules, id);

			if (module && module->is_live)
				err_destroy(module_complete_functions(t->modules, id, prefix,
								      add_candidate, &c));
		}
		free(prefix);
		// One or two common first letters do not make a name similar.
		if (len <= 3)
			break;
	}
	traced_unlock_obj(t);
	fclose(c.out);
	err = err_create(ERR_NOT_FOUND, "no function '%s' in the loaded modules%s%s", function,
			 c.num ? "; there are " : "", c.num ? c.text : "");
	free(c.text);
	return err;
}
