// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "console/shell/lineedit.h"

#include "base/cleanup.h"
#include "console/shell/complete.h"
#include "console/shell/history.h"

#include <errno.h>
#include <locale.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <readline/readline.h>

static const struct command_table *the_table;
static struct traced *the_traced;
static struct completions candidates;
static bool is_installed;
static bool is_hidden;
static bool is_finished;
static char *finished_line;

static void on_line(char *line)
{
	// Removing the handler gives the terminal back, and keeps readline from showing the next
	// prompt before the command has printed anything.
	rl_callback_handler_remove();
	is_installed = false;
	is_finished = true;
	finished_line = line;
}

/** Candidate number `state`; readline frees it. A name with blanks is quoted, unless the user has
 *  begun to. */
static char *next_candidate(const char *text, int state)
{
	static size_t index;
	const char *word;
	char *quoted;

	(void)text;
	if (state == 0)
		index = 0;
	if (index >= candidates.list.num)
		return NULL;
	word = candidates.list.items[index++];
	if (rl_completion_quote_character || !strpbrk(word, " \t"))
		return strdup(word);
	return asprintf(&quoted, "'%s'", word) < 0 ? NULL : quoted;
}

static char **complete_word(const char *text, int start, int end)
{
	_cleanup_free_ char *before = NULL;

	(void)end;
	// An opening quote belongs to the word.
	if (rl_completion_quote_character && start > 0)
		start--;
	before = strndup(rl_line_buffer, (size_t)start);
	completions_deinit(&candidates);
	if (before)
		complete(the_table, the_traced, before, text, &candidates);
	// File names only where one may stand and nothing of ours fits.
	rl_attempted_completion_over = !candidates.want_files;
	return rl_completion_matches(text, next_candidate);
}

void lineedit_use(struct traced *traced)
{
	the_traced = traced;
}

void lineedit_init(const struct command_table *table, struct traced *traced)
{
	the_table = table;
	the_traced = traced;
	// For multi-byte characters on the line. Numbers stay as in the C locale.
	setlocale(LC_CTYPE, "");
	rl_readline_name = "malloscope";
	rl_catch_signals = 0;
	rl_attempted_completion_function = complete_word;
	rl_completer_word_break_characters = " \t";
	rl_completer_quote_characters = "'\"";
	// Several pasted lines are several commands.
	rl_initialize();
	rl_variable_bind("enable-bracketed-paste", "off");
	history_load();
}

void lineedit_deinit(void)
{
	if (is_installed) {
		rl_callback_handler_remove();
		fputc('\n', stdout);
	}
	is_installed = false;
	completions_deinit(&candidates);
	history_save();
}

static void show_prompt(const char *prompt)
{
	if (!is_installed)
		rl_callback_handler_install(prompt, on_line);
	else if (is_hidden)
		rl_forced_update_display();
	is_installed = true;
	is_hidden = false;
}

/** After this much of the line has been read, is it complete? */
static bool take_line(enum lineedit_event *event_ret, char **line_ret)
{
	rl_callback_read_char();
	if (!is_finished)
		return false;
	is_finished = false;
	if (!finished_line) {
		*event_ret = LINEEDIT_END;
		return true;
	}
	*line_ret = finished_line;
	*event_ret = LINEEDIT_LINE;
	return true;
}

enum lineedit_event lineedit_wait(const char *prompt, int note_fd, int signal_fd, char **line_ret)
{
	struct pollfd fds[] = {
		{.fd = STDIN_FILENO, .events = POLLIN},
		{.fd = note_fd, .events = POLLIN},
		{.fd = signal_fd, .events = POLLIN},
	};
	enum lineedit_event event = LINEEDIT_END;

	show_prompt(prompt);
	for (;;) {
		if (poll(fds, sizeof(fds) / sizeof(fds[0]), -1) < 0) {
			if (errno == EINTR)
				continue;
			return LINEEDIT_END;
		}
		if (fds[2].revents)
			return LINEEDIT_SIGNAL;
		if (fds[1].revents)
			return LINEEDIT_NOTE;
		if (fds[0].revents && take_line(&event, line_ret))
			return event;
	}
}

void lineedit_hide(void)
{
	if (is_installed && !is_hidden) {
		rl_clear_visible_line();
		// What follows takes another stream to the same terminal.
		fflush(rl_outstream ? rl_outstream : stdout);
	}
	is_hidden = true;
}

void lineedit_abandon(void)
{
	if (!is_installed)
		return;
	rl_free_line_state();
	rl_callback_sigcleanup();
	rl_callback_handler_remove();
	is_installed = false;
	rl_replace_line("", 0);
	fputs("^C\n", rl_outstream ? rl_outstream : stdout);
}
