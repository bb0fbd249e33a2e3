// SPDX-License-Identifier: GPL-3.0-or-later
/** Notes for the user. They are lowest, so that everybody may note. See session_take_note(). */
#ifndef SUPERVISOR_CORE_NOTES_H
#define SUPERVISOR_CORE_NOTES_H

#include "supervisor/core/state.h"

/** A note for the user. Under lock. At most 1000 wait; what comes on top is lost. */
void session_note(struct session *s, const char *format, ...) __printf(2, 3);
/** Wake a reader of session_note_fd(), and a wait. */
void session_notify(struct session *s);

#endif
