// SPDX-License-Identifier: GPL-3.0-or-later
/** The dialogue with somebody at a terminal. */
#ifndef CONSOLE_SHELL_INTERACTIVE_H
#define CONSOLE_SHELL_INTERACTIVE_H

#include "base/err.h"

struct console;

/** Greet, then read commands and run them until `quit`, end of file or a signal that ends
 *  malloscope (signals_fatal() tells). Failing commands are told to the user and are no error. */
struct err *interactive_run(struct console *console) __must_check;

#endif
