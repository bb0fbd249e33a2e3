// SPDX-License-Identifier: GPL-3.0-or-later
/** Messages to standard error. Library layers use log_debug() only. Supervisor, console and main
 *  report errors. */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include "base/cleanup.h"

#include <stdbool.h>

/** True when MALLOSCOPE_DEBUG is set in the environment; read once by log_init(). */
extern bool log_is_debug;

/** Read the environment. Call once, before any thread exists. */
void log_init(void);

/** Write the line "malloscope: TEXT" to standard error. One write(2) writes it, so that lines of
 *  several processes do not mix. */
void log_error(const char *format, ...) __printf(1, 2);

/** Write the line "# TEXT": something that the user may want to know, although nothing failed. */
void log_note(const char *format, ...) __printf(1, 2);

/** Write the line "malloscope[PID]: TEXT", only when log_is_debug. */
#define log_debug(...)                                \
	do {                                          \
		if (log_is_debug)                     \
			log_debug_write(__VA_ARGS__); \
	} while (0)
void log_debug_write(const char *format, ...) __printf(1, 2);

#endif
