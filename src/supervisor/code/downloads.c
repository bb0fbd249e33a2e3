// SPDX-License-Identifier: GPL-3.0-or-later
// Debug files from debuginfod servers, when frames are looked up for a report. No lock that the
// drain thread takes is held while a server is asked: the target may wait for a row meanwhile.
#include "config.h"

#include "supervisor/code/downloads.h"

#include "base/clock.h"
#include "obj/download.h"
#include "supervisor/code.h"
#include "supervisor/core/notes.h"

#include <inttypes.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>

#define URLS_NAME "DEBUGINFOD_URLS"
/** In downloads_asked.stored. */
#define UNASKED UINT32_MAX

/** Of one process; under the mutex of downloads. */
struct downloads_asked {
	/** By module id: its debug file was asked for. */
	VEC(bool) modules;
	/** By module id of the archive: the module that has its debug file, 0: none, UNASKED. */
	VEC(uint32_t) stored;
};

/** Of the session, for all its processes. */
struct downloads {
	/** The servers. */
	char *urls;
	/** One download at a time, and whoever looks up a module waits for its file. Taken before
	 *  lock and obj_lock. */
	pthread_mutex_t mutex;
	/* Under mutex. */
	/** The servers are not asked any more. */
	bool is_over;
	bool is_hinted;
	bool is_missing_noted;

	/** For the display; under display_mutex. */
	pthread_mutex_t display_mutex;
	const char *module;
	uint64_t num_bytes;
	uint64_t total;
};

/** The process of the download in progress, or 0; atomic. */
static pid_t the_process;

bool session_has_servers(void)
{
	const char *urls = getenv(URLS_NAME);

	return urls && urls[strspn(urls, " \t")];
}

struct err *downloads_create(struct session *s)
{
	struct downloads *d;

	if (!session_has_servers())
		return NULL;
	d = calloc(1, sizeof(*d));
	if (!d)
		return &err_nomem;
	d->urls = strdup(getenv(URLS_NAME));
	if (!d->urls) {
		free(d);
		return &err_nomem;
	}
	pthread_mutex_init(&d->mutex, NULL);
	pthread_mutex_init(&d->display_mutex, NULL);
	s->downloads = d;
	return NULL;
}

void downloads_destroy(struct downloads *d)
{
	if (!d)
		return;
	pthread_mutex_destroy(&d->display_mutex);
	pthread_mutex_destroy(&d->mutex);
	free(d->urls);
	free(d);
}

struct err *downloads_begin(struct traced *t)
{
	t->asked = calloc(1, sizeof(*t->asked));
	return t->asked ? NULL : &err_nomem;
}

void downloads_end(struct traced *t)
{
	if (!t->asked)
		return;
	vec_deinit(&t->asked->modules);
	vec_deinit(&t->asked->stored);
	free(t->asked);
}

/** What is shown: module NULL: nothing. */
static void set_display(struct downloads *d, const char *module, uint64_t num_bytes, uint64_t total)
{
	pthread_mutex_lock(&d->display_mutex);
	d->module = module;
	d->num_bytes = num_bytes;
	d->total = total;
	pthread_mutex_unlock(&d->display_mutex);
}

static void on_progress(void *ctx, uint64_t num_bytes, uint64_t total)
{
	struct downloads *d = ctx;

	set_display(d, d->module, num_bytes, total);
}

bool traced_downloading(struct traced *t, char *buf, size_t size)
{
	struct downloads *d = t->session->downloads;
	char total[328] = "";

	if (!d)
		return false;
	pthread_mutex_lock(&d->display_mutex);
	if (d->total)
		snprintf(total, sizeof(total), " of %.1f", (double)d->total / (1 << 20));
	if (d->module)
		snprintf(buf, size, "debug information of %.60s: %.1f%s MiB", d->module,
			 (double)d->num_bytes / (1 << 20), total);
	else
		buf = NULL;
	pthread_mutex_unlock(&d->display_mutex);
	return buf;
}

