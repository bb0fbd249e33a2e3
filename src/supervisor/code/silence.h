// SPDX-License-Identifier: GPL-3.0-or-later
/** Tells the user why nothing is recorded. */
#ifndef SUPERVISOR_CODE_SILENCE_H
#define SUPERVISOR_CODE_SILENCE_H

#include "supervisor/core/traced.h"

/** Why the process has no allocator that we know, as the end of a note; "": nothing is known. Under
 *  both locks. */
const char *silence_no_allocator(struct traced *t);
/** Note it, once, if no allocator function was called for five seconds although the process ran.
 *  Cheap; to be called several times a second. Under lock. */
void silence_check(struct traced *t);
/** A new program: look again. Under lock. */
void silence_restart(struct traced *t);

#endif
