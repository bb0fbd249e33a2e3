// SPDX-License-Identifier: GPL-3.0-or-later
/** A session is put together of what the lower parts need, and taken apart. */
#ifndef SUPERVISOR_LIFE_ASSEMBLE_H
#define SUPERVISOR_LIFE_ASSEMBLE_H

#include "supervisor/core/state.h"

/** A session without target, tracer and tables. */
struct err *assemble_session(const struct session_options *options,
			     struct session **ret) __must_check;
/** Heap, modules, symbols: what a session needs to answer. */
struct err *assemble_tables(struct session *s) __must_check;
/** End its threads and free everything but what is shared with others. */
void assemble_destroy(struct session *s);

#endif
