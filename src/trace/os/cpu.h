// SPDX-License-Identifier: GPL-3.0-or-later
/** Where the tracer runs, and whether it sleeps between stops. */
#ifndef TRACE_OS_CPU_H
#define TRACE_OS_CPU_H

#include <stdbool.h>
#include <sys/types.h>

struct cpu;

/** socket: a descriptor that must not stay open for longer than the calling thread lives. NULL: out
 *  of memory. */
struct cpu *cpu_create(int socket);
/** Before there is a keep-busy thread. */
void cpu_destroy(struct cpu *c);
/** Thread tid has stopped; is_busy: stops come thick and fast. */
void cpu_on_stop(struct cpu *c, pid_t tid, bool is_busy);
/** Other work waits for a CPU: do not look for the next stop without sleeping. */
bool cpu_is_crowded(const struct cpu *c);

#endif