void session_stop_download(void)
{
	pid_t process = __atomic_load_n(&the_process, __ATOMIC_SEQ_CST);

	if (process)
		kill(process, SIGTERM);
}

static void note(struct traced *t, const char *format, ...) __printf(2, 3);
static void note(struct traced *t, const char *format, ...)
{
	_cleanup_free_ char *text = NULL;
	va_list ap;

	va_start(ap, format);
	if (vasprintf(&text, format, ap) < 0)
		text = NULL;
	va_end(ap);
	if (!text)
		return;
	traced_lock(t);
	traced_note(t, "%s", text);
	traced_unlock(t);
}

/** Nothing came. What will not get better is not tried again. */
static void note_failure(struct traced *t, const char *module, enum download_result result,
			 int errnum)
{
	struct downloads *d = t->session->downloads;
	uint64_t seconds = t->session->options.debuginfod_ns / NS_PER_S;

	d->is_over = result != DOWNLOAD_NOT_FOUND;
	if (result == DOWNLOAD_NOT_FOUND && !d->is_missing_noted)
		note(t,
		     "debuginfod: no server has debug information of %s; what else is missing "
		     "is not told",
		     module);
	d->is_missing_noted |= result == DOWNLOAD_NOT_FOUND;
	if (result == DOWNLOAD_TIMED_OUT)
		note(t,
		     "debuginfod: %s did not come within %" PRIu64 " s; the servers are not asked "
		     "again; --debuginfod=SECONDS waits longer",
		     module, seconds);
	else if (result == DOWNLOAD_NO_LIBRARY)
		note(t,
		     "--debuginfod: libdebuginfod.so.1 is not installed (Debian: libdebuginfod1, "
		     "Fedora: elfutils-debuginfod-client)");
	else if (result == DOWNLOAD_ENDED)
		note(t, "debuginfod: interrupted; the servers are not asked again");
	else if (result == DOWNLOAD_FAILED)
		note(t, "debuginfod: %s: %s; the servers are not asked again", module,
		     strerror(errnum));
}

/** Fetch the files of a build-id. module: its name, for the display and notes. */
static bool fetch(struct traced *t, const char *module, const uint8_t *build_id, size_t size,
		  int fds_ret[2])
{
	struct downloads *d = t->session->downloads;
	struct download download = {
		.build_id = build_id,
		.build_id_size = size,
		.urls = d->urls,
		.limit_ns = t->session->options.debuginfod_ns,
		.progress = on_progress,
		.ctx = d,
		.process = &the_process,
	};
	enum download_result result;
	int errnum = 0;

	set_display(d, module, 0, 0);
	result = download_debug_file(&download, fds_ret, &errnum);
	set_display(d, NULL, 0, 0);
	if (result != DOWNLOAD_DONE)
		note_failure(t, module, result, errnum);
	return result == DOWNLOAD_DONE;
}

/** Tell whether it is this module's turn. It has only one. */
static bool take_turn(struct traced *t, uint32_t id)
{
	while (t->asked->modules.num <= id)
		if (!vec_push(&t->asked->modules, false))
			return false;
	if (t->asked->modules.items[id])
		return false;
	t->asked->modules.items[id] = true;
	return true;
}

/** A module that has no debug information. */
struct lacking {
	/** Owned. */
	char *path;
	uint8_t build_id[BUILD_ID_MAX];
	size_t build_id_size;
};

static void lacking_deinit(struct lacking *lacking)
{
	free(lacking->path);
}

/** Without memory path stays NULL. */
static void lacking_init(struct lacking *ret, const char *path, const uint8_t *build_id,
			 size_t size)
{
	ret->path = strdup(path);
	ret->build_id_size = size < BUILD_ID_MAX ? size : BUILD_ID_MAX;
	memcpy(ret->build_id, build_id, ret->build_id_size);
}

