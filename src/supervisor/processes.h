// SPDX-License-Identifier: GPL-3.0-or-later
/** The processes of a session. Each has tables and snapshots of its own.
 *
 *  When more than SESSION_MAX_ENDED children have ended, those of the most frequent program are
 *  merged into one table, with num_folded in its status. Their counters are added up, and single
 *  blocks are not known any more (traced_blocks(), traced_where() and traced_since() fail).
 *  Children of that program that end later are added. These are not merged: the chosen process, and
 *  those with snapshots, measured functions or a file of their own.
 *
 *  Only a thread of the session merges processes, and never while they are held. Between
 *  session_hold() and session_let(), processes and their places stay as they are; new ones may come
 *  behind the last. Calls nest. Holding them for long delays the children, so do not hold them in
 *  waits. The chosen process and the first one need not be held. */
#ifndef SUPERVISOR_PROCESSES_H
#define SUPERVISOR_PROCESSES_H

#include <stdbool.h>
#include <stddef.h>

struct session;
struct traced;

void session_hold(struct session *s);
void session_let(struct session *s);
/** Choose the process that stays after session_let(); at the beginning it is the first one. To be
 *  called while held. */
void session_choose(struct session *s, struct traced *t);
/** The number of processes, at least 1. Index 0 is session_first(). Merged ones come next, then the
 *  others, in order of appearance. */
size_t session_num_processes(const struct session *s);
struct traced *session_process(const struct session *s, size_t index);
/** Tell whether any of them has not ended, or a child is just being taken over. */
bool session_has_living(struct session *s);

#endif
