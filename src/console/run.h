// SPDX-License-Identifier: GPL-3.0-or-later
/** One run of malloscope from its options to its exit status. */
#ifndef CONSOLE_RUN_H
#define CONSOLE_RUN_H

struct options;
struct session;

/** Launch or attach as the options say, talk to the user or run the commands, and leave the target.
 *  Reports errors on standard error. session is freshly created; the caller destroys it. Returns
 *  the exit status, see the manual page. */
int run_session(struct session *session, const struct options *options);

#endif
