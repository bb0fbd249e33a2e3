// SPDX-License-Identifier: GPL-3.0-or-later
/** How agent memory (wire/agent_memory.h) comes into being. The traced process makes a memfd, of
 *  which nothing is known but a number of a descriptor: any thread of it may have put another file
 *  there. The tracer opens it, fixes its size and maps it; the supervisor opens it by the tracer's
 *  descriptor. */
#ifndef WIRE_AGENT_MAP_H
#define WIRE_AGENT_MAP_H

#include "base/err.h"
#include "wire/agent_memory.h"

#include <sys/types.h>

/** Open what process pid has open as fd, for reading and writing. *ret is owned by the caller and
 *  closed by an exec. No other file than a memfd is opened: that could wait, or do something.
 *  ERR_OTHER: it is none. */
struct err *agent_memory_open(pid_t pid, int fd, int *ret) __must_check;
/** Give it its size, which nobody can change any more. ERR_OTHER: it has seals that forbid this or
 *  more (then it cannot be mapped, or not by everybody), or RLIMIT_FSIZE of this process is too
 *  small. What stood in it is gone. */
struct err *agent_memory_prepare(int fd) __must_check;
/** Map the memory that is open as fd, which stays the caller's. It is not in core dumps. ERR_OTHER:
 *  agent_memory_prepare() was not here, or of another version. */
struct err *agent_memory_map(int fd, struct agent_memory **ret) __must_check;
/** An empty row table and ring in zero-filled memory: the tracer, before it shows it to anybody
 *  else. The pages that are touched thereby count as the tracer's. */
void agent_memory_init(struct agent_memory *memory);
/** Bytes of it that exist, whoever has touched them. 0: not known. */
size_t agent_memory_resident(struct agent_memory *memory);
/** NULL: nothing. */
void agent_memory_unmap(struct agent_memory *memory);

#endif
