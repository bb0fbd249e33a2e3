// SPDX-License-Identifier: GPL-3.0-or-later
/** The processes of a session. Each has tables and snapshots of its own.
 *
 *  When more than SESSION_MAX_ENDED children have ended, those of the program with most of them
 *  become one, with num_folded in its status: what each of them has counted is added up, single
 *  blocks are not known any more (traced_blocks(), traced_where(), traced_since() fail). Those that
 *  end later join it. The chosen one, and those with snapshots, measured functions or a file of
 *  their own are left as they are.
 *
 *  Nothing but a thread of the session puts them together, and not while they are held: processes
 *  and their places stay as they are between session_hold() and session_let(), but new ones may
 *  come behind the last. Calls nest. Held for long they hold up the children; not to be held in
 *  waits. The chosen process and the first one need not be held. */
#ifndef SUPERVISOR_PROCESSES_H
#define SUPERVISOR_PROCESSES_H

#include <stdbool.h>
#include <stddef.h>

struct session;
struct traced;

void session_hold(struct session *s);
void session_let(struct session *s);
/** The process that is used beyond session_let(); at the beginning the first one. To be called
 *  while held. */
void session_choose(struct session *s, struct traced *t);
/** Their number, at least 1; index 0 is session_first(), then come the tables of several, then the
 *  others, in order of appearance. */
size_t session_num_processes(const struct session *s);
struct traced *session_process(const struct session *s, size_t index);
/** Has any of them not ended yet, or is a child just being taken up? */
bool session_has_living(struct session *s);

#endif
