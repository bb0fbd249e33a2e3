// SPDX-License-Identifier: GPL-3.0-or-later
/** JSON Lines: each command writes one document, and each document is one line. doc/JSON.md has the
 *  schema of every command's document.
 *
 *  A document is built member by member. The calls in between need no check, and take a NULL
 *  document: out of memory is remembered and told at the end. Strings may hold any bytes; bytes
 *  that are no UTF-8 are written as \xNN. */
#ifndef REPORT_JSON_H
#define REPORT_JSON_H

#include "heap/archive.h"
#include "heap/stacks.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/** How deep objects and arrays may stand inside one another. */
#define JSONL_DEPTH_MAX 8

struct jsonl;

/** Begin a document with the member "command". NULL: out of memory, and jsonl_end() will say so. */
struct jsonl *jsonl_begin(const char *command);

/** Drop a document without writing it; NULL is fine. */
void jsonl_destroy(struct jsonl *doc);

/** Write the document as one line, and destroy it in any case. &err_nomem: nothing was written.
 *  Errors of out are left to its owner (ferror). */
struct err *jsonl_end(struct jsonl *doc, FILE *out) __must_check;

/** Add a member to the innermost open object. In an array, key is NULL. A member of the same name
 *  is replaced. A NULL value is written as null. */
void jsonl_string(struct jsonl *doc, const char *key, const char *value);
/** Values above INT64_MAX become INT64_MAX, because JSON readers know no larger ones. */
void jsonl_uint(struct jsonl *doc, const char *key, uint64_t value);
void jsonl_int(struct jsonl *doc, const char *key, int64_t value);
/** NaN and infinity become null. */
void jsonl_real(struct jsonl *doc, const char *key, double value);
void jsonl_bool(struct jsonl *doc, const char *key, bool value);
/** Add an address as the string "0x...". */
void jsonl_address(struct jsonl *doc, const char *key, uint64_t addr);

/** Open an object or an array. Members go into it until jsonl_close(). */
void jsonl_open_object(struct jsonl *doc, const char *key);
void jsonl_open_array(struct jsonl *doc, const char *key);
void jsonl_close(struct jsonl *doc);

/** Add an array of the stack's frames, most recent first, and the member total_nframe beside it.
 *  want_lines: add source lines where they can be read. The error is the resolver's. */
struct err *jsonl_stack(struct jsonl *doc, const char *key, const struct frame_source *source,
			const struct stack *stack, bool want_lines) __must_check;

#endif
