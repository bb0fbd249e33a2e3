// SPDX-License-Identifier: GPL-3.0-or-later
/** Calls of measured functions that are in progress, and what their threads do to the heap
 *  meanwhile. Private to measured.c. measured.h has the contracts of the functions with similar
 *  names. */
#ifndef HEAP_TABLES_CALLS_H
#define HEAP_TABLES_CALLS_H

#include "base/hmap.h"
#include "heap/heap.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** No call is in progress when all but heap is zero. */
struct calls {
	/** Lives longer. */
	const struct heap *heap;
	/** tid -> struct thread *, while it has calls in progress. */
	struct hmap threads;
	/** Address of a logged block -> tid << 32 | place in that thread's log. */
	struct hmap logged;
};

/** A block that was allocated during a call. */
struct call_block {
	uint64_t addr;
	uint64_t size;
	uint32_t site;
	/** Freed, or replaced at its address. */
	bool is_freed;
};

struct ended_call {
	int32_t tid;
	/** Of the function. */
	uint32_t id;
	/** As in struct measured_result, of this call. */
	int64_t net_bytes;
	int64_t net_blocks;
	uint64_t peak_bytes;
	struct variance net_errors;
	double peak_error;
	uint64_t duration_ns;
	/** What was allocated during the call, in this order. */
	const struct call_block *blocks;
	size_t num_blocks;
};

void calls_deinit(struct calls *c);
/** Forget all calls in progress; nobody asks what they did. */
void calls_drop_all(struct calls *c);

/** A call begins. False: no memory; the call is not known. */
bool calls_enter(struct calls *c, int32_t tid, uint32_t id, uint64_t call,
		 uint64_t time_ns) __must_check;
/** A call ends. If it is the innermost call of tid, fn is called with it; its blocks are valid
 *  until fn returns. */
void calls_leave(struct calls *c, int32_t tid, uint64_t call, uint64_t time_ns,
		 void (*fn)(void *ctx, const struct ended_call *call), void *ctx);
void calls_alloc(struct calls *c, int32_t tid, uint64_t addr);
void calls_free(struct calls *c, int32_t tid, uint64_t addr);
void calls_free_older(struct calls *c, int32_t tid, uint64_t size);
void calls_put_back(struct calls *c, int32_t tid, uint64_t addr);

#endif
