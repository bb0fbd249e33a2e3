// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "console/shell/history.h"

#include "base/cleanup.h"
#include "base/create.h"

#include <readline/history.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>

#define MAX_LINES 1000

/** Lines added since they were last saved. */
static int num_new;

char *history_path(void)
{
	const char *state = getenv("XDG_STATE_HOME");
	const char *home = getenv("HOME");
	char *path = NULL;
	int len;

	// The specification of XDG_STATE_HOME says that relative paths are to be ignored.
	if (state && state[0] == '/')
		len = asprintf(&path, "%s/malloscope/history", state);
	else if (home && home[0] == '/')
		len = asprintf(&path, "%s/.local/state/malloscope/history", home);
	else
		return NULL;
	return len < 0 ? NULL : path;
}

/** The library opens it by its name: nothing that blocks, and nothing of others. */
static bool is_own(const char *path)
{
	struct stat st;
	struct err *err;
	bool is_ok;

	if (lstat(path, &st) < 0)
		return false;
	err = create_check_own(path, &st);
	is_ok = !err;
	err_destroy(err);
	return is_ok;
}

void history_load(void)
{
	_cleanup_free_ char *path = history_path();

	using_history();
	stifle_history(MAX_LINES);
	if (path && is_own(path))
		read_history(path);
}

void history_add(const char *line)
{
	HIST_ENTRY *last = history_length ? history_get(history_base + history_length - 1) : NULL;

	if (!line[strspn(line, " \t")] || (last && strcmp(last->line, line) == 0))
		return;
	add_history(line);
	num_new++;
}

/** Create the folders above path. */
static void make_folders(char *path)
{
	char *slash;

	for (slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		// Whether it worked shows when the file is opened.
		if (mkdir(path, 0700) < 0) {
		}
		*slash = '/';
	}
}

void history_save(void)
{
	_cleanup_free_ char *path = history_path();
	_cleanup_close_ int fd = -1;

	if (!path || !num_new)
		return;
	make_folders(path);
	// The library would create it for everybody.
	err_destroy(create_new(path, &fd));
	if (!is_own(path))
		return;
	append_history(num_new < MAX_LINES ? num_new : MAX_LINES, path);
	history_truncate_file(path, MAX_LINES);
	num_new = 0;
}
