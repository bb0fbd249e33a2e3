// SPDX-License-Identifier: GPL-3.0-or-later
/** --merge PROGRAM: one table of all followed processes of a program. */
#ifndef CONSOLE_COMMANDS_MERGE_H
#define CONSOLE_COMMANDS_MERGE_H

#include "console/commands/snapshot_ref.h"

/** Tell whether a process ran the program: its path or the name in it. ERR_OTHER as
 *  traced_status(). */
struct err *merge_matches(struct traced *process, const char *program, bool *ret) __must_check;

/** Sum number `at` (heap/merged.h) of the command that runs, over all processes of the program:
 *  their live state (name "live" or NULL), peaks ("peak") or snapshots of that name. A process
 *  without such a snapshot counts as empty. The result is borrowed. ERR_NOT_FOUND: there is no such
 *  process, or none of them has such a snapshot. */
struct err *merge_find(struct console *console, const char *program, size_t at, const char *name,
		       struct snapshot_ref *ret) __must_check;

/** As merge_find() with the program of --merge, which the command must have; without it as
 *  snapshot_ref_find_old() (at is 0) and snapshot_ref_find(). */
struct err *merge_find_side(struct console *console, const struct args *args, size_t at,
			    const char *name, struct snapshot_ref *ret) __must_check;
/** As merge_find() with the program of --merge and the snapshot of --snapshot; without it as
 *  snapshot_ref_find_top(). ERR_USAGE: --merge and --since. */
struct err *merge_find_top(struct console *console, const struct args *args,
			   struct snapshot_ref *ret) __must_check;

/** Where the frames of the running command's snapshots are from. */
const struct frame_source *merge_source(const struct console *console);
/** The same of the last `top` or `diff`. */
const struct frame_source *merge_last_source(const struct console *console);

/** The running command is over; what `traceback` needs is kept. */
void merge_end(struct console *console);

#endif
