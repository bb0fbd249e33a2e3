// SPDX-License-Identifier: GPL-3.0-or-later
/** What all queries share: options, filters, the first line of their output. Included by the
 *  handlers only. */
#ifndef CONSOLE_COMMANDS_QUERY_H
#define CONSOLE_COMMANDS_QUERY_H

#include "console/commands/commands.h"

struct snapshot_ref;
struct traced_status;

/** --long, of the command or of malloscope. */
bool query_want_long(const struct console *console, const struct args *args);

/** --long, --all, --compat, filters and rules of skip; the command must have the options. */
struct stats_options query_options(const struct console *console, const struct args *args);

/** -n of a table. */
struct err *query_parse_rows(const struct args *args, size_t *ret) __must_check;

/** Check -n and the first word, a key. */
struct err *query_check_key(const struct args *args) __must_check;

/** Keep a result for `traceback`; takes it over. */
void query_keep(struct console *console, struct stats *stats, bool is_diff);

/** Print a table whose first line is its heading, and say which filters were applied. */
void query_print(const struct console *console, const char *text);

/** Close f, into whose *text (open_memstream()) a result was written, and print that: JSON as it
 *  is, a table as by query_print(). err: why it could not be written, handed on; NULL: it was. */
struct err *query_finish(struct console *console, FILE *f, char *const *text,
			 struct err *err) __must_check;

/** Begin the JSON document of a query: command and filters. */
struct jsonl *query_begin_json(const struct console *console, const char *command);

/** The heading of a table of one snapshot, as describe_snapshot() or describe_live(). */
char *query_describe(const struct snapshot_ref *ref, const struct traced_status *status);

#endif
