// SPDX-License-Identifier: GPL-3.0-or-later
/** What the files that look into modules share. Private to obj/. */
#ifndef OBJ_MODULES_MODULES_INTERNAL_H
#define OBJ_MODULES_MODULES_INTERNAL_H

#include "base/hmap.h"
#include "obj/files/birth.h"
#include "obj/files/expand.h"
#include "obj/files/target_file.h"
#include "obj/modules.h"
#include "obj/modules/binary.h"
#include "obj/modules/code_map.h"
#include "obj/modules/maps_view.h"

/** More text than any process has in its maps. */
#define MAX_MAPS_SIZE (1ull << 30)

/** A module and the file it was loaded from. */
struct module_entry {
	struct module pub;
	/** Shared by all modules of the same file; owned by struct modules. */
	struct binary *binary;
	/** State of a refresh in progress: mapped, and where. */
	bool is_seen;
	uint64_t seen_bias;
	uint64_t seen_start;
	uint64_t seen_end;
};

/** One mapping of a live module. */
struct module_range {
	uint64_t start;
	uint64_t end;
	struct module_entry *entry;
};

struct modules {
	/** The process of the last refresh, and what its files may expand to. */
	struct target target;
	struct birth birth;
	/** Its id, as we see it; 0: there was no refresh. */
	pid_t pid;
	struct code_map code_map;
	struct expansion expansion;
	/** Processes that have ended, from whose tables modules were adopted; no two are alike. */
	VEC(struct target *) former;
	/** By id - 1. Entries never move and are never removed. */
	VEC(struct module_entry *) entries;
	VEC(struct binary *) binaries;
	/** Hash of device and inode -> index of the newest binary with it. */
	struct hmap binaries_by_file;
	/** How many of them the last refresh that did not fail has left. */
	size_t num_known_binaries;
	/** Mappings of live modules, ascending, without overlap. */
	VEC(struct module_range) ranges;
	/** The last refresh; empty when the next one must look at everything. */
	struct maps_view view;
};

/** A module that is not mapped any more. */
void module_lose_live(struct module_entry *entry);

/** The live module at pc, or NULL. O(log mappings). */
struct module_entry *modules_find_entry(const struct modules *modules, uint64_t pc);
/** Whose rights count for source files: the process of the last refresh, else the one that the
 *  modules were adopted from. NULL: they belong to processes with different rights, so nobody's
 *  do. */
const struct target *modules_source_target(const struct modules *modules);

/** By id, or NULL. */
struct module_entry *modules_get_entry(const struct modules *modules, uint32_t id);

/** A new module of a binary that belongs to modules, named after a mapping; not live.
 *  &err_nomem. */
struct err *modules_create_entry(struct modules *modules, struct binary *binary,
				 const struct map_entry *map,
				 struct module_entry **ret) __must_check;

#endif
