// SPDX-License-Identifier: GPL-3.0-or-later
// What must be known of a file before SQLite opens it: is it ours, is it of our format, is somebody
// writing it? The open files of this process are kept in a list, because closing a descriptor of a
// file drops SQLite's locks on it.
#include "config.h"

#include "base/create.h"
#include "base/log.h"
#include "store/schema.h"
#include "store/store_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <sys/stat.h>

/** Positions in the header of an SQLite file (https://www.sqlite.org/fileformat2.html, 1.3). */
#define HEADER_SIZE           100
#define HEADER_WRITE_VERSION  18
#define HEADER_READ_VERSION   19
#define HEADER_USER_VERSION   60
#define HEADER_APPLICATION_ID 68
#define WAL_VERSION           2

/** A file that this process has open. Closing any descriptor of a file drops all locks that the
 *  process holds on it (fcntl(2)), and so those of SQLite. Therefore our descriptors are closed
 *  only when the last user has gone. */
struct store_file {
	dev_t dev;
	ino_t ino;
	size_t num_users;
	VEC(int) fds;
	struct store_file *next;
};

static struct store_file *files;
static pthread_mutex_t files_lock = PTHREAD_MUTEX_INITIALIZER;

static void file_close(struct store_file *file)
{
	size_t i;

	for (i = 0; i < file->fds.num; i++)
		close(file->fds.items[i]);
	vec_deinit(&file->fds);
	free(file);
}

void file_put(struct store_file *file)
{
	struct store_file **p;

	if (!file)
		return;
	pthread_mutex_lock(&files_lock);
	if (--file->num_users == 0) {
		for (p = &files; *p != file; p = &(*p)->next)
			;
		*p = file->next;
		file_close(file);
	}
	pthread_mutex_unlock(&files_lock);
}

/** A new entry without users, which owns fd. NULL: out of memory. Then fd is closed, because nobody
 *  else has the file open and could lose locks. */
static struct store_file *file_add(int fd, const struct stat *st)
{
	struct store_file *file = calloc(1, sizeof(*file));

	if (!file || !vec_push(&file->fds, fd)) {
		free(file);
		close(fd);
		return NULL;
	}
	file->dev = st->st_dev;
	file->ino = st->st_ino;
	file->next = files;
	files = file;
	return file;
}

/** Register an open file. It takes fd, also on failure. The entry that it returns has fd open. */
static struct store_file *file_register(int fd, const struct stat *st)
{
	struct store_file *file;

	pthread_mutex_lock(&files_lock);
	for (file = files; file; file = file->next)
		if (file->dev == st->st_dev && file->ino == st->st_ino)
			break;
	if (!file)
		file = file_add(fd, st);
	else if (!vec_push(&file->fds, fd))
		log_debug("no memory for a descriptor, which leaks rather than the locks");
	if (file)
		file->num_users++;
	pthread_mutex_unlock(&files_lock);
	return file;
}

static uint32_t header_u32(const uint8_t *header, size_t pos)
{
	return (uint32_t)header[pos] << 24 | header[pos + 1] << 16 | header[pos + 2] << 8 |
	       header[pos + 3];
}

static struct err *check_header(const char *path, const uint8_t *header, size_t size)
{
	uint32_t version;

	if (size < HEADER_SIZE || memcmp(header, "SQLite format 3", 16) != 0)
		return err_create(ERR_FORMAT, "%s: is not a snapshot file", path);
	if (header_u32(header, HEADER_APPLICATION_ID) != STORE_APPLICATION_ID)
		return err_create(ERR_FORMAT,
				  "%s: is an SQLite file of another application, not a snapshot "
				  "file",
				  path);
	version = header_u32(header, HEADER_USER_VERSION);
	if (version >= 1 && version <= STORE_VERSION)
		return NULL;
	return err_create(ERR_FORMAT,
			  "%s: is of format version %u%s; this malloscope reads versions 1 to %d",
			  path, version, version > STORE_VERSION ? ", of a newer malloscope" : "",
			  STORE_VERSION);
}

static bool exists_beside(const char *path, const char *suffix)
{
	_cleanup_free_ char *name = NULL;
	struct stat st;

	if (asprintf(&name, "%s%s", path, suffix) < 0) {
		name = NULL;
		return true;
	}
	return stat(name, &st) == 0;
}

