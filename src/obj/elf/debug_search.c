// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "obj/elf/debug_search.h"

#include "obj/elf/libdw_view.h"
#include "obj/files/libdw_open.h"

#include <elfutils/libdwelf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define DEBUG_DIRECTORY "/usr/lib/debug"
/** Its checksum is computed over the whole file; those of distributions have build-ids instead. */
#define MAX_CHECKED_SIZE (512ll << 20)

/** What makes a debug file the right one. */
struct search {
	struct libdw_view *view;
	const struct elf_file *file;
	/** Of .gnu_debuglink; counts when the file has no build-id. 0: none. */
	uint32_t crc;
	char *path;
};

/** CRC-32 of IEEE 802.3; the table is that of one byte. */
static uint32_t add_crc(const uint32_t *table, uint32_t crc, const unsigned char *p, size_t size)
{
	for (; size--; p++)
		crc = table[(crc ^ *p) & 0xff] ^ crc >> 8;
	return crc;
}

static void make_table(uint32_t *table)
{
	uint32_t i, bit;

	for (i = 0; i < 256; i++) {
		table[i] = i;
		for (bit = 0; bit < 8; bit++)
			table[i] = table[i] >> 1 ^ (table[i] & 1 ? 0xedb88320 : 0);
	}
}

static bool has_crc(int fd, uint32_t wanted)
{
	unsigned char buf[65536];
	uint32_t table[256], crc = UINT32_MAX;
	uint64_t done = 0;
	struct stat st;
	ssize_t n;

	if (fstat(fd, &st) < 0 || st.st_size > MAX_CHECKED_SIZE)
		return false;
	make_table(table);
	// It may grow meanwhile.
	while (done <= (uint64_t)MAX_CHECKED_SIZE &&
	       (n = pread(fd, buf, sizeof(buf), (off_t)done)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return false;
		crc = add_crc(table, crc, buf, (size_t)n);
		done += (uint64_t)n;
	}
	return done <= (uint64_t)MAX_CHECKED_SIZE && ~crc == wanted;
}

static bool has_build_id(int fd, const struct elf_file *file)
{
	Elf *elf = elf_begin(fd, ELF_C_READ_MMAP, NULL);
	const void *id;
	bool is_same = elf && dwelf_elf_gnu_build_id(elf, &id) == (ssize_t)file->build_id_size &&
		       memcmp(id, file->build_id, file->build_id_size) == 0;

	elf_end(elf);
	return is_same;
}

static bool is_right(const struct search *search, int fd)
{
	if (search->file->build_id_size)
		return has_build_id(fd, search->file);
	return !search->crc || has_crc(fd, search->crc);
}

/** The file itself by another name. */
static bool is_same_file(int fd, int other_fd)
{
	struct stat st, other;

	return fstat(fd, &st) == 0 && fstat(other_fd, &other) == 0 && st.st_dev == other.st_dev &&
	       st.st_ino == other.st_ino;
}

/** Shorter forms of a directory may be tried twice. */
static void note_tried(struct debug_search *search, const char *path)
{
	size_t i;
	char *copy;

	for (i = 0; i < search->tried.num; i++)
		if (strcmp(search->tried.items[i], path) == 0)
			return;
	copy = strdup(path);
	if (copy && !vec_push(&search->tried, copy))
		free(copy);
}

/** Try a path, which becomes the search's. */
static int try_path(struct search *search, enum target_root root, const char *path)
{
	const struct elf_file *file = search->file;
	int fd = target_open(search->view->target, root, path, TARGET_ELF_MAX);

	if (fd < 0 || is_same_file(fd, file->fd) || !is_right(search, fd) ||
	    !expansion_admits(search->view->expansion, fd, path)) {
		cleanup_close(&fd);
		note_tried(&search->view->search, path);
		return -1;
	}
	search->path = strdup(path);
	return fd;
}

static int try_build_id(struct search *search)
{
	const struct elf_file *file = search->file;
	char path[sizeof(DEBUG_DIRECTORY "/.build-id//.debug") + 2 * sizeof(file->build_id)];
	size_t len = (size_t)sprintf(path, DEBUG_DIRECTORY "/.build-id/"), i;
	int fd;

	if (file->build_id_size < 3)
		return -1;
	for (i = 0; i < file->build_id_size; i++)
		len += (size_t)sprintf(path + len, "%02x%s", file->build_id[i], i ? "" : "/");
	strcpy(path + len, ".debug");
	fd = try_path(search, TARGET_ROOT_ITS, path);
	// Of a container's program the host may have it.
	return fd >= 0 ? fd : try_path(search, TARGET_ROOT_OURS, path);
}

static int try_joined(struct search *search, const char *first, const char *directory,
		      size_t directory_size, const char *second, const char *name)
{
	_cleanup_free_ char *path = NULL;

	if (asprintf(&path, "%s%.*s%s%s", first, (int)directory_size, directory, second, name) <
	    0) {
		path = NULL;
		return -1;
	}
	return try_path(search, TARGET_ROOT_ITS, path);
}

/** The directory of the file, its .debug, and below /usr/lib/debug that directory and its shorter
 *  forms: what was in /lib may be in /usr/lib today. */
static int try_directories(struct search *search, const char *name)
{
	const char *directory = search->file->path, *end = strrchr(directory, '/');
	int fd;

	if (!end || directory[0] != '/')
		return -1;
	fd = try_joined(search, "", directory, (size_t)(end - directory), "/", name);
	if (fd < 0)
		fd = try_joined(search, "", directory, (size_t)(end - directory), "/.debug/", name);
	while (fd < 0 && directory) {
		fd = try_joined(search, DEBUG_DIRECTORY, directory, (size_t)(end - directory), "/",
				name);
		directory = directory < end ? strchr(directory + 1, '/') : NULL;
	}
	return fd;
}

static int find(struct search *search, const char *debuglink)
{
	const char *slash = strrchr(search->file->path, '/');
	_cleanup_free_ char *invented = NULL;
	int fd = try_build_id(search);

	if (fd < 0 && !debuglink) {
		if (asprintf(&invented, "%s.debug", slash ? slash + 1 : search->file->path) < 0)
			invented = NULL;
		debuglink = invented;
	}
	// It is the name of a file, not a path.
	if (fd < 0 && debuglink && !strchr(debuglink, '/'))
		fd = try_directories(search, debuglink);
	return fd;
}

/** In the order in which libdw asks: the debug file that was given, then the one that it shares
 *  information with. */
static int take_given(struct libdw_view *view)
{
	int fd = view->debug_fds[0];

	view->debug_fds[0] = view->debug_fds[1];
	view->debug_fds[1] = -1;
	if (fd >= 0 && !expansion_admits(view->expansion, fd, view->file->path)) {
		close(fd);
		return -1;
	}
	return fd;
}

int debug_search(Dwfl_Module *module, void **userdata, const char *name, Dwarf_Addr base,
		 const char *file, const char *debuglink, GElf_Word crc, char **path_ret)
{
	struct libdw_view *view = *userdata;
	struct search search = {.view = view, .crc = crc};
	struct libdw_guard pause;
	int fd;

	(void)module;
	(void)name;
	(void)base;
	(void)file;
	if (!view)
		return -1;
	search.file = view->file;
	fd = take_given(view);
	// A supplementary file: those come without a checksum.
	view->search.was_given |= fd >= 0;
	if (fd >= 0 || (debuglink && !crc))
		return fd;
	libdw_guard_pause(&pause);
	fd = find(&search, debuglink);
	libdw_guard_end(&pause);
	if (fd >= 0) {
		*path_ret = search.path;
		if (!view->search.found && search.path)
			view->search.found = strdup(search.path);
	} else {
		errno = 0;
	}
	return fd;
}
