// SPDX-License-Identifier: GPL-3.0-or-later
// Separate debug files that come from elsewhere than this machine's disk.
#include "config.h"

#include "heap/frame.h"
#include "obj/lines.h"
#include "obj/modules_internal.h"
#include "obj/symindex.h"

#include <fcntl.h>
#include <string.h>

int image_take_debug_fd(struct image *image)
{
	int fd = image->debug_fds[0];

	image->debug_fds[0] = image->debug_fds[1];
	image->debug_fds[1] = -1;
	return fd;
}

bool module_lacks_debug(struct modules *modules, uint32_t id)
{
	const struct module_entry *entry = modules_get_entry(modules, id);
	Dwfl_Module *module;
	Dwarf_Addr bias;

	// The vDSO's debug file comes with the kernel's.
	if (!entry || !entry->image->build_id_size || entry->image->is_vdso)
		return false;
	module = image_dwfl_module(entry->image);
	return module && !dwfl_module_getdwarf(module, &bias);
}

static bool is_of_build(int fd, const struct image *image)
{
	struct image *other;
	struct err *err = image_create(fcntl(fd, F_DUPFD_CLOEXEC, 0), "", 0, &other);
	bool ret;

	err_destroy(err);
	if (err)
		return false;
	ret = other->build_id_size == image->build_id_size &&
	      memcmp(other->build_id, image->build_id, image->build_id_size) == 0;
	image_destroy(other);
	return ret;
}

/** libdw asks for a debug file once a module: it gets a module anew. The old one stays, for what was made of it. */
static void begin_anew(struct image *image)
{
	Dwfl *dwfl = image->dwfl;
	Dwfl_Module *module = image->dwfl_module;

	image->dwfl = NULL;
	image->dwfl_module = NULL;
	image->is_dwfl_tried = false;
	if (!image_dwfl_module(image)) {
		if (image->dwfl)
			dwfl_end(image->dwfl);
		image->dwfl = dwfl;
		image->dwfl_module = module;
		return;
	}
	image->old_dwfl = dwfl;
	symindex_destroy(image->symbols);
	image->symbols = NULL;
	lines_destroy(image->lines);
	image->lines = NULL;
}

struct err *module_give_debug(struct modules *modules, uint32_t id, int fd, int shared_fd)
{
	_cleanup_close_ int debug = fd, shared = shared_fd;
	struct module_entry *entry = modules_get_entry(modules, id);

	if (!entry || entry->image->old_dwfl || !is_of_build(debug, entry->image))
		return err_create(ERR_FORMAT, "it is of another build");
	entry->image->debug_fds[0] = debug;
	entry->image->debug_fds[1] = shared;
	debug = shared = -1;
	begin_anew(entry->image);
	return NULL;
}

struct err *modules_add_debug_file(struct modules *modules, const char *path,
				   const uint8_t *build_id, size_t build_id_size, int fd,
				   int shared_fd, uint32_t *ret)
{
	const struct map_entry map = {.path = path, .path_size = strlen(path)};
	_cleanup_close_ int shared = shared_fd;
	struct module_entry *entry;
	struct image *image;
	struct err *err = image_create(fd, path, map.path_size, &image);

	if (err)
		return err;
	if (!vec_push(&modules->images, image)) {
		image_destroy(image);
		return &err_nomem;
	}
	image->is_retired = true;
	image->target = &modules->target;
	image->expansion = &modules->expansion;
	if (image->build_id_size != build_id_size ||
	    memcmp(image->build_id, build_id, build_id_size) != 0 ||
	    modules->entries.num + 1 >= FRAME_MODULE_MAX)
		return err_create(ERR_FORMAT, "it is of another build");
	image->debug_fds[0] = shared;
	shared = -1;
	err = modules_create_entry(modules, image, &map, &entry);
	if (!err)
		*ret = entry->pub.id;
	return err;
}
