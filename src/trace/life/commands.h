// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef TRACE_LIFE_COMMANDS_H
#define TRACE_LIFE_COMMANDS_H

struct tracer;

/** Carry out what the listener has queued. */
void commands_run(struct tracer *tracer);

#endif
