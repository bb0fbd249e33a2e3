// SPDX-License-Identifier: GPL-3.0-or-later
// A file for snapshots is tried before there is anything to store: after hours it would be too
// late.
#include "config.h"

#include "supervisor/storing.h"

#include "store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define TRIAL_NAME "/.malloscope-trial.XXXXXX"

static struct err *try_open(const char *path)
{
	_cleanup_store_ struct store *store = NULL;
	// A limit on the size of files is an error, not the end of us. A program that is launched
	// later begins with what was set before.
	void (*before)(int) = signal(SIGXFSZ, SIG_IGN);
	struct err *err = store_open_append(path, &store);

	signal(SIGXFSZ, before);
	return err;
}

/** What SQLite puts beside a file is gone when it is closed, but not always after a failure. */
static void remove_trial(const char *path)
{
	static const char *const suffixes[] = {"", "-journal", "-wal", "-shm"};
	size_t i;

	for (i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
		_cleanup_free_ char *name = NULL;

		if (asprintf(&name, "%s%s", path, suffixes[i]) < 0)
			name = NULL;
		else
			unlink(name);
	}
}

/** The error of the trial, as an error of path. */
static struct err *rename_error(struct err *err, const char *trial, const char *path)
{
	size_t len = strlen(trial);
	const char *text = err_text(err);
	struct err *renamed;

	if (strncmp(text, trial, len) == 0 && strncmp(text + len, ": ", 2) == 0)
		text += len + 2;
	renamed = err_create(err->code, "cannot write %s: %s", path, text);
	err_destroy(err);
	return renamed;
}

/** Make a file in the same directory. */
static struct err *try_new(const char *path)
{
	_cleanup_free_ char *copy = strdup(path), *trial = NULL;
	struct err *err;
	int fd;

	if (!copy)
		return &err_nomem;
	if (asprintf(&trial, "%s" TRIAL_NAME, dirname(copy)) < 0) {
		trial = NULL;
		return &err_nomem;
	}
	fd = mkostemp(trial, O_CLOEXEC);
	if (fd < 0)
		return err_sys(errno, "cannot write %s", path);
	close(fd);
	err = try_open(trial);
	remove_trial(trial);
	return err ? rename_error(err, trial, path) : NULL;
}

/** SQLite puts files with longer names beside the file. */
static bool is_name_too_long(const char *path)
{
	_cleanup_free_ char *name = NULL;
	struct stat st;

	if (asprintf(&name, "%s-journal", path) < 0) {
		name = NULL;
		return false;
	}
	return lstat(name, &st) < 0 && errno == ENAMETOOLONG;
}

struct err *session_check_store(const char *path)
{
	struct stat st;

	if (is_name_too_long(path))
		return err_sys(ENAMETOOLONG, "cannot write %s", path);
	if (stat(path, &st) == 0) {
		if (S_ISDIR(st.st_mode))
			return err_sys(EISDIR, "cannot write %s", path);
		if (access(path, R_OK | W_OK) < 0)
			return err_sys(errno, "cannot write %s", path);
		return try_open(path);
	}
	if (errno != ENOENT)
		return err_sys(errno, "cannot write %s", path);
	if (lstat(path, &st) == 0)
		return err_create(ERR_OTHER, "cannot write %s: it is a link to nothing", path);
	return try_new(path);
}
