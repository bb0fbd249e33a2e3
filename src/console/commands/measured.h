// SPDX-License-Identifier: GPL-3.0-or-later
/** Results of `measure`, which come at any time. */
#ifndef CONSOLE_COMMANDS_MEASURED_H
#define CONSOLE_COMMANDS_MEASURED_H

struct console;
struct measured_result;

/** Print a result, as text or JSON, to the output of the console. */
void measured_print(struct console *console, const struct measured_result *measured);

#endif
