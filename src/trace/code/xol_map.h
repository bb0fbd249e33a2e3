// SPDX-License-Identifier: GPL-3.0-or-later
/** Maps xol areas. */
#ifndef TRACE_CODE_XOL_MAP_H
#define TRACE_CODE_XOL_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct process;
struct thread;
struct xol_area;

/** Map size bytes that can be executed, by a system call of t: at hint, or somewhere if that is 0.
 *  False: impossible. */
bool xol_mmap(struct process *p, struct thread *t, uint64_t hint, size_t size, uint64_t *ret);
/** Take it away again. */
void xol_munmap(struct process *p, struct thread *t, uint64_t start, size_t size);
/** Map an area that reaches addr, by a system call of t. NULL: impossible. */
struct xol_area *xol_map(struct process *p, struct thread *t, uint64_t addr);
/** Map areas for all code, by system calls of t. */
void xol_map_all(struct process *p, struct thread *t);
/** If an earlier tracer left an area at start, use it. */
void xol_adopt(struct process *p, uint64_t start);

#endif
