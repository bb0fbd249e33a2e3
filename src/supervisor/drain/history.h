// SPDX-License-Identifier: GPL-3.0-or-later
/** Which allocation was the newest at which time, for the age of blocks, and how fast events come. */
#ifndef SUPERVISOR_DRAIN_HISTORY_H
#define SUPERVISOR_DRAIN_HISTORY_H

#include "supervisor/core/state.h"

/** This is now. Under lock. */
void history_note(struct session *s);
/** When was allocation seq made? The first point of time that knows a later one, or now. Under
 *  lock. */
uint64_t history_time_of(const struct session *s, uint64_t seq);

#endif
