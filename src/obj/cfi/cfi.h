// SPDX-License-Identifier: GPL-3.0-or-later
/** The call-frame information of one file, as unwind rows. Private to obj/. */
#ifndef OBJ_CFI_CFI_H
#define OBJ_CFI_CFI_H

#include "base/err.h"
#include "obj/elf/libdw_view.h"
#include "walk/cfi_row.h"

#include <elfutils/libdw.h>
#include <stdbool.h>
#include <stdint.h>

/** What libdw made of .eh_frame and .debug_frame. Zero-filled: nothing was read yet. Nothing must
 *  be freed: it belongs to the view, and stays valid when the view is renewed. */
struct cfi {
	bool is_eh_tried;
	bool is_debug_tried;
	Dwarf_CFI *eh;
	Dwarf_CFI *debug;
};

/** Compile the row for an ELF virtual address. is_call_site: addr is a return address, and the row
 *  is that of addr - 1. CFI_ROW_NO_CFI: there is no CFI, or it is malformed. CFI_ROW_NONE with
 *  &err_not_found: an expression fits no kind. The first address without row in .eh_frame makes
 *  libdw look for a separate debug file with .debug_frame. */
struct err *cfi_compile_row(struct cfi *cfi, const struct arch_unwind *arch,
			    struct libdw_view *view, uint64_t addr, bool is_call_site,
			    struct cfi_row *ret) __must_check;

/** Tell whether a function may begin at an ELF virtual address: a row begins there, or there is no
 *  CFI. So it is at least the beginning of an instruction. */
bool cfi_may_begin(struct cfi *cfi, struct libdw_view *view, uint64_t addr);

/** The row at the first instruction of a function, which has not saved anything yet. */
void cfi_entry_row(const struct arch_unwind *arch, struct cfi_row *ret);

#endif
