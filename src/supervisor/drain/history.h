// SPDX-License-Identifier: GPL-3.0-or-later
/** Which allocation was the newest at which time, for the age of blocks; and how fast events come.
 *  Times are CLOCK_MONOTONIC in ns. It belongs to one process, and is used under its lock. */
#ifndef SUPERVISOR_DRAIN_HISTORY_H
#define SUPERVISOR_DRAIN_HISTORY_H

#include "base/err.h"

#include <stdint.h>

struct history;

struct err *history_create(struct history **ret) __must_check;
/** NULL is fine. */
void history_destroy(struct history *h);
/** Tracing begins. */
void history_begin(struct history *h, uint64_t now_ns);
/** Events are counted from 0 again. */
void history_clear(struct history *h);
/** Note the present: the newest allocation, and how many events there were. */
void history_note(struct history *h, uint64_t seq, uint64_t num_events, uint64_t now_ns);
/** When allocation seq was made, accurate to about 10 ms: the first point of time that knows a
 *  later one, or now. */
uint64_t history_time_of(const struct history *h, uint64_t seq, uint64_t now_ns);
/** Events per second over about the last second. */
double history_event_rate(const struct history *h);

#endif
