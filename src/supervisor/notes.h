// SPDX-License-Identifier: GPL-3.0-or-later
/** Notes for the user: an allocator was found late, a program was executed, the target has ended
 *  ... */
#ifndef SUPERVISOR_NOTES_H
#define SUPERVISOR_NOTES_H

struct session;
struct traced;

/** A descriptor that is readable (poll for input) when there are notes, or results of `measure`, of
 *  any process. */
int session_note_fd(const struct session *s);
/** Make it unreadable until more of them come. Call this before taking them. */
void session_quiet_notes(struct session *s);
/** The oldest note about a process, without newline. The caller frees it. NULL: there is none.
 *  Notes about the whole run belong to the first process. */
char *traced_take_note(struct traced *t);
/** Call fn in waits, in the waiting thread, when there may be notes or results to be taken. fn must
 *  not wait. NULL: call nobody. */
void session_on_news(struct session *s, void (*fn)(void *ctx), void *ctx);

#endif
