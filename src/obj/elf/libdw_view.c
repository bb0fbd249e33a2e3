// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "obj/elf/libdw_view.h"

#include "base/cleanup.h"
#include "base/log.h"
#include "obj/elf/debug_search.h"
#include "obj/files/expand.h"
#include "obj/files/target_file.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

static const Dwfl_Callbacks dwfl_callbacks = {
	.find_elf = dwfl_build_id_find_elf,
	.find_debuginfo = debug_search,
};

void libdw_view_init(struct libdw_view *view, struct elf_file *file, const struct target *target,
		     struct expansion *expansion)
{
	*view = (struct libdw_view){
		.file = file, .target = target, .expansion = expansion, .debug_fds = {-1, -1}};
}

static void forget_search(struct debug_search *search)
{
	size_t i;

	for (i = 0; i < search->tried.num; i++)
		free(search->tried.items[i]);
	vec_deinit(&search->tried);
	free(search->found);
	*search = (struct debug_search){0};
}

void libdw_view_deinit(struct libdw_view *view)
{
	forget_search(&view->search);
	if (view->dwfl)
		dwfl_end(view->dwfl);
	if (view->old_dwfl)
		dwfl_end(view->old_dwfl);
	cleanup_close(&view->debug_fds[0]);
	cleanup_close(&view->debug_fds[1]);
	free(view->note);
}

/** Before libdw looks at the sections. */
static void prepare_module(struct libdw_view *view)
{
	GElf_Addr bias;
	void **userdata;
	Elf *elf = dwfl_module_getelf(view->module, &bias);

	dwfl_module_info(view->module, &userdata, NULL, NULL, NULL, NULL, NULL, NULL);
	*userdata = view;
	if (elf && view->expansion)
		expansion_strip(view->expansion, view->file->fd, view->file->path, elf);
}

static void open_dwfl(struct libdw_view *view)
{
	const char *path = view->file->path;
	int fd = fcntl(view->file->fd, F_DUPFD_CLOEXEC, 0);

	if (fd < 0)
		return;
	view->dwfl = dwfl_begin(&dwfl_callbacks);
	if (!view->dwfl) {
		close(fd);
		return;
	}
	dwfl_report_begin(view->dwfl);
	view->module = dwfl_report_elf(view->dwfl, path, path, fd, 0, true);
	if (!view->module) {
		log_debug("%s: %s", path, dwfl_errmsg(-1));
		close(fd);
	} else {
		prepare_module(view);
	}
	dwfl_report_end(view->dwfl, NULL, NULL);
}

Dwfl_Module *libdw_view_module(struct libdw_view *view)
{
	if (!view->is_tried) {
		view->is_tried = true;
		if (view->file->is_elf && view->file->size <= TARGET_ELF_MAX)
			open_dwfl(view);
	}
	return view->module;
}

void libdw_view_give(struct libdw_view *view, int debug_fd, int shared_fd)
{
	view->debug_fds[0] = debug_fd;
	view->debug_fds[1] = shared_fd;
}

bool libdw_view_renew(struct libdw_view *view)
{
	Dwfl *dwfl = view->dwfl;
	Dwfl_Module *module = view->module;

	view->dwfl = NULL;
	view->module = NULL;
	view->is_tried = false;
	if (!libdw_view_module(view)) {
		if (view->dwfl)
			dwfl_end(view->dwfl);
		view->dwfl = dwfl;
		view->module = module;
		return false;
	}
	view->old_dwfl = dwfl;
	return true;
}
