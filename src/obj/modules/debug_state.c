// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "obj/debug_state.h"

#include "obj/files/libdw_open.h"
#include "obj/modules/modules_internal.h"

struct debug_state module_debug_state(struct modules *modules, uint32_t id)
{
	const struct module_entry *entry = modules_get_entry(modules, id);
	struct debug_state ret = {.place = DEBUG_NONE};
	struct libdw_guard guard;
	struct libdw_view *view;
	Dwfl_Module *module;
	Dwarf_Addr bias;

	if (!entry)
		return ret;
	view = &entry->binary->libdw;
	libdw_guard_begin(&guard, view->target, view->expansion);
	module = libdw_view_module(view);
	if (module && dwfl_module_getdwarf(module, &bias))
		ret.place = DEBUG_IN_FILE;
	libdw_guard_end(&guard);
	ret.tried = view->search.tried.items;
	ret.num_tried = view->search.tried.num;
	if (ret.place == DEBUG_NONE)
		return ret;
	ret.path = view->search.found;
	if (ret.path)
		ret.place = DEBUG_SEPARATE;
	else if (view->search.was_given)
		ret.place = DEBUG_DOWNLOADED;
	return ret;
}
