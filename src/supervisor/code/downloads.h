// SPDX-License-Identifier: GPL-3.0-or-later
/** Debug files from debuginfod servers. */
#ifndef SUPERVISOR_CODE_DOWNLOADS_H
#define SUPERVISOR_CODE_DOWNLOADS_H

#include "supervisor/core/state.h"

/** For the first session, while DEBUGINFOD_URLS is in the environment still. */
struct err *downloads_create(struct session *s) __must_check;
void downloads_destroy(struct session *s);
/** A frame of this module is about to be looked up for a report: see to it, once, that there is
 *  debug information. May take as long as session_options.debuginfod_ns. Without any lock. */
void downloads_provide(struct session *s, uint32_t id);
/** The same for a module of the archive whose frame has no line. Returns the module to look it up
 *  in, or 0. */
uint32_t downloads_provide_stored(struct session *s, uint32_t stored);

#endif
