// SPDX-License-Identifier: GPL-3.0-or-later
/** Which blocks go when a pool goes. Under lock. */
#ifndef SUPERVISOR_DRAIN_POOLS_H
#define SUPERVISOR_DRAIN_POOLS_H

#include "supervisor/core/traced.h"

/** The live block at an address of the heap belongs to the pool of that handle. &err_nomem: its
 *  end will not be noticed. */
struct err *pools_add(struct traced *t, uint64_t handle, uint64_t addr) __must_check;
/** Free all blocks of the pool that are live, the one at the handle itself, and the blocks of pools
 *  whose handles are blocks of it. */
void pools_destroy(struct traced *t, int32_t tid, uint64_t handle);
/** Forget all pools; their blocks stay. */
void pools_clear(struct traced *t);

#endif
