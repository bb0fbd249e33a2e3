// SPDX-License-Identifier: GPL-3.0-or-later
/** Rights of a process over files, taken on by a thread for a moment. Private to obj/. */
#ifndef OBJ_FILES_RIGHTS_H
#define OBJ_FILES_RIGHTS_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct rights {
	/** What the kernel checks when a file is opened, numbers as we see them. */
	uid_t fsuid;
	gid_t fsgid;
	/** Owned; may be NULL when there are none. */
	gid_t *groups;
	size_t num_groups;
	/** Its effective capabilities over files (bits as in CAP_TO_MASK); none when they are those
	 *  of another user namespace, where they are good for other files. */
	uint64_t file_caps;
};

/** The rights of the process whose directory of /proc is open as proc_fd. &err_gone: it is none any
 *  more. The caller calls rights_deinit(). */
struct err *rights_read(int proc_fd, struct rights *ret) __must_check;
/** Zero-filled is fine. */
void rights_deinit(struct rights *rights);

/** What rights_enter() has changed. */
struct rights_before {
	bool is_changed;
	uid_t fsuid;
	gid_t fsgid;
	gid_t *groups;
	size_t num_groups;
	uint64_t effective;
};

/** The calling thread alone opens files with these rights from now on, until rights_leave(). False
 *  (errno tells): they cannot be had, or not without more groups; the thread has its own still. */
bool rights_enter(const struct rights *rights, struct rights_before *before) __must_check;
/** As it was before. errno stays. */
void rights_leave(struct rights_before *before);

#endif
