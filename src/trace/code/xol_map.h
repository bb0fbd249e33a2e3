// SPDX-License-Identifier: GPL-3.0-or-later
/** Where xol areas come from. */
#ifndef TRACE_CODE_XOL_MAP_H
#define TRACE_CODE_XOL_MAP_H

#include <stdint.h>

struct process;
struct thread;
struct xol_area;

/** Map one that reaches addr, by a system call run on t. NULL: not possible. */
struct xol_area *xol_map(struct process *p, struct thread *t, uint64_t addr);
/** Map areas for all code there is, by system calls run on t. */
void xol_map_all(struct process *p, struct thread *t);
/** Use the area that an earlier tracer has left at start, if it is one. */
void xol_adopt(struct process *p, uint64_t start);

#endif
