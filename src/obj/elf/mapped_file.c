// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "obj/elf/mapped_file.h"

#include "base/cleanup.h"
#include "obj/files/target_file.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/** More than any program's text; a limit for what is copied from memory. */
#define MAX_COPY_SIZE (1ull << 30)
#define FIRST_PAGE    4096

static int open_memory(pid_t pid)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/mem", (int)pid);
	return open(path, O_RDONLY | O_CLOEXEC);
}

static bool is_same_file(const struct map_entry *a, const struct map_entry *b)
{
	if (a->inode || b->inode)
		return a->inode == b->inode && a->dev == b->dev;
	return a->path_size == b->path_size && memcmp(a->path, b->path, a->path_size) == 0;
}

/** btrfs and overlayfs show other numbers in stat() than in maps. Then the first page, which has
 *  the ELF header, the program headers and mostly the build-id, must be the one in memory. */
static bool has_same_first_page(pid_t pid, int fd, const struct map_entry *entry)
{
	_cleanup_close_ int mem = open_memory(pid);
	char in_file[FIRST_PAGE], in_memory[FIRST_PAGE];
	ssize_t n;

	// Only a mapping that starts at offset 0 can tell, so refresh.c asks with that one if there
	// is one.
	if (mem < 0 || entry->offset != 0)
		return false;
	n = pread(fd, in_file, sizeof(in_file), 0);
	return n > (ssize_t)sizeof(Elf64_Ehdr) &&
	       pread(mem, in_memory, (size_t)n, (off_t)entry->start) == n &&
	       memcmp(in_file, in_memory, (size_t)n) == 0;
}

static int open_checked(const struct target *target, enum target_root root, pid_t pid,
			const char *path, const struct map_entry *entry)
{
	int fd = target_open(target, root, path, UINT64_MAX);
	struct stat st;

	if (fd < 0)
		return -1;
	if (fstat(fd, &st) == 0 && ((st.st_dev == entry->dev && st.st_ino == entry->inode) ||
				    has_same_first_page(pid, fd, entry)))
		return fd;
	close(fd);
	return -1;
}

int mapped_file_open(const struct target *target, pid_t pid, const struct map_entry *entry)
{
	int fd = target_open_mapping(target, entry->start, entry->end);
	_cleanup_free_ char *path = NULL;

	if (fd >= 0)
		return fd;
	if (!entry->path_size || entry->path[0] != '/' || entry->path_size > PATH_MAX)
		return -1;
	path = strndup(entry->path, entry->path_size);
	if (!path)
		return -1;
	fd = open_checked(target, TARGET_ROOT_ITS, pid, path, entry);
	return fd >= 0 ? fd : open_checked(target, TARGET_ROOT_OURS, pid, path, entry);
}

static bool copy_mapping(int mem, int fd, const struct map_entry *entry)
{
	char buf[65536];
	uint64_t done = 0, size = entry->end - entry->start;

	if (entry->offset > MAX_COPY_SIZE || size > MAX_COPY_SIZE)
		return false;
	while (done < size) {
		size_t want = size - done < sizeof(buf) ? (size_t)(size - done) : sizeof(buf);
		ssize_t n = pread(mem, buf, want, (off_t)(entry->start + done));

		if (n < 0 && errno == EINTR)
			continue;
		// A file shorter than its mapping: what is there is enough.
		if (n <= 0)
			return done > 0;
		if (pwrite(fd, buf, (size_t)n, (off_t)(entry->offset + done)) != n)
			return false;
		done += (uint64_t)n;
	}
	return true;
}

int mapped_file_copy(pid_t pid, const char *maps, size_t maps_size, const struct map_entry *entry)
{
	_cleanup_close_ int mem = open_memory(pid);
	struct maps_cursor cursor;
	struct map_entry other;
	bool has_any = false;
	int fd;

	if (mem < 0)
		return -1;
	fd = memfd_create("malloscope-image", MFD_CLOEXEC);
	if (fd < 0)
		return -1;
	maps_cursor_init(&cursor, maps, maps_size);
	while (maps_next(&cursor, &other))
		// Writable pages hold the program's data; the relocated read-only ones are near
		// enough to the file.
		if (is_same_file(&other, entry) && !other.is_writable)
			has_any |= copy_mapping(mem, fd, &other);
	if (has_any)
		return fd;
	close(fd);
	return -1;
}
