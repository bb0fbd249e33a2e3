// SPDX-License-Identifier: GPL-3.0-or-later
/** Measured functions, and what the drain thread reports for them. All under lock. */
#ifndef SUPERVISOR_DRAIN_MEASURING_H
#define SUPERVISOR_DRAIN_MEASURING_H

#include "heap/measured.h"
#include "supervisor/core/traced.h"

/** A thread is at the entry of a measured function; a thread has left the call. */
void measuring_enter(struct traced *t, const struct event_measure *event);
void measuring_leave(struct traced *t, const struct event_measure *event);
/** The newest block of the heap is at addr. */
void measuring_alloc(struct traced *t, int32_t tid, uint64_t addr);
/** tid is about to free the block at addr, or to take it for a realloc. */
void measuring_free(struct traced *t, int32_t tid, uint64_t addr);
/** tid frees a block of about that size that is older than the tracing. */
void measuring_free_older(struct traced *t, int32_t tid, uint64_t size);
/** A realloc failed; the block is back. */
void measuring_put_back(struct traced *t, int32_t tid, uint64_t addr);

/** Measure a function; see traced_measure(). One that is measured already begins again. */
struct err *measuring_add(struct traced *t, const char *function, uint64_t num_calls) __must_check;
/** Stop measuring it. False: it is not measured. */
bool measuring_remove(struct traced *t, const char *function);
/** How many functions are measured, and function number i of them. */
size_t measuring_num(const struct traced *t);
struct measured_function measuring_get(const struct traced *t, size_t i);
/** The oldest result that was not taken yet, or NULL. The caller destroys it. */
struct measured_result *measuring_take_result(struct traced *t);
/** The target has ended: make results of what was summed up so far. */
void measuring_finish(struct traced *t);
/** There is a new process image, or tracing stops: the same, and nothing is measured any more. */
void measuring_reset(struct traced *t);
void measuring_destroy(struct traced *t);

#endif
