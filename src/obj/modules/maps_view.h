// SPDX-License-Identifier: GPL-3.0-or-later
/** The mappings of files in a process, kept from one look at /proc/PID/maps to the next. A line
 *  that is still there is not parsed again, and keeps what was noted of it. Private to obj/. */
#ifndef OBJ_MODULES_MAPS_VIEW_H
#define OBJ_MODULES_MAPS_VIEW_H

#include "base/err.h"
#include "base/vec.h"
#include "obj/maps.h"

struct binary;
struct module_entry;

struct maps_line {
	/** Its path points into the text of the view. */
	struct map_entry map;
	/** Where the line begins in the text. */
	size_t offset;
	/** The line was not in the view that this one was made from. */
	bool is_new;
	/** Notes of the user, kept as long as the line stays; NULL in a new one. */
	struct binary *binary;
	struct module_entry *entry;
};

/** Zero-filled is empty. */
struct maps_view {
	char *text;
	size_t size;
	/** Mappings of files and of the vDSO, in the order of the text. */
	VEC(struct maps_line) lines;
};

void maps_view_deinit(struct maps_view *view);

/** Tell whether this mapping is the vDSO's. */
bool maps_is_vdso(const struct map_entry *map);

/** Make *ret, which is empty, from a text and from what the view before knows. The text is taken
 *  over in any case. on_gone is called with the line of each mapping that is not there any more.
 *  &err_nomem: *ret is empty. */
struct err *maps_view_update(const struct maps_view *before, char *text, size_t size,
			     void (*on_gone)(const struct maps_line *line),
			     struct maps_view *ret) __must_check;

#endif
