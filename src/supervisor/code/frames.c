// SPDX-License-Identifier: GPL-3.0-or-later
// Answers what can be asked about frames. The symbolizer answers for frames of the process, the
// archive for those of loaded snapshots.
#include "config.h"

#include "supervisor/code/frames.h"

#include "supervisor/code.h"
#include "supervisor/code/downloads.h"

#include <string.h>

struct loading {
	/** Atomic. */
	bool is_loading;
	size_t num_loaded;
	size_t num_modules;
	/** By module id: counted in num_loaded. Under obj_lock. */
	VEC(bool) loaded;
};

/** Count the module of a frame that is about to be looked up. Without memory the display is
 *  slightly wrong. */
static void note_loading(struct traced *t, uint32_t module)
{
	struct loading *l = t->loading;

	while (l->loaded.num <= module)
		if (!vec_push(&l->loaded, false))
			return;
	__atomic_store_n(&l->num_modules, modules_num(t->modules), __ATOMIC_RELAXED);
	if (module && !l->loaded.items[module])
		__atomic_store_n(&l->num_loaded, l->num_loaded + 1, __ATOMIC_RELAXED);
	l->loaded.items[module] = true;
	__atomic_store_n(&l->is_loading, true, __ATOMIC_RELAXED);
}

bool traced_loading(struct traced *t, size_t *num_ret, size_t *total_ret)
{
	*num_ret = __atomic_load_n(&t->loading->num_loaded, __ATOMIC_RELAXED);
	*total_ret = __atomic_load_n(&t->loading->num_modules, __ATOMIC_RELAXED);
	return __atomic_load_n(&t->loading->is_loading, __ATOMIC_RELAXED);
}

/** Behind obj_lock: the drain thread uses the modules too. */
static struct err *resolve_live(struct traced *t, uint64_t frame, const struct location **ret,
				size_t *num_ret)
{
	const struct resolver *inner;
	struct err *err;

	traced_lock_obj(t);
	inner = symbolizer_resolver(t->symbolizer);
	note_loading(t, frame_module(frame));
	err = inner->resolve(inner->ctx, frame, ret, num_ret);
	__atomic_store_n(&t->loading->is_loading, false, __ATOMIC_RELAXED);
	traced_unlock_obj(t);
	return err;
}

/** A frame that was stored without line, in the debug file of its module. &err_not_found: there is
 *  none, or it does not know more. */
static struct err *resolve_anew(struct traced *t, const struct archive_frame *stored,
				const struct location **ret, size_t *num_ret)
{
	uint32_t id = downloads_provide_stored(t, stored->module);
	const struct location *found = NULL;
	size_t num = 0;
	struct err *err = &err_not_found;

	if (id)
		err = resolve_live(t, frame_make(id, stored->offset), &found, &num);
	if (!err && !found->has_line)
		err = &err_not_found;
	if (err)
		return err;
	*ret = found;
	*num_ret = num;
	return NULL;
}

static struct err *resolve_stored(struct traced *t, uint64_t frame, const struct location **ret,
				  size_t *num_ret)
{
	struct archive_frame stored = {0};
	struct err *err, *anew;

	traced_lock_obj(t);
	err = archive_resolve(t->archive, frame, ret, num_ret);
	if (!err)
		stored = *archive_get(t->archive, frame_addr(frame));
	traced_unlock_obj(t);
	if (err || stored.locations[0].has_line)
		return err;
	anew = resolve_anew(t, &stored, ret, num_ret);
	return anew == &err_not_found ? NULL : anew;
}

/** What may take long, a download, comes before obj_lock is taken. */
static struct err *resolve(void *ctx, uint64_t frame, const struct location **ret, size_t *num_ret)
{
	struct traced *t = ctx;

	if (frame_module(frame) == FRAME_MODULE_STORED)
		return resolve_stored(t, frame, ret, num_ret);
	downloads_provide(t, frame_module(frame));
	return resolve_live(t, frame, ret, num_ret);
}

static void origin(void *ctx, uint64_t frame, struct frame_origin *ret)
{
	struct traced *t = ctx;
	const struct module *module;

	traced_lock_obj(t);
	if (frame_module(frame) == FRAME_MODULE_STORED) {
		archive_origin(t->archive, frame, ret);
	} else {
		module = frame_module(frame) ? modules_get(t->modules, frame_module(frame)) : NULL;
		*ret = (struct frame_origin){
			.module = module ? module->path : "",
			.build_id = module ? module->build_id : NULL,
			.build_id_size = module ? module->build_id_size : 0,
			.offset = frame_addr(frame),
		};
	}
	traced_unlock_obj(t);
}

char *traced_source_line(void *traced, const char *file, uint32_t line)
{
	struct traced *t = traced;
	const char *stored = NULL;
	char *text;
	uint32_t id;

	traced_lock_obj(t);
	if (archive_num(t->archive) && !strtab_intern(t->resolver.strings, file, &id) &&
	    archive_find_line(t->archive, id, line, &stored) && stored) {
		text = strdup(stored);
	} else {
		text = symbolizer_source_line(t->symbolizer, file, line);
	}
	traced_unlock_obj(t);
	return text;
}

struct err *frames_init(struct traced *t)
{
	struct strtab *strings = symbolizer_resolver(t->symbolizer)->strings;

	t->resolver = (struct resolver){.ctx = t, .strings = strings, .resolve = resolve};
	t->source = (struct frame_source){.ctx = t,
					  .resolver = &t->resolver,
					  .origin = origin,
					  .read_line = traced_source_line};
	t->loading = calloc(1, sizeof(*t->loading));
	return t->loading ? archive_create(strings, &t->archive) : &err_nomem;
}

void frames_deinit(struct traced *t)
{
	archive_destroy(t->archive);
	if (t->loading)
		vec_deinit(&t->loading->loaded);
	free(t->loading);
}

const struct resolver *traced_resolver(struct traced *t)
{
	return &t->resolver;
}

const struct frame_source *traced_source(struct traced *t)
{
	return &t->source;
}
