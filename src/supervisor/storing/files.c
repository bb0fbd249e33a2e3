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

struct err *files_append(struct session *s, struct store *store, const struct snapshot *snapshot)
{
	char command[MAX_COMMAND], host[256] = "";
	struct store_meta meta = {.command = command, .host = host};
	_cleanup_free_ char *exe = NULL;

	session_lock(s);
	meta.pid = s->tracer.target;
	exe = strdup(s->exe);
	session_unlock(s);
	meta.exe = exe;
	read_command((pid_t)meta.pid, command);
	if (gethostname(host, sizeof(host) - 1) < 0)
		host[0] = '\0';
	return store_append(store, snapshot, &s->source, &meta, NULL);
}

struct err *session_dump(struct session *s, const struct snapshot *snapshot, const char *path)
{
	_cleanup_store_ struct store *store = NULL;
	struct err *err = store_open_append(path, &store);

	return err ? err : files_append(s, store, snapshot);
}

struct err *files_load(struct session *s, struct store *store, const char *name, const char *as,
		       const struct snapshot **ret)
{
	struct snapshot *snapshot = NULL;
	char *copy = NULL;
	struct err *err;

	session_lock(s);
	session_lock_obj(s);
	err = store_load(store, name, s->heap, s->archive, &snapshot);
	session_unlock_obj(s);
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
		err = snapshots_keep(s, snapshot);
	}
	session_unlock(s);
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
static struct err *load_spec(struct session *s, struct opened *opened, const char *spec,
			     const char *as, const struct snapshot **ret)
{
	_cleanup_free_ char *path = NULL, *name = NULL;
	struct err *err = store_parse_spec(spec, &path, &name);

	if (!err && opened->path && strcmp(path, opened->path) == 0)
		return files_load(s, opened->store, name, as, ret);
	opened_close(opened);
	if (!err)
		err = store_open_read(path, &opened->store);
	if (err)
		return err;
	opened->path = no_cleanup_ptr(path);
	err = store_prepare(opened->store);
	return err ? err : files_load(s, opened->store, name, as, ret);
}

struct err *session_load(struct session *s, const char *spec, const char *as,
			 const struct snapshot **ret)
{
	_cleanup_(opened_close) struct opened opened = {0};

	return load_spec(s, &opened, spec, as, ret);
}

struct err *session_load_pair(struct session *s, const char *first, const char *second)
{
	_cleanup_(opened_close) struct opened opened = {0};
	struct err *err = load_spec(s, &opened, first, first, NULL);

	return err ? err : load_spec(s, &opened, second, second, NULL);
}
