// SPDX-License-Identifier: GPL-3.0-or-later
/** Texts made of the command table. */
#ifndef CONSOLE_COMMANDS_HELP_H
#define CONSOLE_COMMANDS_HELP_H

#include <stdio.h>

struct command;
struct command_table;

/** One line for each command: "  NAME  summary". */
void help_print_list(FILE *out, const struct command_table *table);

/** Synopsis, summary, explanation and options of one command. */
void help_print_command(FILE *out, const struct command *command);

#endif
