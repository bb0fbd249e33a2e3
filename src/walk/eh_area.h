// SPDX-License-Identifier: GPL-3.0-or-later
/** Where the call-frame information of a part of a program lies in its memory. */
#ifndef WALK_EH_AREA_H
#define WALK_EH_AREA_H

#include <stdint.h>

/** Runtime addresses. */
struct eh_area {
	/** The code is in [start, end). */
	uint64_t start;
	uint64_t end;
	/** Its .eh_frame_hdr, and the size of that. */
	uint64_t header;
	uint64_t header_size;
};

#endif
