// SPDX-License-Identifier: GPL-3.0-or-later
/** The row tables that walks in the tracer and in the target use. The tracer's is in memory that no
 *  target can write. An agent has a copy in the memory that it shares with us: it is written, and
 *  never believed. It compiles rows of its own as well. All under the lock of the process. */
#ifndef SUPERVISOR_CORE_ROW_TABLES_H
#define SUPERVISOR_CORE_ROW_TABLES_H

#include "supervisor/core/traced.h"

/** Find a row. If there is one, the agent will find it, too. */
bool row_tables_find(struct traced *t, uint64_t key, struct cfi_row *ret);
void row_tables_put(struct traced *t, uint64_t key, const struct cfi_row *row);
/** Tell the agent where the call-frame information of the code at pc is, so that it compiles what
 *  else it needs there. Under obj_lock, too. */
void row_tables_tell_area(struct traced *t, uint64_t pc);
/** There is a new agent_memory: it gets everything. */
void row_tables_hand_over(struct traced *t);
/** Withdraw the rows of the code in [start, end). */
void row_tables_withdraw(struct traced *t, uint64_t start, uint64_t end);
void row_tables_clear(struct traced *t);

#endif
