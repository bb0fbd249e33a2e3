// SPDX-License-Identifier: GPL-3.0-or-later
/** All commands. To add one, add a row in table.c and its handler in one of the cmd_*.c files, see
 *  doc/HOWTO-add-a-command.md. */
#ifndef CONSOLE_COMMANDS_TABLE_H
#define CONSOLE_COMMANDS_TABLE_H

#include "console/syntax/command.h"

extern const struct command_table all_commands;

#endif