/** Fetch its files, or say that this can be done. */
static bool fetch_or_hint(struct traced *t, const struct lacking *lacking, int fds_ret[2])
{
	const char *slash = strrchr(lacking->path, '/');
	const char *name = slash ? slash + 1 : lacking->path;

	if (t->session->options.debuginfod_ns)
		return fetch(t, name, lacking->build_id, lacking->build_id_size, fds_ret);
	t->session->downloads->is_hinted = true;
	note(t,
	     "%s has no debug information, so no lines; --debuginfod asks the servers "
	     "of " URLS_NAME,
	     name);
	return false;
}

static void note_unfit(struct traced *t, const char *path, struct err *err)
{
	if (err)
		note(t, "debuginfod: the debug file of %s is not used: %s", path, err_text(err));
	err_destroy(err);
}

/** Under mutex. */
static void provide(struct traced *t, uint32_t id)
{
	_cleanup_(lacking_deinit) struct lacking lacking = {0};
	const struct module *module;
	struct err *err;
	int fds[2];

	traced_lock_obj(t);
	if (module_lacks_debug(t->modules, id)) {
		module = modules_get(t->modules, id);
		lacking_init(&lacking, module->path, module->build_id, module->build_id_size);
	}
	traced_unlock_obj(t);
	if (!lacking.path || !fetch_or_hint(t, &lacking, fds))
		return;
	traced_lock_obj(t);
	err = module_give_debug(t->modules, id, fds[0], fds[1]);
	traced_unlock_obj(t);
	note_unfit(t, lacking.path, err);
}

void downloads_provide(struct traced *t, uint32_t id)
{
	struct downloads *d = t->session->downloads;

	if (!d || !id)
		return;
	pthread_mutex_lock(&d->mutex);
	if (!d->is_over && !d->is_hinted && take_turn(t, id))
		provide(t, id);
	pthread_mutex_unlock(&d->mutex);
}

/** The frames were stored with the lines that were known then. A module without any now has none to
 *  add. */
static bool has_stored_lines(const struct archive *archive, uint32_t module)
{
	size_t i;

	for (i = 0; i < archive_num(archive); i++) {
		const struct archive_frame *frame = archive_get(archive, i);

		if (frame->module == module && frame->locations[0].has_line)
			return true;
	}
	return false;
}

/** Under mutex. Returns the id of a module with debug information, or 0. */
static uint32_t provide_stored(struct traced *t, uint32_t stored)
{
	_cleanup_(lacking_deinit) struct lacking lacking = {0};
	const struct archive_module *module;
	struct err *err;
	uint32_t id = 0;
	int fds[2];

	traced_lock_obj(t);
	module = archive_get_module(t->archive, stored);
	if (module->build_id_size && !has_stored_lines(t->archive, stored))
		lacking_init(&lacking, strtab_get(t->resolver.strings, module->path),
			     module->build_id, module->build_id_size);
	traced_unlock_obj(t);
	if (!lacking.path || !fetch_or_hint(t, &lacking, fds))
		return 0;
	traced_lock_obj(t);
	err = modules_add_debug_file(t->modules, lacking.path, lacking.build_id,
				     lacking.build_id_size, fds[0], fds[1], &id);
	traced_unlock_obj(t);
	note_unfit(t, lacking.path, err);
	return id;
}

uint32_t downloads_provide_stored(struct traced *t, uint32_t stored)
{
	struct downloads *d = t->session->downloads;
	uint32_t id = 0;

	if (!d || !stored)
		return 0;
	pthread_mutex_lock(&d->mutex);
	while (t->asked->stored.num <= stored && vec_push(&t->asked->stored, UNASKED))
		;
	if (t->asked->stored.num > stored) {
		id = t->asked->stored.items[stored];
		if (id == UNASKED)
			id = d->is_over || d->is_hinted ? 0 : provide_stored(t, stored);
		t->asked->stored.items[stored] = id;
	}
	pthread_mutex_unlock(&d->mutex);
	return id;
}
