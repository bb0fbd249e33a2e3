// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "base/create.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>

#define OWN_MODE 0600

struct err *create_new(const char *path, int *ret)
{
	int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, OWN_MODE);

	if (fd < 0)
		return errno == EEXIST ? &err_not_found : err_sys(errno, "cannot write %s", path);
	*ret = fd;
	return NULL;
}

static struct err *check_owner(const char *path, const struct stat *st)
{
	if (st->st_uid == geteuid())
		return NULL;
	return err_create(ERR_PERM,
			  "cannot write %s: it belongs to uid %u, and you are uid %u; take another "
			  "name or remove it",
			  path, (unsigned)st->st_uid, (unsigned)geteuid());
}

struct err *create_check_own(const char *path, const struct stat *st)
{
	if (S_ISLNK(st->st_mode))
		return err_create(ERR_PERM,
				  "cannot write %s: it is a link; give the name of the file itself",
				  path);
	if (S_ISDIR(st->st_mode))
		return err_create(ERR_FORMAT, "cannot write %s: is a directory", path);
	if (!S_ISREG(st->st_mode))
		return err_create(ERR_FORMAT, "cannot write %s: is not a regular file", path);
	return check_owner(path, st);
}

/** The number of the descriptor that path names, as /dev/fd/3 does. -1: path names none. */
static int descriptor_of(const char *path)
{
	static const char *const folders[] = {"/dev/fd/", "/proc/self/fd/"};
	size_t i;

	if (strcmp(path, "/dev/stdout") == 0)
		return STDOUT_FILENO;
	if (strcmp(path, "/dev/stderr") == 0)
		return STDERR_FILENO;
	for (i = 0; i < 2; i++) {
		const char *number = path + strlen(folders[i]);
		char *end;
		long fd;

		if (strncmp(path, folders[i], strlen(folders[i])) != 0 || *number < '0' ||
		    *number > '9')
			continue;
		fd = strtol(number, &end, 10);
		if (!*end && fd <= INT_MAX)
			return (int)fd;
	}
	return -1;
}

/** Open the very file that looked_fd stands for, even if its name means another file by now. */
static struct err *open_looked_at(const char *path, int looked_fd, int flags, int *ret)
{
	char link[32];
	int fd;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", looked_fd);
	fd = open(link, O_WRONLY | O_NOCTTY | O_CLOEXEC | flags);
	if (fd < 0)
		return err_sys(errno, "cannot write %s", path);
	*ret = fd;
	return NULL;
}

static struct err *open_existing(const char *path, int *ret)
{
	_cleanup_close_ int fd = open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	struct err *err = NULL;
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return err_sys(errno, "cannot write %s", path);
	if (S_ISCHR(st.st_mode))
		return open_looked_at(path, fd, 0, ret);
	err = S_ISFIFO(st.st_mode) ? check_owner(path, &st) : create_check_own(path, &st);
	return err ? err : open_looked_at(path, fd, S_ISREG(st.st_mode) ? O_TRUNC : 0, ret);
}

struct err *create_report(const char *path, int *ret)
{
	int number = descriptor_of(path), fd;
	struct err *err;

	if (number >= 0) {
		fd = fcntl(number, F_DUPFD_CLOEXEC, 0);
		if (fd < 0)
			return err_sys(errno, "cannot write %s", path);
		*ret = fd;
		return NULL;
	}
	err = create_new(path, ret);
	return err == &err_not_found ? open_existing(path, ret) : err;
}
