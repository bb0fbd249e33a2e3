// SPDX-License-Identifier: GPL-3.0-or-later
/** A copy of a piece of the stack of the thread that stands at a breakpoint. A walk asks for words
 *  one by one; they are fetched by the thousand. */
#ifndef TRACE_GLUE_WINDOW_H
#define TRACE_GLUE_WINDOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct stack_window {
	pid_t tid;
	/** The piece: [start, start + size). */
	uint64_t start;
	size_t size;
	/** How many bytes to read next. It grows while a walk goes on. */
	size_t want;
	/** End of the highest word that was asked for; 0: none was. */
	uint64_t top;
	/** The last word that was asked for lies below the piece, and was read alone. */
	bool is_behind;
	uint8_t bytes[64 << 10];
};

/** Empty it for thread tid. stack_top is the end of what its last walk needed, 0: not known. So
 *  much is read at once, within limits. */
void window_reset(struct stack_window *w, pid_t tid, uint64_t sp, uint64_t stack_top);
/** Read the word at addr, and fetch what lies above it as well. False: unreadable. */
bool window_read(struct stack_window *w, uint64_t addr, uint64_t *ret);
/** Read a single word, which need not be on the stack. False: unreadable. */
bool window_read_word(const struct stack_window *w, uint64_t addr, uint64_t *ret);

#endif
