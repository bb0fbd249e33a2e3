// SPDX-License-Identifier: GPL-3.0-or-later
/** Checks whether call-frame information is fit for libdw. libdw keeps a table as long as the
 *  highest register number that a program names, 16 bytes each, and a copy of it for each
 *  DW_CFA_remember_state. So a few hostile bytes would cost gigabytes. */
#ifndef OBJ_CFI_CFI_CHECK_H
#define OBJ_CFI_CFI_CHECK_H

#include <libelf.h>
#include <stdbool.h>

/** Check the section `name` of elf (.eh_frame or .debug_frame). False: an instruction names a
 *  register, or nests states, as no compiler does. True also if there is no such section. O(size of
 *  the section). */
bool cfi_is_harmless(Elf *elf, const char *name);

#endif
