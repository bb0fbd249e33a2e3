// SPDX-License-Identifier: GPL-3.0-or-later
/** Where the call-frame information of the program's parts lies in its memory (walk/eh_frame.h), in
 *  memory that the supervisor writes and the agent reads: so the agent compiles most rows itself. A
 *  part is told of when a row in it was missing for the first time. */
#ifndef WIRE_EH_AREAS_H
#define WIRE_EH_AREAS_H

#include "walk/eh_area.h"

#include <stdbool.h>
#include <stdint.h>

#define EH_AREAS_MAX 256u

/** All zero is its beginning. */
struct eh_areas {
	/** Odd while somebody writes. */
	uint64_t version;
	uint64_t num;
	struct eh_area areas[EH_AREAS_MAX];
};

/** Add an area, unless there is one with the same beginning, or no room. Returns whether there was
 *  none and is one now. By one writer at a time, as the next two. */
bool eh_areas_add(struct eh_areas *areas, const struct eh_area *area);
/** Take out those that have code in [start, end). Returns whether there were any. */
bool eh_areas_remove(struct eh_areas *areas, uint64_t start, uint64_t end);
/** Make `to` the same. Who reads `to` meanwhile finds nothing. */
void eh_areas_publish(struct eh_areas *to, const struct eh_areas *from);
/** The area that pc lies in. False: there is none, or it is being written. Any process; whatever
 *  stands there it reads no more than EH_AREAS_MAX of them. */
bool eh_areas_find(const struct eh_areas *areas, uint64_t pc, struct eh_area *ret);

#endif
