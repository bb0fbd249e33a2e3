// SPDX-License-Identifier: GPL-3.0-or-later
/** What calls of measured functions did to one heap. Its input is the stream of events in the order
 *  in which they happened, as for the heap; it knows nothing of processes.
 *
 *  A *call* is in progress from measured_enter() to measured_leave(). Calls of one thread nest, and
 *  each counts all that it calls. What a thread allocates and frees counts for its calls in
 *  progress, whoever allocated the blocks. A *sum* is what num_calls calls of one function did
 *  together; it becomes a result. O(1) for each event, but for a return: O(blocks that the call
 *  allocated). Not thread-safe. */
#ifndef HEAP_MEASURED_H
#define HEAP_MEASURED_H

#include "base/err.h"
#include "heap/snapshot.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** So many results wait to be taken; then the oldest are dropped. */
#define MEASURED_MAX_RESULTS 1000

/** What calls of a measured function did: the sum over num_calls of them. */
struct measured_result {
	/** As the user typed it. Owned. */
	char *function;
	uint64_t num_calls;
	/** Of these, left by longjmp, an exception or the end of their thread: their end was
	 *  noticed late. */
	uint64_t num_left;
	/** Thread of the call; 0: of several threads. */
	int32_t tid;
	/** Allocated minus freed by the calling threads during the calls (frees of unknown blocks
	 *  not counted). */
	int64_t net_bytes;
	int64_t net_blocks;
	/** Largest of the calls' own maxima above their entry. */
	uint64_t peak_bytes;
	/** Time between entries and returns, tracing included. */
	uint64_t duration_ns;
	uint64_t max_duration_ns;
	/** Blocks allocated during the calls and still live at their return, by site, as a
	 *  snapshot; its total counters are those of what stayed. Owned. */
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

/** No function is measured. heap must live longer. on_result is called when a result can be taken:
 *  it fills in what it knows better (nframe and times of the snapshot), and must not call this
 *  module but for measured_num_dropped(). result NULL: it was lost for lack of memory. */
struct err *measured_create(const struct heap *heap,
			    void (*on_result)(void *ctx, struct measured_result *result), void *ctx,
			    struct measured **ret) __must_check;
/** Results that nobody took are gone. NULL is fine. */
void measured_destroy(struct measured *m);

/** Measure a function from now on: a result for every num_calls calls that have returned. The name
 *  is copied. *id_ret names it in measured_enter(); no id comes twice. */
struct err *measured_add(struct measured *m, const char *name, uint64_t num_calls,
			 uint32_t *id_ret) __must_check;
/** Measure it no longer. Its calls in progress give no result; those that have returned do, be they
 *  fewer than num_calls. An unknown id is fine. */
void measured_remove(struct measured *m, uint32_t id);
/** All functions, and calls in progress are over. */
void measured_remove_all(struct measured *m);
/** What was summed up so far becomes results; the functions are measured on. */
void measured_finish(struct measured *m);

/** Functions that are measured, and number i of them, valid until the next change. */
size_t measured_num(const struct measured *m);
struct measured_function measured_get(const struct measured *m, size_t i);

/** Thread tid enters a function. call: a number that no other call has. An unknown id (removed
 *  meanwhile) is ignored; without memory the call is not measured. */
void measured_enter(struct measured *m, int32_t tid, uint32_t id, uint64_t call, uint64_t time_ns);
/** The innermost call in progress of tid has ended; any other number is ignored. is_unwound: not by
 *  a return (num_left). */
void measured_leave(struct measured *m, int32_t tid, uint64_t call, uint64_t time_ns,
		    bool is_unwound);

/** tid allocated the block that the heap has at addr. */
void measured_alloc(struct measured *m, int32_t tid, uint64_t addr);
/** The block at addr is about to be freed, or taken by a realloc, by tid: the heap has it still. */
void measured_free(struct measured *m, int32_t tid, uint64_t addr);
/** tid frees a block that is older than the tracing, of about that size. */
void measured_free_older(struct measured *m, int32_t tid, uint64_t size);
/** A realloc of tid failed: the block is back in the heap at addr. */
void measured_put_back(struct measured *m, int32_t tid, uint64_t addr);

/** The oldest result not taken yet, or NULL; the caller destroys it. */
struct measured_result *measured_take_result(struct measured *m);
/** Results that were dropped because too many waited. */
uint64_t measured_num_dropped(const struct measured *m);

#endif
