// SPDX-License-Identifier: GPL-3.0-or-later
/** JSON Lines: one document a line and a command. doc/JSON.md has the schema of every command's
 *  document.
 *
 *  A document is built up member by member. Out of memory is remembered, and told at the end: the
 *  calls in between need no check, and take a NULL document. Strings may hold any bytes: what is no
 *  UTF-8 is written as \xNN. */
#ifndef REPORT_JSON_H
#define REPORT_JSON_H

#include "heap/archive.h"
#include "heap/stacks.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/** Objects and arrays inside one another, at most. */
#define JSONL_DEPTH_MAX 8

struct jsonl;

/** A document with the member "command". NULL: out of memory, which jsonl_end() then tells. */
struct jsonl *jsonl_begin(const char *command);

/** Drop a document without writing it; NULL is fine. */
void jsonl_destroy(struct jsonl *doc);

/** Write the document as one line and destroy it, in any case. &err_nomem: nothing was written.
 *  Errors of out are left to its owner (ferror). */
struct err *jsonl_end(struct jsonl *doc, FILE *out) __must_check;

/** Add a member to the innermost open object; in an array key is NULL. A member of the same name is
 *  replaced. value NULL is null. */
void jsonl_string(struct jsonl *doc, const char *key, const char *value);
/** Values above INT64_MAX are cut to it: JSON readers know no larger ones. */
void jsonl_uint(struct jsonl *doc, const char *key, uint64_t value);
void jsonl_int(struct jsonl *doc, const char *key, int64_t value);
/** Not a number and infinity become null. */
void jsonl_real(struct jsonl *doc, const char *key, double value);
void jsonl_bool(struct jsonl *doc, const char *key, bool value);
/** "0x...", as a string. */
void jsonl_address(struct jsonl *doc, const char *key, uint64_t addr);

/** What follows goes into a new object or array, until jsonl_close(). */
void jsonl_open_object(struct jsonl *doc, const char *key);
void jsonl_open_array(struct jsonl *doc, const char *key);
void jsonl_close(struct jsonl *doc);

/** A member that is an array of the stack's frames, most recent first, and total_nframe beside it.
 *  want_lines: with source lines where they can be read. The error is the resolver's. */
struct err *jsonl_stack(struct jsonl *doc, const char *key, const struct frame_source *source,
			const struct stack *stack, bool want_lines) __must_check;

#endif
