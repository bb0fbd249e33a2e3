// SPDX-License-Identifier: GPL-3.0-or-later
/** A line about long work: "# loading symbols 37/150", or "# debug information of libx.so.1: 1.5 of
 *  7.2 MiB". It appears on a terminal after half a second and is erased at the end of the work. A
 *  thread writes it: meanwhile nothing else may be written to the terminal. */
#ifndef CONSOLE_TERMINAL_PROGRESS_H
#define CONSOLE_TERMINAL_PROGRESS_H

#include <stdio.h>

struct progress;
struct traced;

/** Begin. doing: what to show while no symbols are loaded, "storing" for one; NULL: nothing.
 *  Returns NULL when out is no terminal, or there is no memory: the work goes on without. */
struct progress *progress_begin(struct traced *traced, FILE *out, const char *doing);
/** The work is over. NULL is fine. */
void progress_end(struct progress *progress);

#endif
