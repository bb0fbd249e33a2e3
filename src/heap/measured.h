// SPDX-License-Identifier: GPL-3.0-or-later
/** What calls of measured functions did to one heap. Its input is the stream of events in the order
 *  in which they happened, as for the heap. It knows nothing of processes.
 *
 *  A *call* is in progress from measured_enter() to measured_leave(). Calls of one thread nest, and
 *  each counts all that it calls. What a thread allocates and frees counts for its calls in
 *  progress, whoever allocated the blocks. A *sum* is what num_calls calls of one function did
 *  together; it becomes a result. Each event is O(1), except a return: O(blocks that the call
 *  allocated). Not thread-safe. */
#ifndef HEAP_MEASURED_H
#define HEAP_MEASURED_H

#include "base/err.h"
#include "heap/snapshot.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** How many results wait to be taken. Beyond that the oldest are dropped. */
#define MEASURED_MAX_RESULTS 1000

/** What calls of a measured function did: the sum over num_calls of them. */
struct measured_result {
	/** As the user typed it. Owned. */
	char *function;
	uint64_t num_calls;
	/** How many of these were unwound: by longjmp, an exception or the end of their thread.
	 *  Their end was noticed late. */
	uint64_t num_left;
	/** Thread of the call; 0: several threads. */
	int32_t tid;
	/** Allocated minus freed by the calling threads during the calls. Frees of unknown blocks
	 *  do not count. */
	int64_t net_bytes;
	int64_t net_blocks;
	/** Largest of the calls' own maxima above their entry. */
	uint64_t peak_bytes;
	/** With sampling: the variances of net and peak. Calls are taken for independent: a block
	 *  that one of several calls allocates and another one frees counts twice, though it does
	 *  not count in the net. */
	struct variance net_errors;
	double peak_error;
	/** Time between entries and returns, tracing included. */
	uint64_t duration_ns;
	uint64_t max_duration_ns;
	/** Blocks that were allocated during the calls and were still live at their return, by
	 *  site, as a snapshot. Its total counters are those of what stayed. Owned. */
	struct snapshot *stayed;
};

/** NULL is fine. */
void measured_result_destroy(struct measured_result *result);

/** A function that is measured now. */
struct measured_function {
	uint32_t id;
	const char *name;
	/** Calls for each result. */
	uint64_t num_calls;
	/** Calls that have returned, and calls in progress. */
	uint64_t num_done;
	uint64_t num_active;
};

struct measured;

/** Create a model in which no function is measured. heap must live longer. on_result is called when
 *  a result can be taken. It fills in what it knows better: nframe and times of the snapshot. Of
 *  this module it may call only measured_num_dropped(). result NULL: the result was lost for lack
 *  of memory. */
struct err *measured_create(const struct heap *heap,
			    void (*on_result)(void *ctx, struct measured_result *result), void *ctx,
			    struct measured **ret) __must_check;
/** Destroy it, with the results that nobody took. NULL is fine. */
void measured_destroy(struct measured *m);

/** Measure a function from now on, with a result for every num_calls calls that have returned. The
 *  name is copied. *id_ret names the function in measured_enter(); no id is used twice. */
struct err *measured_add(struct measured *m, const char *name, uint64_t num_calls,
			 uint32_t *id_ret) __must_check;
/** Stop measuring a function. Its calls in progress give no result. Calls that have returned do,
 *  even if they are fewer than num_calls. An unknown id is fine. */
void measured_remove(struct measured *m, uint32_t id);
/** Stop measuring all functions. Calls in progress are over. */
void measured_remove_all(struct measured *m);
/** Make results of what was summed up so far. The functions are still measured. */
void measured_finish(struct measured *m);

/** How many functions are measured, and function number i of them, valid until the next change. */
size_t measured_num(const struct measured *m);
struct measured_function measured_get(const struct measured *m, size_t i);

/** Thread tid enters a function. call is a number that no other call has. An id that is unknown
 *  (removed meanwhile) is ignored. Without memory the call is not measured. */
void measured_enter(struct measured *m, int32_t tid, uint32_t id, uint64_t call, uint64_t time_ns);
/** The innermost call in progress of tid has ended; another number is ignored. is_unwound: it did
 *  not return (num_left). */
void measured_leave(struct measured *m, int32_t tid, uint64_t call, uint64_t time_ns,
		    bool is_unwound);

/** tid allocated the block that the heap has at addr. */
void measured_alloc(struct measured *m, int32_t tid, uint64_t addr);
/** tid is about to free the block at addr, or to take it for a realloc. The heap still has it. */
void measured_free(struct measured *m, int32_t tid, uint64_t addr);
/** tid frees a block of about that size that is older than the tracing. */
void measured_free_older(struct measured *m, int32_t tid, uint64_t size);
/** A realloc of tid failed: the block is back in the heap at addr. */
void measured_put_back(struct measured *m, int32_t tid, uint64_t addr);

/** The oldest result that was not taken yet, or NULL. The caller destroys it. */
struct measured_result *measured_take_result(struct measured *m);
/** How many results were dropped because too many waited. */
uint64_t measured_num_dropped(const struct measured *m);

#endif
