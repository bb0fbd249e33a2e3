// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef TRACE_LIFE_LISTEN_H
#define TRACE_LIFE_LISTEN_H

#include <stdbool.h>

struct tracer;

/** Start the thread that reads the socket, queues the commands, and kicks the calling thread out of
 *  waitpid(). False: it cannot be started. */
bool listen_start(struct tracer *tracer);

#endif
