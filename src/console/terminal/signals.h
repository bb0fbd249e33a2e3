// SPDX-License-Identifier: GPL-3.0-or-later
/** Signals of malloscope itself. One set per process: there is one console. */
#ifndef CONSOLE_TERMINAL_SIGNALS_H
#define CONSOLE_TERMINAL_SIGNALS_H

#include "base/err.h"

#include <stdbool.h>

struct session;

/** Catch SIGINT, SIGTERM and SIGHUP, ignore SIGPIPE. Call it when the target has been launched or
 *  attached to: a launched program gets the dispositions that we were started with. (A signal
 *  before that kills us, and the tracer cleans up.) An ignored SIGHUP (nohup) stays ignored.
 *
 *  At a prompt SIGINT only abandons what is going on. Else it ends malloscope, as the others do.
 *
 *  A stopped malloscope holds the target up. So SIGTSTP is ignored at a prompt, and without
 *  can_stop SIGTSTP and SIGTTOU are. (A launched program without a prompt shares our process
 *  group, and stops with us.) */
struct err *signals_install(struct session *session, bool is_interactive,
			    bool can_stop) __must_check;

/** Readable while there is a signal that was not looked at; -1 before signals_install(). */
int signals_fd(void);

/** At a prompt: SIGINT came since this was asked last. Makes signals_fd() quiet. */
bool signals_take_interrupt(void);

/** The first signal that shall end malloscope, or 0. */
int signals_fatal(void);

/** Stand before and after a wait of a session: in between a signal interrupts it. False: one has
 *  come already, do not wait. */
bool signals_wait_begin(struct session *session);
void signals_wait_end(void);

#endif
