// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "supervisor/modules.h"

#include "supervisor/core/traced.h"

#include <stdlib.h>

/** The modules that lack debug information, by id. */
struct lacking {
	VEC(struct owner_query) queries;
	VEC(uint32_t) ids;
};

static void lacking_deinit(struct lacking *l)
{
	size_t i;

	for (i = 0; i < l->queries.num; i++)
		free(l->queries.items[i].package);
	vec_deinit(&l->queries);
	vec_deinit(&l->ids);
}

/** One module at a time, so that nobody waits long for the lock. The vDSO's debug information comes
 *  with the kernel's. */
static struct err *find_lacking(struct traced *t, struct lacking *ret)
{
	const struct module *module;
	struct owner_query query = {0};
	bool is_ok = true;
	uint32_t id;

	for (id = 1; is_ok; id++) {
		traced_lock_obj(t);
		module = modules_get(t->modules, id);
		if (module && module->is_native && module->path[0] == '/' &&
		    module_debug_state(t->modules, id).place == DEBUG_NONE) {
			query.path = module->path;
			is_ok = vec_push(&ret->queries, query) && vec_push(&ret->ids, id);
		}
		traced_unlock_obj(t);
		if (!module)
			break;
	}
	return is_ok ? NULL : &err_nomem;
}

static void add_package(const struct lacking *l, struct traced_module *ret, uint32_t id)
{
	size_t i;

	for (i = 0; i < l->ids.num; i++)
		if (l->ids.items[i] == id) {
			ret->package = l->queries.items[i].package;
			ret->may_be_fetched = ret->build_id_size;
		}
}

static void tell_live(struct traced *t, const struct lacking *l,
		      void (*fn)(void *ctx, const struct traced_module *module), void *ctx)
{
	const struct module *module;
	struct traced_module out;
	uint32_t id;

	traced_lock_obj(t);
	for (id = 1; (module = modules_get(t->modules, id)); id++) {
		out = (struct traced_module){.path = module->path,
					     .build_id = module->build_id,
					     .build_id_size = module->build_id_size,
					     .is_live = module->is_live,
					     .debug = module_debug_state(t->modules, id)};
		add_package(l, &out, id);
		fn(ctx, &out);
	}
	traced_unlock_obj(t);
}

/** By module id of the archive: a frame of it has a line. */
static bool *find_stored_lines(const struct archive *archive)
{
	bool *has_lines = calloc(archive_num_modules(archive) + 1, sizeof(*has_lines));
	const struct archive_frame *frame;
	size_t i;

	for (i = 0; has_lines && i < archive_num(archive); i++) {
		frame = archive_get(archive, i);
		has_lines[frame->module] |= frame->locations[0].has_line;
	}
	return has_lines;
}

static struct err *tell_stored(struct traced *t,
			       void (*fn)(void *ctx, const struct traced_module *module), void *ctx)
{
	_cleanup_free_ bool *has_lines = NULL;
	const struct archive_module *module;
	struct traced_module out;
	uint32_t id;

	traced_lock_obj(t);
	has_lines = find_stored_lines(t->archive);
	for (id = 1; has_lines && id < archive_num_modules(t->archive); id++) {
		module = archive_get_module(t->archive, id);
		out = (struct traced_module){
			.path = strtab_get(t->resolver.strings, module->path),
			.build_id = module->build_id,
			.build_id_size = module->build_id_size,
			.is_stored = true,
			.debug.place = has_lines[id] ? DEBUG_IN_FILE : DEBUG_NONE,
			.may_be_fetched = !has_lines[id] && module->build_id_size,
		};
		fn(ctx, &out);
	}
	traced_unlock_obj(t);
	return has_lines ? NULL : &err_nomem;
}

struct err *traced_modules(struct traced *t,
			   void (*fn)(void *ctx, const struct traced_module *module), void *ctx)
{
	_cleanup_(lacking_deinit) struct lacking lacking = {0};
	struct err *err = find_lacking(t, &lacking);

	if (err)
		return err;
	traced_lock_obj(t);
	err = modules_debug_packages(t->modules, lacking.queries.items, lacking.queries.num);
	traced_unlock_obj(t);
	if (err)
		return err;
	tell_live(t, &lacking, fn, ctx);
	return tell_stored(t, fn, ctx);
}
