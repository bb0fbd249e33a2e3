// SPDX-License-Identifier: GPL-3.0-or-later
/** How the agent comes into a process: by the first thread that meets the breakpoint of an
 *  allocator function while the dynamic linker rests. It maps image and memory (image.h). Then it
 *  waits until the supervisor has the memory, too. From then on each function is patched when it is
 *  met. */
#ifndef TRACE_AGENT_INSTALL_H
#define TRACE_AGENT_INSTALL_H

#include <stdbool.h>

struct breakpoint;
struct process;
struct thread;

/** Thread t, registers fetched and parked, has met the breakpoint b of an allocator function. Put
 *  the agent in, or patch the function, where that is wanted and possible. True: t is held, or runs
 *  and comes here again if need be. */
bool agent_on_hit(struct process *p, struct thread *t, struct breakpoint *b);
/** The supervisor lets t go on, which agent_on_hit() has held. is_refused: it cannot use the
 *  memory. */
void agent_ready(struct process *p, struct thread *t, bool is_refused);

#endif
