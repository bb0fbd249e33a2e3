// SPDX-License-Identifier: GPL-3.0-or-later
/** Stacks that could not be unwound to their end: the reasons, in words. */
#ifndef CONSOLE_COMMANDS_TRUNCATED_H
#define CONSOLE_COMMANDS_TRUNCATED_H

#include "supervisor/traced.h"

#include <stdio.h>

struct jsonl;

/** Of struct stack, as a sentence about its oldest frame. */
const char *truncated_text(uint32_t flags);
/** A line for each reason and file of `status`. */
void truncated_print(FILE *out, const struct traced_status *status);
/** The array `truncated_by`. */
void truncated_add(struct jsonl *doc, const struct traced_status *status);

#endif
