// SPDX-License-Identifier: GPL-3.0-or-later
/** The words of one console line. Blanks part words; '...' keeps everything, "..." everything but
 *  \" and \\, and outside of quotes a backslash keeps the next character. A line whose first
 *  character that is no blank is '#' is a comment: it has no words. (A later '#' is an ordinary
 *  character: `traceback #2`.) */
#ifndef CONSOLE_WORDS_H
#define CONSOLE_WORDS_H

#include "base/err.h"
#include "base/vec.h"

/** The words, owned. Zero-filled is empty. */
struct words {
	VEC(char *) list;
};

/** Split line. ERR_USAGE: a quote is not closed, or a backslash ends the line. */
struct err *words_split(const char *line, struct words *ret) __must_check;

/** Free the words; the structure is empty and usable again. */
void words_deinit(struct words *words);

#define _cleanup_words_ _cleanup_(words_deinit)

#endif
