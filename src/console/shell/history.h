// SPDX-License-Identifier: GPL-3.0-or-later
/** Lines typed in earlier sessions: $XDG_STATE_HOME/malloscope/history, or
 *  ~/.local/state/malloscope/history. That it cannot be read or written is never an error. */
#ifndef CONSOLE_SHELL_HISTORY_H
#define CONSOLE_SHELL_HISTORY_H

/** Path of the file as a string that the caller frees; NULL: no home, or out of memory. */
char *history_path(void);

/** Read the file into readline's history. */
void history_load(void);

/** Add a line unless it is blank or the same as the last. */
void history_add(const char *line);

/** Append what history_add() took to the file, which is created with its folders if need be, and
 *  keep its end only. */
void history_save(void);

#endif
