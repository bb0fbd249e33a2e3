// SPDX-License-Identifier: GPL-3.0-or-later
/** Functions that are measured, and what the drain tells while there are any. All under lock. */
#ifndef SUPERVISOR_DRAIN_MEASURING_H
#define SUPERVISOR_DRAIN_MEASURING_H

#include "heap/measured.h"
#include "supervisor/core/traced.h"

/** A thread is at the entry of a measured function, and has left that call. */
void measuring_enter(struct traced *t, const struct event_measure *event);
void measuring_leave(struct traced *t, const struct event_measure *event);
/** The newest block of the heap is addr. */
void measuring_alloc(struct traced *t, int32_t tid, uint64_t addr);
/** The block at addr is about to be freed, or taken by a realloc, by tid. */
void measuring_free(struct traced *t, int32_t tid, uint64_t addr);
/** tid frees a block that is older than the tracing, of about that size. */
void measuring_free_older(struct traced *t, int32_t tid, uint64_t size);
/** A realloc failed, the block is back. */
void measuring_put_back(struct traced *t, int32_t tid, uint64_t addr);

/** Measure a function, see traced_measure(); one that is measured already begins anew. */
struct err *measuring_add(struct traced *t, const char *function, uint64_t num_calls) __must_check;
/** Measure it no more. False: it is not measured. */
bool measuring_remove(struct traced *t, const char *function);
/** Functions that are measured, and number i of them. */
size_t measuring_num(const struct traced *t);
struct measured_function measuring_get(const struct traced *t, size_t i);
/** The oldest result not taken yet, or NULL; the caller destroys it. */
struct measured_result *measuring_take_result(struct traced *t);
/** The target has ended: what was summed up so far is a result. */
void measuring_finish(struct traced *t);
/** A new image, or stop: as that, and nothing is measured any more. */
void measuring_reset(struct traced *t);
void measuring_destroy(struct traced *t);

#endif
