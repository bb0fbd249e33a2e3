// SPDX-License-Identifier: GPL-3.0-or-later
/** Notes for the user that arise meanwhile: an allocator found late, an exec, the target's end
 *  ... */
#ifndef SUPERVISOR_NOTES_H
#define SUPERVISOR_NOTES_H

struct session;
struct traced;

/** Readable (poll for input) when there are notes, or results of `measure`, of any process. */
int session_note_fd(const struct session *s);
/** Make it quiet until more of them come; to be called before they are taken. */
void session_quiet_notes(struct session *s);
/** The oldest note about a process, without newline, freed by the caller; NULL: none. Those about
 *  the whole run are told by the first process. */
char *traced_take_note(struct traced *t);
/** fn is called in waits, in the waiting thread, when there may be notes or results to be taken. It
 *  must not wait itself. NULL: nobody is called. */
void session_on_news(struct session *s, void (*fn)(void *ctx), void *ctx);

#endif
