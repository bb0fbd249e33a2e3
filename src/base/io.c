// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "base/io.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>

/** How much of /proc/PID/status io_proc_field() reads at once. That is many lines, but the line of
 *  groups may be longer: a process may be in 65536 groups. */
#define STATUS_CHUNK 4096

static struct err *open_error(const char *path)
{
	if (errno == ENOENT || errno == ESRCH)
		return &err_gone;
	return err_sys(errno, "cannot open %s", path);
}

struct err *io_read_file(const char *path, size_t max_size, char **ret, size_t *size_ret)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);

	return fd < 0 ? open_error(path) : io_read_fd(fd, path, max_size, ret, size_ret);
}

struct err *io_read_fd(int fd, const char *path, size_t max_size, char **ret, size_t *size_ret)
{
	_cleanup_free_ char *buf = NULL;
	size_t size = 0, cap = 0;
	ssize_t n;

	for (;;) {
		if (size + 1 >= cap) {
			char *bigger;

			if (cap > max_size)
				return err_create(ERR_FORMAT, "%s is larger than %zu bytes", path,
						  max_size);
			cap = cap ? cap * 2 : 4096;
			bigger = realloc(buf, cap);
			if (!bigger)
				return &err_nomem;
			buf = bigger;
		}
		n = read(fd, buf + size, cap - size - 1);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_sys(errno, "cannot read %s", path);
		if (n == 0)
			break;
		size += n;
	}
	buf[size] = '\0';
	*ret = no_cleanup_ptr(buf);
	if (size_ret)
		*size_ret = size;
	return NULL;
}

bool io_read_head(const char *path, char *buf, size_t size)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t num = 0;
	ssize_t n = 1;

	while (fd >= 0 && n > 0 && num + 1 < size) {
		n = read(fd, buf + num, size - 1 - num);
		if (n < 0 && errno == EINTR)
			n = 1;
		else if (n > 0)
			num += (size_t)n;
	}
	buf[num] = '\0';
	return fd >= 0 && n >= 0;
}

/** If line is "KEY: VALUE", copy the value to buf. */
static bool take_field(const char *line, const char *key, char *buf, size_t size)
{
	size_t key_len = strlen(key);

	if (strncmp(line, key, key_len) != 0 || line[key_len] != ':')
		return false;
	line += key_len + 1;
	snprintf(buf, size, "%s", line + strspn(line, " \t"));
	return true;
}

bool io_proc_field(pid_t pid, const char *key, char *buf, size_t size)
{
	char path[64], text[STATUS_CHUNK], *line, *end;
	_cleanup_close_ int fd = -1;
	bool is_rest = false;
	size_t num = 0;
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	while (fd >= 0 && (n = read(fd, text + num, sizeof(text) - 1 - num)) > 0) {
		text[num + (size_t)n] = '\0';
		for (line = text; (end = strchr(line, '\n')); line = end + 1) {
			*end = '\0';
			if (!is_rest && take_field(line, key, buf, size))
				return true;
			is_rest = false;
		}
		num = strlen(line);
		memmove(text, line, num);
		if (num < sizeof(text) - 1)
			continue;
		// The line is longer than the buffer: look at its beginning and pass over the rest.
		if (!is_rest && take_field(line, key, buf, size))
			return true;
		is_rest = true;
		num = 0;
	}
	return false;
}

struct err *io_proc_status(pid_t pid, const char *key, char **ret)
{
	_cleanup_free_ char *text = NULL;
	size_t key_len = strlen(key);
	char path[64];
	char *line, *save;
	struct err *err;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	err = io_read_file(path, 1 << 20, &text, NULL);
	if (err)
		return err;
	for (line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		if (strncmp(line, key, key_len) != 0 || line[key_len] != ':')
			continue;
		line += key_len + 1;
		line += strspn(line, " \t");
		*ret = strdup(line);
		return *ret ? NULL : &err_nomem;
	}
	return &err_not_found;
}

static bool is_live(pid_t tid)
{
	char state[32];

	return io_proc_field(tid, "State", state, sizeof(state)) && *state != 'Z' && *state != 'X';
}

pid_t io_live_task(pid_t pid)
{
	const struct dirent *entry;
	pid_t found = 0, tid;
	char path[32];
	DIR *dir;

	if (is_live(pid))
		return pid;
	snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
	dir = opendir(path);
	if (!dir)
		return 0;
	while (!found && (entry = readdir(dir))) {
		tid = atoi(entry->d_name);
		if (tid > 0 && is_live(tid))
			found = tid;
	}
	closedir(dir);
	return found;
}

bool io_write_all(int fd, const void *buf, size_t size)
{
	const char *p = buf;

	while (size) {
		ssize_t n = write(fd, p, size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return false;
		p += n;
		size -= n;
	}
	return true;
}
