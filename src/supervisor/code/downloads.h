// SPDX-License-Identifier: GPL-3.0-or-later
/** Debug files from debuginfod servers. */
#ifndef SUPERVISOR_CODE_DOWNLOADS_H
#define SUPERVISOR_CODE_DOWNLOADS_H

#include "supervisor/core/traced.h"

/** Make s->downloads, if DEBUGINFOD_URLS names servers. Called while that is still in the
 *  environment. */
struct err *downloads_create(struct session *s) __must_check;
/** NULL is fine. */
void downloads_destroy(struct downloads *d);
/** Begin to remember what was asked for in a process. downloads_end() copes with a process for
 *  which this was not called. */
struct err *downloads_begin(struct traced *t) __must_check;
void downloads_end(struct traced *t);
/** A frame of this module is about to be looked up for a report. Make sure, once, that there is
 *  debug information. This may take as long as session_options.debuginfod_ns. Without any lock. */
void downloads_provide(struct traced *t, uint32_t id);
/** The same for a module of the archive whose frame has no line. Returns the module in which it can
 *  be looked up, or 0. */
uint32_t downloads_provide_stored(struct traced *t, uint32_t stored);

#endif
