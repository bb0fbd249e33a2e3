// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "console/shell/wrappers.h"

#include "base/cleanup.h"
#include "base/io.h"
#include "console/commands/console.h"
#include "heap/skip.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FOLDER_VARIABLE "MALLOSCOPE_WRAPPERS"
#define USERS_FILE      "malloscope/wrappers"
/** More than anybody writes. */
#define FILE_MAX_SIZE (1u << 20)

/** Print an error as a note, and destroy it. &err_nomem is handed back. */
static struct err *note(struct console *console, struct err *err)
{
	if (!err || err == &err_nomem)
		return err;
	console_note(console, err_text(err));
	err_destroy(err);
	return NULL;
}

/** Whoever can write the file can decide what rows say. So a file of somebody else does not count,
 *  as when HOME is another user's under sudo. */
static struct err *check_owner(int fd, const char *path)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		return err_sys(errno, "cannot read %s", path);
	if (!S_ISREG(st.st_mode))
		return err_create(ERR_USAGE, "%s is no regular file: its rules are ignored", path);
	if (st.st_uid != geteuid() && st.st_uid != 0)
		return err_create(ERR_USAGE,
				  "%s belongs to user %u, who is neither root nor the user that "
				  "malloscope runs as: its rules are ignored",
				  path, (unsigned)st.st_uid);
	return NULL;
}

/** &err_gone: there is no such file. */
static struct err *load_file(struct skip_rules *rules, const char *path, bool is_users)
{
	// A FIFO must not keep us.
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	_cleanup_free_ char *text = NULL;
	struct err *err;
	size_t size;

	if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
		return &err_gone;
	if (fd < 0)
		return err_sys(errno, "cannot open %s", path);
	err = check_owner(fd, path);
	if (err)
		return err;
	err = io_read_fd(fd, path, FILE_MAX_SIZE, &text, &size);
	if (err && err->code == ERR_FORMAT) {
		err_destroy(err);
		err = err_create(ERR_FORMAT, "%s is larger than %u bytes: its rules are ignored",
				 path, FILE_MAX_SIZE);
	}
	return err ? err : skip_rules_add_lines(rules, text, size, path, is_users);
}

static int is_list(const struct dirent *entry)
{
	return fnmatch("*.conf", entry->d_name, FNM_PERIOD) == 0;
}

static struct err *load_folder(struct console *console, const char *folder)
{
	struct dirent **entries = NULL;
	int num = scandir(folder, &entries, is_list, alphasort), i;
	struct err *err = NULL;

	if (num <= 0) {
		free(entries);
		return note(
			console,
			err_create(ERR_NOT_FOUND,
				   "no rules of 'skip' in %s: rows may name allocator wrappers and "
				   "libraries",
				   folder));
	}
	for (i = 0; i < num; i++) {
		_cleanup_free_ char *path = NULL;

		if (!err && asprintf(&path, "%s/%s", folder, entries[i]->d_name) < 0) {
			path = NULL;
			err = &err_nomem;
		}
		if (!err)
			err = note(console, load_file(console_skip(console), path, false));
		free(entries[i]);
	}
	free(entries);
	return err;
}

/** The caller frees it. NULL: out of memory. */
static char *installed_folder(void)
{
	const char *folder = secure_getenv(FOLDER_VARIABLE);
	char exe[PATH_MAX], *slash, *beside = NULL;
	ssize_t len;

	if (folder && *folder)
		return strdup(folder);
	len = readlink("/proc/self/exe", exe, sizeof(exe) - 1);
	exe[len > 0 ? len : 0] = '\0';
	slash = strrchr(exe, '/');
	if (slash && asprintf(&beside, "%.*s/data/wrappers.d", (int)(slash - exe), exe) < 0)
		return NULL;
	if (beside && access(beside, X_OK) == 0)
		return beside;
	free(beside);
	return strdup(WRAPPERS_DIR);
}

/** NULL in *ret: there is none. */
static struct err *users_path(char **ret)
{
	const char *config = secure_getenv("XDG_CONFIG_HOME"), *home = secure_getenv("HOME");
	int len = 0;

	*ret = NULL;
	// A relative path there is invalid, says its specification.
	if (config && config[0] == '/')
		len = asprintf(ret, "%s/" USERS_FILE, config);
	else if (home && home[0] == '/')
		len = asprintf(ret, "%s/.config/" USERS_FILE, home);
	return len < 0 ? &err_nomem : NULL;
}

static struct err *load_users(struct console *console)
{
	_cleanup_free_ char *path = NULL;
	struct err *err = users_path(&path);

	if (err || !path)
		return err;
	err = load_file(console_skip(console), path, true);
	return err == &err_gone ? NULL : note(console, err);
}

struct err *wrappers_load(struct console *console, const char *const *rules, size_t num)
{
	_cleanup_free_ char *folder = installed_folder();
	struct err *err;
	size_t i;

	err = folder ? load_folder(console, folder) : &err_nomem;
	if (!err)
		err = load_users(console);
	for (i = 0; i < num && !err; i++)
		err = skip_rules_add(console_skip(console), rules[i], true);
	return err;
}
