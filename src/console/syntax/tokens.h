// SPDX-License-Identifier: GPL-3.0-or-later
/** The tokens of one console line. Blanks separate them. '...' keeps everything, "..." everything
 *  but \" and \\, and outside of quotes a backslash keeps the next character. A line that begins
 *  with '#', blanks left out, is a comment: it has no tokens. (A later '#' is an ordinary
 *  character: `traceback #2`.) */
#ifndef CONSOLE_SYNTAX_TOKENS_H
#define CONSOLE_SYNTAX_TOKENS_H

#include "base/err.h"
#include "base/vec.h"

/** The tokens, owned. Zero-filled is empty. */
struct tokens {
	VEC(char *) list;
};

/** Split line. ERR_USAGE: a quote is not closed, or a backslash ends the line. */
struct err *tokens_split(const char *line, struct tokens *ret) __must_check;

/** Free the tokens; the structure is empty and usable again. */
void tokens_deinit(struct tokens *tokens);

#define _cleanup_tokens_ _cleanup_(tokens_deinit)

#endif
