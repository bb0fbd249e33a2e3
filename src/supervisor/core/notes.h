// SPDX-License-Identifier: GPL-3.0-or-later
/** Notes for the user, from the inside. They are at the bottom, so that everybody may write a
 *  note. */
#ifndef SUPERVISOR_CORE_NOTES_H
#define SUPERVISOR_CORE_NOTES_H

#include "supervisor/core/traced.h"
#include "supervisor/notes.h"

/** Write a note for the user. Under lock. At most 1000 notes wait; any more are lost. */
void traced_note(struct traced *t, const char *format, ...) __printf(2, 3);
/** Wake a reader of session_note_fd(), and a wait. */
void session_notify(struct session *s);

#endif
