// SPDX-License-Identifier: GPL-3.0-or-later
/** Debug files from debuginfod servers. */
#ifndef SUPERVISOR_CODE_DOWNLOADS_H
#define SUPERVISOR_CODE_DOWNLOADS_H

#include "supervisor/core/traced.h"

/** While DEBUGINFOD_URLS is in the environment still: s->downloads, where that names servers. */
struct err *downloads_create(struct session *s) __must_check;
/** NULL is fine. */
void downloads_destroy(struct downloads *d);
/** Of a process it is known what has been asked for. Copes with what was not begun. */
struct err *downloads_begin(struct traced *t) __must_check;
void downloads_end(struct traced *t);
/** A frame of this module is about to be looked up for a report: see to it, once, that there is
 *  debug information. May take as long as session_options.debuginfod_ns. Without any lock. */
void downloads_provide(struct traced *t, uint32_t id);
/** The same for a module of the archive whose frame has no line. Returns the module to look it up
 *  in, or 0. */
uint32_t downloads_provide_stored(struct traced *t, uint32_t stored);

#endif
