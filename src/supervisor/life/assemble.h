// SPDX-License-Identifier: GPL-3.0-or-later
/** A traced process is put together of what the lower parts need, and taken apart. */
#ifndef SUPERVISOR_LIFE_ASSEMBLE_H
#define SUPERVISOR_LIFE_ASSEMBLE_H

#include "supervisor/core/traced.h"

/** One without process and tables. */
struct err *assemble_traced(struct session *s, uint32_t nframe, struct traced **ret) __must_check;
/** Heap, modules, symbols: what it needs to answer. */
struct err *assemble_tables(struct traced *t) __must_check;
/** End its threads and free everything but what is shared with the tracer. NULL is fine. */
void assemble_destroy(struct traced *t);

#endif
