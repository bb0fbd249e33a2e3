// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "supervisor/storing/files.h"

#include "supervisor/query/snapshots.h"

#include <string.h>

/** Longest command line that is stored. */
#define MAX_COMMAND 4096

/** The process' command line with blanks for NULs, or "". */
static void read_command(pid_t pid, char buf[MAX_COMMAND])
{
	char path[32];
	_cleanup_fclose_ FILE *f = NULL;
	size_t size, i;

	snprintf(path, sizeof(path), "/proc/%d/cmdline", (int)pid);
	f = pid > 0 ? fopen(path, "re") : NULL;
	size = f ? fread(buf, 1, MAX_COMMAND - 1, f) : 0;
	while (size && !buf[size - 1])
		size--;
	for (i = 0; i < size; i++)
		if (!buf[i])
			buf[i] = ' ';
	buf[size] = '\0';
}

static struct err *append_from(struct traced *t, struct store *store,
			       const struct snapshot *snapshot, const struct frame_source *source)
{
	char command[MAX_COMMAND], host[256] = "";
	struct store_meta meta = {.command = command, .host = host};
	_cleanup_free_ char *exe = NULL;

	traced_lock(t);
	meta.pid = t->pid;
	exe = strdup(t->exe);
	traced_unlock(t);
	meta.exe = exe;
	read_command((pid_t)meta.pid, command);
	if (gethostname(host, sizeof(host) - 1) < 0)
		host[0] = '\0';
	return store_append(store, snapshot, source, &meta, NULL);
}

struct err *files_append(struct traced *t, struct store *store, const struct snapshot *snapshot)
{
	return append_from(t, store, snapshot, &t->source);
}

struct err *traced_dump(struct traced *t, const struct snapshot *snapshot,
			const struct frame_source *source, const char *path)
{
	_cleanup_store_ struct store *store = NULL;
	struct err *err = store_open_append(path, &store);

	return err ? err : append_from(t, store, snapshot, source ? source : &t->source);
}

struct err *files_load(struct traced *t, struct store *store, const char *name, const char *as,
		       const struct snapshot **ret)
{
	struct snapshot *snapshot = NULL;
	char *copy = NULL;
	struct err *err;

	traced_lock(t);
	traced_lock_obj(t);
	err = store_load(store, name, t->heap, t->archive, &snapshot);
	traced_unlock_obj(t);
	if (!err && as) {
		copy = strdup(as);
		if (copy) {
			free(snapshot->name);
			snapshot->name = copy;
		} else {
			snapshot_destroy(snapshot);
			err = &err_nomem;
		}
	}
	if (!err) {
		// Its numbers of allocations are of another process.
		snapshot->seq = SNAPSHOT_NO_SEQ;
		err = snapshots_keep(t, snapshot);
	}
	traced_unlock(t);
	if (!err && ret)
		*ret = snapshot;
	return err;
}

/** A file that is open for loading. */
struct opened {
	char *path;
	struct store *store;
};

static void opened_close(struct opened *opened)
{
	store_close(opened->store);
	free(opened->path);
	*opened = (struct opened){0};
}

/** Load from the file that is open, if it is that of the spec, or open that one. */
static struct err *load_spec(struct traced *t, struct opened *opened, const char *spec,
			     const char *as, const struct snapshot **ret)
{
	_cleanup_free_ char *path = NULL, *name = NULL;
	struct err *err = store_parse_spec(spec, &path, &name);

	if (!err && opened->path && strcmp(path, opened->path) == 0)
		return files_load(t, opened->store, name, as, ret);
	opened_close(opened);
	if (!err)
		err = store_open_read(path, &opened->store);
	if (err)
		return err;
	opened->path = no_cleanup_ptr(path);
	err = store_prepare(opened->store);
	return err ? err : files_load(t, opened->store, name, as, ret);
}

struct err *traced_load(struct traced *t, const char *spec, const char *as,
			const struct snapshot **ret)
{
	_cleanup_(opened_close) struct opened opened = {0};

	return load_spec(t, &opened, spec, as, ret);
}

struct err *traced_load_pair(struct traced *t, const char *first, const char *second)
{
	_cleanup_(opened_close) struct opened opened = {0};
	struct err *err = load_spec(t, &opened, first, first, NULL);

	return err ? err : load_spec(t, &opened, second, second, NULL);
}
