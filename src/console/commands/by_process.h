// SPDX-License-Identifier: GPL-3.0-or-later
/** `top --processes`: a row for each followed process. Used by cmd_stats.c. */
#ifndef CONSOLE_COMMANDS_BY_PROCESS_H
#define CONSOLE_COMMANDS_BY_PROCESS_H

#include "console/commands/commands.h"

/** ERR_USAGE: an option or a word is given that does not go with --processes. */
struct err *by_process_check(const struct args *args) __must_check;

/** Print the processes, ended ones and merged ones, too, ordered by their live bytes or what --by
 *  says; at most limit. Filters count as in rows. Errors as by_process_check(), and the
 *  resolver's. */
struct err *by_process_top(struct console *console, const struct args *args,
			   const struct stats_options *options, enum stats_sort sort,
			   size_t limit) __must_check;

#endif
