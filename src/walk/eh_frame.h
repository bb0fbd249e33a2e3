// SPDX-License-Identifier: GPL-3.0-or-later
/** Compiles a row from the call-frame information in the memory of a running program: the search
 *  table of .eh_frame_hdr, and the entries that it leads to. It is for code inside of a traced
 *  process, which otherwise has to wait for a row. It knows what compilers write for nearly all
 *  code, and says of everything else that it does not know: obj/cfi compiles that. What it
 *  compiles is what obj/cfi would give. It needs no C library.
 *
 *  Whatever stands in that memory: it ends, reads by the reader alone, and gives a row that a walk
 *  can follow. */
#ifndef WALK_EH_FRAME_H
#define WALK_EH_FRAME_H

#include "walk/cfi_row.h"
#include "walk/eh_area.h"

#include <stdbool.h>
#include <stdint.h>

/** Read the word at an address that is a multiple of 8. False: unreadable. */
typedef bool eh_read(void *ctx, uint64_t addr, uint64_t *ret);

/** What eh_frame_row() works with: it is much for a stack that is not ours. */
struct eh_room {
	uint64_t words[48];
};

/** The row of pc, which lies in the area (if is_call_site: of the call before it, as
 *  cfi_compile_row() of obj/cfi/cfi.h). It is CFI_ROW_REG or CFI_ROW_END. False: this
 *  information does not tell, or not in a way that is known here; *ret may have been written.
 *  O(log entries + length of the entry). */
bool eh_frame_row(const struct eh_area *area, const struct arch_unwind *arch, eh_read *read,
		  void *ctx, struct eh_room *room, uint64_t pc, bool is_call_site,
		  struct cfi_row *ret);

#endif
