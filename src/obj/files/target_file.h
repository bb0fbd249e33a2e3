// SPDX-License-Identifier: GPL-3.0-or-later
/** Files that a target names: sources and debug files by its DWARF, ELF files by its mappings.
 *  Whoever made the target chose the names, and we may have more rights than that person. So all of
 *  them are opened here, and nowhere else: with the target's rights (rights.h), in its mount
 *  namespace and below its root directory, without following links of /proc, and without ever
 *  waiting. Only regular files on file systems that hold files are accepted. Private to obj/. */
#ifndef OBJ_FILES_TARGET_FILE_H
#define OBJ_FILES_TARGET_FILE_H

#include "obj/files/rights.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/** Larger files are no ELF files that anybody loads. */
#define TARGET_ELF_MAX (8ull << 30)

/** Whose files. Zero-filled: nobody's (a stored file); then our own rights and directories
 *  count. */
struct target {
	/** It was looked at. */
	bool is_known;
	/** Its directory in /proc; valid when is_known. */
	int proc_fd;
	struct rights rights;
	/** It has a mount namespace or a root directory of its own. */
	bool is_elsewhere;
};

/** Look at process pid, a task that lives (io_live_task()). Its rights and directories count from
 *  now on. While it lives, they are read again whenever a file is opened; when it has ended, the
 *  last ones count. &err_gone: it has ended already, and the target is as before. */
struct err *target_look(struct target *target, pid_t pid) __must_check;
void target_deinit(struct target *target);
/** Copy a target, with a descriptor and a list of groups of its own. */
struct err *target_copy(const struct target *target, struct target *ret) __must_check;
/** Tell whether two processes that have ended might have opened the same files. */
bool target_is_like(const struct target *a, const struct target *b);

/** Where a path leads. */
enum target_root {
	/** To the target's directories. If it has ended, and they were not ours, to nowhere. */
	TARGET_ROOT_ITS,
	/** To our directories, still with the target's rights: /usr/lib/debug of the host. */
	TARGET_ROOT_OURS,
};

/** Open an absolute path for reading. -1: it cannot be opened, may not be opened, is larger than
 *  max_size, or is no such file as the head of this header describes; errno tells. target NULL is
 *  as zero-filled. */
int target_open(const struct target *target, enum target_root root, const char *path,
		uint64_t max_size) __must_check;
/** The same for one of the links in /proc/PID/map_files. */
int target_open_mapping(const struct target *target, uint64_t start, uint64_t end) __must_check;
/** Read a whole file of at most max_size bytes into a string that the caller frees. NULL:
 *  target_open() fails, or no memory. */
char *target_read(const struct target *target, const char *path, size_t max_size) __must_check;

#endif
