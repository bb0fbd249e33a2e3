// SPDX-License-Identifier: GPL-3.0-or-later
/** What a query is about: snapshots by name, and the options that all queries share. Included by src/console/ only. */
#ifndef CONSOLE_SUBJECT_H
#define CONSOLE_SUBJECT_H

#include "console/commands.h"

/** A snapshot to work on: a kept one, which is borrowed, or one made for the occasion, which is owned. Zero-filled is none. */
struct subject {
	const struct snapshot *snapshot;
	struct snapshot *owned;
};

/** Free what is owned. */
void subject_deinit(struct subject *subject);

#define _cleanup_subject_ _cleanup_(subject_deinit)

/** The snapshot of a name: "live" or NULL, "peak", or a kept one. ERR_NOT_FOUND. */
struct err *subject_find(struct console *console, const char *name,
			 struct subject *ret) __must_check;

/** The same for the older side of a comparison, which cannot be the live state. */
struct err *subject_find_old(struct console *console, const char *name,
			     struct subject *ret) __must_check;

/** What is live now and came after the kept snapshot name. ERR_NOT_FOUND; ERR_USAGE: "peak", "live", or from a file. */
struct err *subject_since(struct console *console, const char *name,
			  struct subject *ret) __must_check;

/** The newest kept snapshot, which is what is compared when OLD is not given. ERR_NOT_FOUND with a text. */
struct err *subject_newest(struct console *console, struct subject *ret) __must_check;

/** May a snapshot be kept under this name? ERR_USAGE: a command could take it for something else. */
struct err *subject_check_name(const char *name) __must_check;

/** --all, --compat and the filters; the command must have these options. */
struct stats_options subject_options(const struct console *console, const struct args *args);

/** -n of a table. */
struct err *subject_parse_rows(const struct args *args, size_t *ret) __must_check;

/** Keep a result for `traceback`; takes it over. */
void subject_keep(struct console *console, struct stats *stats, bool is_diff);

/** Print a table whose first line is its heading, and say which filters were applied. */
void subject_print(const struct console *console, const char *text);

/** Begin the JSON document of a query: command and filters. */
struct jsonl *subject_json(const struct console *console, const char *command);

/** Add an object that describes a snapshot. */
void subject_add_json(struct jsonl *doc, const char *key, const struct snapshot *snapshot);

#endif
