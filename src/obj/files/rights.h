// SPDX-License-Identifier: GPL-3.0-or-later
/** The rights of a process over files. A thread takes them on for a moment. Private to obj/. */
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
	/** Its effective capabilities over files (bits as in CAP_TO_MASK). None if they belong to
	 *  another user namespace, where they hold for other files. */
	uint64_t file_caps;
};

/** Read the rights of the process whose directory in /proc is open as proc_fd. &err_gone: there is
 *  no such process any more. The caller calls rights_deinit(). */
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

/** Let the calling thread, and no other, open files with these rights until rights_leave(). False
 *  (errno tells): it cannot have them, or not without more groups. The thread then still has its
 *  own. */
bool rights_enter(const struct rights *rights, struct rights_before *before) __must_check;
/** Give the thread its own rights back. errno stays. */
void rights_leave(struct rights_before *before);

#endif