// A process that has a file in WAL mode open has a -wal and a -shm beside it. If one of them is
// missing, nobody writes, and an SQLite with locks would create it.
static enum store_file_mode mode_of(const char *path, const uint8_t *header)
{
	if (header[HEADER_READ_VERSION] != WAL_VERSION &&
	    header[HEADER_WRITE_VERSION] != WAL_VERSION)
		return FILE_LOCKED;
	if (!exists_beside(path, "-wal"))
		return FILE_STILL;
	return exists_beside(path, "-shm") ? FILE_LOCKED : FILE_STILL_WAL;
}

static struct err *check_stat(const char *path, const struct stat *st, bool must_exist,
			      bool *is_new_ret)
{
	if (S_ISDIR(st->st_mode))
		return err_create(ERR_FORMAT, "%s: is a directory", path);
	if (!S_ISREG(st->st_mode))
		return err_create(ERR_FORMAT, "%s: is not a regular file", path);
	if (must_exist && !st->st_size)
		return err_create(ERR_FORMAT, "%s: is empty", path);
	*is_new_ret = !st->st_size;
	return NULL;
}

static struct err *open_error(const char *path, int errnum)
{
	return errnum == ENOENT ? err_create(ERR_NOT_FOUND, "%s: no such file", path)
				: err_sys(errnum, "%s: cannot open", path);
}

static struct err *file_read(const char *path, int fd, enum store_file_mode *mode_ret)
{
	uint8_t header[HEADER_SIZE];
	ssize_t size = pread(fd, header, sizeof(header), 0);
	struct err *err;

	if (size < 0)
		return err_sys(errno, "%s: cannot read", path);
	err = check_header(path, header, size);
	if (!err)
		*mode_ret = mode_of(path, header);
	return err;
}

static struct err *check_beside(const char *path)
{
	static const char *const suffixes[] = {"-wal", "-shm", "-journal"};
	struct err *err = NULL;
	struct stat st;
	size_t i;

	for (i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]) && !err; i++) {
		_cleanup_free_ char *name = NULL;

		if (asprintf(&name, "%s%s", path, suffixes[i]) < 0) {
			name = NULL;
			return &err_nomem;
		}
		if (lstat(name, &st) == 0)
			err = create_check_own(name, &st);
	}
	return err;
}

struct err *file_prepare(const char *path, bool *is_created_ret)
{
	struct err *err;
	struct stat st;
	int fd;

	err = check_beside(path);
	if (err)
		return err;
	if (lstat(path, &st) == 0)
		return create_check_own(path, &st);
	err = create_new(path, &fd);
	if (err == &err_not_found)
		return lstat(path, &st) == 0 ? create_check_own(path, &st)
					     : err_sys(errno, "cannot write %s", path);
	if (err)
		return err;
	// Nobody can have locks on it yet, so closing it is harmless.
	close(fd);
	*is_created_ret = true;
	return NULL;
}

struct err *file_get(const char *path, bool must_exist, enum store_file_mode *mode_ret,
		     char **path_ret, struct store_file **ret)
{
	_cleanup_free_ char *real = realpath(path, NULL);
	struct store_file *file;
	struct stat st;
	bool is_new = false;
	struct err *err;
	int fd;

	if (!real && errno == ENOENT && !must_exist) {
		real = strdup(path);
		if (!real)
			return &err_nomem;
		*mode_ret = FILE_NEW;
		*path_ret = no_cleanup_ptr(real);
		*ret = NULL;
		return NULL;
	}
	if (!real)
		return open_error(path, errno);
	// Opening a FIFO must not block, and opening a device may have effects. So stat() comes
	// first.
	if (stat(real, &st) < 0)
		return open_error(path, errno);
	err = check_stat(path, &st, must_exist, &is_new);
	if (err)
		return err;
	fd = open(real, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return open_error(path, errno);
	if (fstat(fd, &st) < 0)
		memset(&st, 0, sizeof(st));
	file = file_register(fd, &st);
	if (!file)
		return &err_nomem;
	if (is_new)
		*mode_ret = FILE_NEW;
	else
		err = file_read(path, fd, mode_ret);
	if (err) {
		file_put(file);
		return err;
	}
	*path_ret = no_cleanup_ptr(real);
	*ret = file;
	return NULL;
}
