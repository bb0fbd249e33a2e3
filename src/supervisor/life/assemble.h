// SPDX-License-Identifier: GPL-3.0-or-later
/** Puts a struct traced together from what the lower parts need, and takes it apart. */
#ifndef SUPERVISOR_LIFE_ASSEMBLE_H
#define SUPERVISOR_LIFE_ASSEMBLE_H

#include "supervisor/core/traced.h"

/** Create one without process and tables. */
struct err *assemble_traced(struct session *s, uint32_t nframe, struct traced **ret) __must_check;
/** Create heap, modules and symbols, which it needs to answer. */
struct err *assemble_tables(struct traced *t) __must_check;
/** End its threads, and free everything except what is shared with the tracer. NULL is fine. */
void assemble_destroy(struct traced *t);

#endif
