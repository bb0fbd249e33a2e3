// SPDX-License-Identifier: GPL-3.0-or-later
// The kernel leaves the path given to execve() on the stack of the program, and its address in the
// auxiliary vector (AT_EXECFN). The program can write there what it likes. So the path counts only
// if it leads to the same file, opened as any file that a target names.
#include "config.h"

#include "obj/modules/called.h"

#include "base/cleanup.h"
#include "base/io.h"

#include <elf.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

/** The address of the path. False: it is not known. */
static bool find_path(pid_t pid, uint64_t *ret)
{
	_cleanup_free_ char *bytes = NULL;
	uint64_t entry[2];
	char path[32];
	size_t size = 0, i;

	snprintf(path, sizeof(path), "/proc/%d/auxv", (int)pid);
	err_destroy(io_read_file(path, 1 << 16, &bytes, &size));
	for (i = 0; bytes && i + sizeof(entry) <= size; i += sizeof(entry)) {
		memcpy(entry, bytes + i, sizeof(entry));
		*ret = entry[1];
		if (entry[0] == AT_EXECFN)
			return true;
	}
	return false;
}

/** Piece by piece, since the memory may end behind the path. */
static bool read_path(pid_t pid, char buf[PATH_MAX])
{
	uint64_t addr;
	size_t size = 0;

	if (!find_path(pid, &addr))
		return false;
	while (size < PATH_MAX) {
		size_t part = 64 - (addr + size) % 64;
		struct iovec local = {buf + size, part < PATH_MAX - size ? part : PATH_MAX - size};
		struct iovec remote = {(void *)(addr + size), local.iov_len};

		if (process_vm_readv(pid, &local, 1, &remote, 1, 0) != (ssize_t)local.iov_len)
			return false;
		if (memchr(buf + size, '\0', local.iov_len))
			return true;
		size += local.iov_len;
	}
	return false;
}

static bool is_same_file(const struct target *target, const char *path, int fd)
{
	struct stat of_path, of_file;
	_cleanup_close_ int opened = target_open(target, TARGET_ROOT_ITS, path, TARGET_ELF_MAX);

	return opened >= 0 && fstat(opened, &of_path) == 0 && fstat(fd, &of_file) == 0 &&
	       of_path.st_dev == of_file.st_dev && of_path.st_ino == of_file.st_ino;
}

/** A relative path counts from where the program is, which mostly is where it was. NULL: no
 *  memory, or not known. */
static char *make_absolute(pid_t pid, const char *path)
{
	char link[32], cwd[PATH_MAX], *absolute;
	ssize_t len;

	if (path[0] == '/')
		return strdup(path);
	snprintf(link, sizeof(link), "/proc/%d/cwd", (int)pid);
	len = readlink(link, cwd, sizeof(cwd) - 1);
	if (len <= 0 || cwd[0] != '/')
		return NULL;
	cwd[len] = '\0';
	while (strncmp(path, "./", 2) == 0)
		path += 2;
	return asprintf(&absolute, "%s/%s", cwd, path) < 0 ? NULL : absolute;
}

static bool has_prefix(const char *s, const char *prefix)
{
	return strncmp(s, prefix, strlen(prefix)) == 0;
}

char *program_called(const struct target *target, pid_t pid, const struct elf_file *file,
		     const char *path)
{
	const char *slash = strrchr(path, '/'), *name;
	_cleanup_free_ char *called = NULL;
	char text[PATH_MAX];

	if (!slash || file->fd < 0 || file->is_from_memory || !read_path(pid, text))
		return NULL;
	called = make_absolute(pid, text);
	// A descriptor of fexecve() is no name.
	if (!called || has_prefix(called, "/proc/") || has_prefix(called, "/dev/"))
		return NULL;
	name = strrchr(called, '/');
	if (name[1] && strcmp(slash, name) != 0 && is_same_file(target, called, file->fd))
		return no_cleanup_ptr(called);
	return NULL;
}
