// SPDX-License-Identifier: GPL-3.0-or-later
/** Headings and the like, used by several commands. */
#ifndef CONSOLE_COMMANDS_DESCRIBE_H
#define CONSOLE_COMMANDS_DESCRIBE_H

#include "supervisor/traced.h"

struct jsonl;
struct snapshot;

/** "NAME: SIZE in N blocks, N stacks, traced T s from launch" (or "since attach"), and ", N unknown
 *  frees" when there were some. A string that the caller frees; NULL: out of memory. */
char *describe_snapshot(const struct snapshot *snapshot, const struct traced_status *status);

/** The same with ", N truncated stacks", which are known of the present state only. */
char *describe_live(const struct snapshot *snapshot, const struct traced_status *status);

/** "running", "ended (exit status 3)", "ended (killed by SIGSEGV)" ... in buf. */
#define DESCRIBE_STATE_MAX 96
char *describe_state(const struct traced_status *status, char buf[DESCRIBE_STATE_MAX]);

/** Seconds that tracing lasts, or has lasted when it is over; 0 before the first start. */
double describe_traced_s(const struct traced_status *status);

/** Add an object that describes a snapshot to a document. key: NULL in an array. */
void describe_snapshot_json(struct jsonl *doc, const char *key, const struct snapshot *snapshot);

#endif
