// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef TRACE_LIFE_DETACH_H
#define TRACE_LIFE_DETACH_H

struct tracer;

/** Restore every byte in all processes, release every thread that must be looked at. The others
 *  are released by the end of this thread. */
void detach(struct tracer *tracer);

#endif
