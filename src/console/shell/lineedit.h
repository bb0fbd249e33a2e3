// SPDX-License-Identifier: GPL-3.0-or-later
/** The prompt: GNU readline, driven by poll(2) so that notes and signals are seen while the user
 *  types. Signals are not readline's here (see signals.h). One per process, as readline itself. */
#ifndef CONSOLE_SHELL_LINEEDIT_H
#define CONSOLE_SHELL_LINEEDIT_H

struct command_table;
struct traced;

enum lineedit_event {
	/** The user finished a line. */
	LINEEDIT_LINE,
	/** End of file, or the terminal is gone. */
	LINEEDIT_END,
	/** note_fd is readable: lineedit_hide(), print, go on. */
	LINEEDIT_NOTE,
	/** signal_fd is readable. */
	LINEEDIT_SIGNAL,
};

/** Prepare readline and load the history. Completions are of this table, which must outlive the
 *  prompt, and of what the session knows. */
void lineedit_init(const struct command_table *table, struct traced *traced);
/** Ask this one from now on. */
void lineedit_use(struct traced *traced);
/** Give the terminal back as it was and save the history. */
void lineedit_deinit(void);

/** Show the prompt and wait. LINEEDIT_LINE: *line_ret is the line, which the caller frees, and the
 *  terminal is as it was before; after the other events the user may be in the midst of a line,
 *  which the next call continues. */
enum lineedit_event lineedit_wait(const char *prompt, int note_fd, int signal_fd, char **line_ret);

/** Take prompt and unfinished line from the screen; the next lineedit_wait() brings them back. */
void lineedit_hide(void);

/** Throw the unfinished line away and begin on a new one. */
void lineedit_abandon(void);

#endif
