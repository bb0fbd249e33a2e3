// SPDX-License-Identifier: GPL-3.0-or-later
// Everything that can be asked about frames: those of the process from the symbolizer, those of loaded snapshots from the archive.
#include "config.h"

#include "supervisor/code/frames.h"

#include "supervisor/code/downloads.h"

#include <string.h>

/** Count the module of a frame that is about to be looked up. Without memory the display is a little wrong. */
static void note_loading(struct session *s, uint32_t module)
{
	while (s->loaded.num <= module)
		if (!vec_push(&s->loaded, false))
			return;
	__atomic_store_n(&s->num_modules, modules_num(s->modules), __ATOMIC_RELAXED);
	if (module && !s->loaded.items[module])
		__atomic_store_n(&s->num_loaded, s->num_loaded + 1, __ATOMIC_RELAXED);
	s->loaded.items[module] = true;
	__atomic_store_n(&s->is_loading, true, __ATOMIC_RELAXED);
}

bool session_loading(struct session *s, size_t *num_ret, size_t *total_ret)
{
	*num_ret = __atomic_load_n(&s->num_loaded, __ATOMIC_RELAXED);
	*total_ret = __atomic_load_n(&s->num_modules, __ATOMIC_RELAXED);
	return __atomic_load_n(&s->is_loading, __ATOMIC_RELAXED);
}

/** Behind obj_lock: the drain thread uses the modules too. */
static struct err *resolve_live(struct session *s, uint64_t frame, const struct location **ret,
				size_t *num_ret)
{
	const struct resolver *inner;
	struct err *err;

	session_lock_obj(s);
	inner = symbolizer_resolver(s->symbolizer);
	note_loading(s, frame_module(frame));
	err = inner->resolve(inner->ctx, frame, ret, num_ret);
	__atomic_store_n(&s->is_loading, false, __ATOMIC_RELAXED);
	session_unlock_obj(s);
	return err;
}

/** A frame that was stored without line, in the debug file of its module. &err_not_found: there is none, or it does not know more. */
static struct err *resolve_anew(struct session *s, const struct archive_frame *stored,
				const struct location **ret, size_t *num_ret)
{
	uint32_t id = downloads_provide_stored(s, stored->module);
	const struct location *found = NULL;
	size_t num = 0;
	struct err *err = &err_not_found;

	if (id)
		err = resolve_live(s, frame_make(id, stored->offset), &found, &num);
	if (!err && !found->has_line)
		err = &err_not_found;
	if (err)
		return err;
	*ret = found;
	*num_ret = num;
	return NULL;
}

static struct err *resolve_stored(struct session *s, uint64_t frame, const struct location **ret,
				  size_t *num_ret)
{
	struct archive_frame stored = {0};
	struct err *err, *anew;

	session_lock_obj(s);
	err = archive_resolve(s->archive, frame, ret, num_ret);
	if (!err)
		stored = *archive_get(s->archive, frame_addr(frame));
	session_unlock_obj(s);
	if (err || stored.locations[0].has_line)
		return err;
	anew = resolve_anew(s, &stored, ret, num_ret);
	return anew == &err_not_found ? NULL : anew;
}

/** What may take long, a download, comes before obj_lock is taken. */
static struct err *resolve(void *ctx, uint64_t frame, const struct location **ret, size_t *num_ret)
{
	struct session *s = ctx;

	if (frame_module(frame) == FRAME_MODULE_STORED)
		return resolve_stored(s, frame, ret, num_ret);
	downloads_provide(s, frame_module(frame));
	return resolve_live(s, frame, ret, num_ret);
}

static void origin(void *ctx, uint64_t frame, struct frame_origin *ret)
{
	struct session *s = ctx;
	const struct module *module;

	session_lock_obj(s);
	if (frame_module(frame) == FRAME_MODULE_STORED) {
		archive_origin(s->archive, frame, ret);
	} else {
		module = frame_module(frame) ? modules_get(s->modules, frame_module(frame)) : NULL;
		*ret = (struct frame_origin){
			.module = module ? module->path : "",
			.build_id = module ? module->build_id : NULL,
			.build_id_size = module ? module->build_id_size : 0,
			.offset = frame_addr(frame),
		};
	}
	session_unlock_obj(s);
}

char *session_source_line(void *session, const char *file, uint32_t line)
{
	struct session *s = session;
	const char *stored = NULL;
	char *text;
	uint32_t id;

	session_lock_obj(s);
	if (archive_num(s->archive) && !strtab_intern(s->resolver.strings, file, &id) &&
	    archive_find_line(s->archive, id, line, &stored) && stored) {
		text = strdup(stored);
	} else {
		text = symbolizer_source_line(s->symbolizer, file, line);
	}
	session_unlock_obj(s);
	return text;
}

struct err *frames_init(struct session *s)
{
	struct strtab *strings = symbolizer_resolver(s->symbolizer)->strings;

	s->resolver = (struct resolver){.ctx = s, .strings = strings, .resolve = resolve};
	s->source = (struct frame_source){.ctx = s,
					  .resolver = &s->resolver,
					  .origin = origin,
					  .read_line = session_source_line};
	return archive_create(strings, &s->archive);
}

const struct resolver *session_resolver(struct session *s)
{
	return &s->resolver;
}

const struct frame_source *session_source(struct session *s)
{
	return &s->source;
}
