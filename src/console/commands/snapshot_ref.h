// SPDX-License-Identifier: GPL-3.0-or-later
/** Snapshots as commands name them. */
#ifndef CONSOLE_COMMANDS_SNAPSHOT_REF_H
#define CONSOLE_COMMANDS_SNAPSHOT_REF_H

#include "console/commands/commands.h"

/** A snapshot to work on: a kept one, which is borrowed, or one made for the occasion, which is
 *  owned. Zero-filled is none. */
struct snapshot_ref {
	const struct snapshot *snapshot;
	struct snapshot *owned;
};

/** Free what is owned. */
void snapshot_ref_deinit(struct snapshot_ref *ref);

#define _cleanup_snapshot_ref_ _cleanup_(snapshot_ref_deinit)

/** The snapshot of a name: "live" or NULL, "peak", or a kept one. ERR_NOT_FOUND. */
struct err *snapshot_ref_find(struct console *console, const char *name,
			      struct snapshot_ref *ret) __must_check;

/** The same for the older side of a comparison, which cannot be the live state. */
struct err *snapshot_ref_find_old(struct console *console, const char *name,
				  struct snapshot_ref *ret) __must_check;

/** What is live now and came after the kept snapshot of that name. ERR_NOT_FOUND; ERR_USAGE:
 *  "peak", "live", or a snapshot from a file. */
struct err *snapshot_ref_since(struct console *console, const char *name,
			       struct snapshot_ref *ret) __must_check;

/** That of the options --snapshot and --since, which the command must have; default: the live
 *  state. ERR_USAGE: both are given; or as above. */
struct err *snapshot_ref_find_top(struct console *console, const struct args *args,
				  struct snapshot_ref *ret) __must_check;

/** The newest kept snapshot, which is what is compared when OLD is not given. ERR_NOT_FOUND with a
 *  text. */
struct err *snapshot_ref_newest(struct console *console, struct snapshot_ref *ret) __must_check;

/** May a snapshot be kept under this name? ERR_USAGE: no, a command could take it for something
 *  else. */
struct err *snapshot_ref_check_name(const char *name) __must_check;

#endif
