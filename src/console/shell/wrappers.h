// SPDX-License-Identifier: GPL-3.0-or-later
/** The rules of `skip` that a run begins with. */
#ifndef CONSOLE_SHELL_WRAPPERS_H
#define CONSOLE_SHELL_WRAPPERS_H

#include "base/err.h"

#include <stddef.h>

struct console;

/** Add to the console's rules:
 *
 *  - the installed ones: all *.conf files of the folder that MALLOSCOPE_WRAPPERS names, of
 *    data/wrappers.d beside the program (in a build tree), or of
 *    $(datadir)/malloscope/wrappers.d; without any a note says so;
 *  - the user's, $XDG_CONFIG_HOME/malloscope/wrappers or ~/.config/malloscope/wrappers, if there is
 *    such a file and it belongs to whom we run as, or to root;
 *  - those given, which skip_rule_check() has seen.
 *
 *  A file that cannot be read or has a mistake is told in a note; the rules before the mistake
 *  hold. Errors are those of memory and of too many rules. */
struct err *wrappers_load(struct console *console, const char *const *rules,
			  size_t num) __must_check;

#endif
