// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef TRACE_LIFE_DETACH_H
#define TRACE_LIFE_DETACH_H

struct tracer;

/** Take out the traps of all processes, and release every thread that must be looked at. The end of
 *  this thread releases the others. */
void detach(struct tracer *tracer);

#endif
