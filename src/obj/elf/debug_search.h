// SPDX-License-Identifier: GPL-3.0-or-later
/** Separate debug files, by build-id and by .gnu_debuglink: libdwfl's own search would open what
 *  the file names with our rights. Private to obj/. */
#ifndef OBJ_ELF_DEBUG_SEARCH_H
#define OBJ_ELF_DEBUG_SEARCH_H

#include <elfutils/libdwfl.h>

/** find_debuginfo of Dwfl_Callbacks; *userdata is the struct libdw_view. Looks where libdwfl does:
 *  /usr/lib/debug/.build-id (of the target, then ours), beside the file, .debug beside it, and its
 *  directory below /usr/lib/debug. The supplementary file of dwz is left to libdw
 *  (libdw_open.h). */
int debug_search(Dwfl_Module *module, void **userdata, const char *name, Dwarf_Addr base,
		 const char *file, const char *debuglink, GElf_Word crc, char **path_ret);

#endif
