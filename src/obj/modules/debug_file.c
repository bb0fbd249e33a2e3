// SPDX-License-Identifier: GPL-3.0-or-later
// Separate debug files that come from elsewhere than this machine's disk.
#include "config.h"

#include "heap/frame.h"
#include "obj/modules/modules_internal.h"

#include <string.h>

bool module_lacks_debug(struct modules *modules, uint32_t id)
{
	const struct module_entry *entry = modules_get_entry(modules, id);
	Dwfl_Module *module;
	Dwarf_Addr bias;

	// The vDSO's debug file comes with the kernel's.
	if (!entry || !entry->binary->file->build_id_size || entry->binary->file->is_vdso)
		return false;
	module = libdw_view_module(&entry->binary->libdw);
	return module && !dwfl_module_getdwarf(module, &bias);
}

struct err *module_give_debug(struct modules *modules, uint32_t id, int fd, int shared_fd)
{
	struct module_entry *entry = modules_get_entry(modules, id);

	if (entry)
		return binary_give_debug(entry->binary, fd, shared_fd);
	cleanup_close(&fd);
	cleanup_close(&shared_fd);
	return err_create(ERR_FORMAT, "it is of another build");
}

struct err *modules_add_debug_file(struct modules *modules, const char *path,
				   const uint8_t *build_id, size_t build_id_size, int fd,
				   int shared_fd, uint32_t *ret)
{
	const struct map_entry map = {.path = path, .path_size = strlen(path)};
	_cleanup_close_ int shared = shared_fd;
	struct module_entry *entry;
	struct binary *binary;
	struct err *err = binary_create(fd, path, map.path_size, &modules->target,
					&modules->expansion, &binary);

	if (err)
		return err;
	if (!vec_push(&modules->binaries, binary)) {
		binary_destroy(binary);
		return &err_nomem;
	}
	binary->is_retired = true;
	if (binary->file->build_id_size != build_id_size ||
	    memcmp(binary->file->build_id, build_id, build_id_size) != 0 ||
	    modules->entries.num + 1 >= FRAME_MODULE_MAX)
		return err_create(ERR_FORMAT, "it is of another build");
	libdw_view_give(&binary->libdw, shared, -1);
	shared = -1;
	err = modules_create_entry(modules, binary, &map, &entry);
	if (!err)
		*ret = entry->pub.id;
	return err;
}
