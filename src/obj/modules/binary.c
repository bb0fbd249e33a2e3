// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "obj/modules/binary.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

struct err *binary_create(int fd, const char *path, size_t path_size, const struct target *target,
			  struct expansion *expansion, struct binary **ret)
{
	struct binary *binary = calloc(1, sizeof(*binary));
	struct err *err;

	if (!binary) {
		cleanup_close(&fd);
		return &err_nomem;
	}
	err = elf_file_create(fd, path, path_size, &binary->file);
	if (err) {
		free(binary);
		return err;
	}
	libdw_view_init(&binary->libdw, binary->file, target, expansion);
	*ret = binary;
	return NULL;
}

void binary_destroy(struct binary *binary)
{
	if (!binary)
		return;
	symindex_destroy(binary->symbols);
	lines_destroy(binary->lines);
	libdw_view_deinit(&binary->libdw);
	elf_file_destroy(binary->file);
	free(binary);
}

struct err *binary_symbols(struct binary *binary, const struct symindex **ret)
{
	if (!binary->symbols) {
		struct err *err = symindex_create(&binary->libdw, &binary->symbols);

		if (err)
			return err;
	}
	*ret = binary->symbols;
	return NULL;
}

struct err *binary_find_lines(struct binary *binary, uint64_t addr, struct line_frames *ret)
{
	if (!binary->lines) {
		struct err *err = lines_create(&binary->libdw, &binary->lines);

		if (err)
			return err;
	}
	return lines_find(binary->lines, addr, ret);
}

static bool is_of_build(int fd, const struct elf_file *file)
{
	struct elf_file *other;
	struct err *err = elf_file_create(fcntl(fd, F_DUPFD_CLOEXEC, 0), "", 0, &other);
	bool ret;

	err_destroy(err);
	if (err)
		return false;
	ret = other->build_id_size == file->build_id_size &&
	      memcmp(other->build_id, file->build_id, file->build_id_size) == 0;
	elf_file_destroy(other);
	return ret;
}

struct err *binary_give_debug(struct binary *binary, int fd, int shared_fd)
{
	_cleanup_close_ int debug = fd, shared = shared_fd;

	if (binary->libdw.old_dwfl || !is_of_build(debug, binary->file))
		return err_create(ERR_FORMAT, "it is of another build");
	libdw_view_give(&binary->libdw, debug, shared);
	debug = shared = -1;
	if (!libdw_view_renew(&binary->libdw))
		return NULL;
	symindex_destroy(binary->symbols);
	binary->symbols = NULL;
	lines_destroy(binary->lines);
	binary->lines = NULL;
	return NULL;
}
