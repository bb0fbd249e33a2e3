// SPDX-License-Identifier: GPL-3.0-or-later
/** What json.c and json_stats.c share. Long documents are written piece by piece, so that each row
 *  is a JSON object of its own in memory. */
#ifndef REPORT_JSON_INTERNAL_H
#define REPORT_JSON_INTERNAL_H

#include "report/json.h"

#include <jansson.h>

/** A JSON string of any bytes. NULL: out of memory. */
json_t *json_of_string(const char *s);

/** Set object[key] to value, which this takes over in any case. False: value is NULL, or out of
 *  memory. */
bool json_add(json_t *object, const char *key, json_t *value);

/** The string of an id, or null for id 0. */
json_t *json_of_id(const struct strtab *strings, uint32_t id);

/** The location of a frame as an object. text is its source line, or NULL. NULL: out of memory. */
json_t *json_of_location(const struct location *location, uint64_t frame,
			 const struct frame_source *source, const char *text);

/** The source line of a location without blanks around it; the caller frees it. NULL: there is
 *  none, or it is blank. */
char *json_read_line(const struct frame_source *source, const struct location *location);

/** Write the members of an object, without its braces. False: no memory, or out failed. */
bool json_write_members(const json_t *object, FILE *out);

/** Write the line of a document up to where more members may follow: "{...". The document is not
 *  destroyed. */
struct err *jsonl_write_begin(struct jsonl *doc, FILE *out) __must_check;

#endif
