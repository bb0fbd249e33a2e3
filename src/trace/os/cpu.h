// SPDX-License-Identifier: GPL-3.0-or-later
/** Where the tracer runs, and whether it sleeps between stops. */
#ifndef TRACE_OS_CPU_H
#define TRACE_OS_CPU_H

#include <stdbool.h>
#include <sys/types.h>

struct cpu;

/** Create it. socket is a descriptor that must be closed when the calling thread ends, so no other
 *  thread may hold it open. NULL: out of memory. */
struct cpu *cpu_create(int socket);
/** Destroy it. Only before there is a keep-busy thread. */
void cpu_destroy(struct cpu *c);
/** Thread tid has stopped. is_busy: stops come fast. */
void cpu_on_stop(struct cpu *c, pid_t tid, bool is_busy);
/** Tell whether other work waits for a CPU. Then do not look for the next stop without sleeping. */
bool cpu_is_crowded(const struct cpu *c);

#endif
