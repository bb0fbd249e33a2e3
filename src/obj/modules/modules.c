// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "obj/modules.h"

#include "arch/arch.h"
#include "base/log.h"
#include "obj/files/sigbus.h"
#include "obj/modules/modules_internal.h"

#include <string.h>
#include <sys/resource.h>

/** Each module keeps its file open, and libdw takes two more descriptors for a module with separate
 *  debug file. */
static void raise_file_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur >= limit.rlim_max)
		return;
	limit.rlim_cur = limit.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &limit) < 0)
		log_debug("cannot raise the limit of open files, ignoring");
}

struct err *modules_create(struct modules **ret)
{
	struct modules *modules = calloc(1, sizeof(*modules));

	if (!modules)
		return &err_nomem;
	if (elf_version(EV_CURRENT) == EV_NONE) {
		free(modules);
		return err_create(ERR_OTHER, "libelf is too old");
	}
	raise_file_limit();
	// libdw asks the servers that it names whenever it looks for a debug file: an attach must
	// not wait for a network.
	unsetenv("DEBUGINFOD_URLS");
	sigbus_survive();
	*ret = modules;
	return NULL;
}

static void entry_destroy(struct module_entry *entry)
{
	free(entry->pub.path);
	free(entry->pub.called);
	free(entry);
}

void modules_destroy(struct modules *modules)
{
	size_t i;

	if (!modules)
		return;
	for (i = 0; i < modules->entries.num; i++)
		entry_destroy(modules->entries.items[i]);
	for (i = 0; i < modules->binaries.num; i++)
		binary_destroy(modules->binaries.items[i]);
	vec_deinit(&modules->entries);
	vec_deinit(&modules->binaries);
	hmap_deinit(&modules->binaries_by_file);
	vec_deinit(&modules->ranges);
	maps_view_deinit(&modules->view);
	for (i = 0; i < modules->former.num; i++) {
		target_deinit(modules->former.items[i]);
		free(modules->former.items[i]);
	}
	vec_deinit(&modules->former);
	expansion_deinit(&modules->expansion);
	target_deinit(&modules->target);
	code_map_deinit(&modules->code_map);
	free(modules);
}

void modules_delta_deinit(struct modules_delta *delta)
{
	vec_deinit(&delta->added);
	vec_deinit(&delta->removed);
}

struct err *modules_create_entry(struct modules *modules, struct binary *binary,
				 const struct map_entry *map, struct module_entry **ret)
{
	const struct elf_file *file = binary->file;
	struct module_entry *entry;
	struct module *pub;
	const char *slash;

	if (!vec_reserve_one(&modules->entries))
		return &err_nomem;
	entry = calloc(1, sizeof(*entry));
	if (!entry)
		return &err_nomem;
	pub = &entry->pub;
	pub->path = strndup(map->path, map->path_size);
	if (!pub->path) {
		free(entry);
		return &err_nomem;
	}
	slash = strrchr(pub->path, '/');
	pub->name = slash ? slash + 1 : pub->path;
	pub->is_executable_file = elf_file_is_executable(file);
	pub->is_native = file->is_elf && file->machine == arch_host()->elf_machine;
	memcpy(pub->build_id, file->build_id, sizeof(pub->build_id));
	pub->build_id_size = file->build_id_size;
	entry->binary = binary;
	modules->entries.items[modules->entries.num++] = entry;
	pub->id = (uint32_t)modules->entries.num;
	*ret = entry;
	return NULL;
}

void module_lose_live(struct module_entry *entry)
{
	entry->pub.is_live = false;
	if (entry->binary->file->is_from_memory)
		entry->binary->is_retired = true;
}

void modules_forget_live(struct modules *modules)
{
	size_t i;

	for (i = 0; i < modules->entries.num; i++)
		if (modules->entries.items[i]->pub.is_live)
			module_lose_live(modules->entries.items[i]);
	modules->ranges.num = 0;
	modules->code_map.ranges.num = 0;
	maps_view_deinit(&modules->view);
}

struct module_entry *modules_find_entry(const struct modules *modules, uint64_t pc)
{
	size_t low = 0, high = modules->ranges.num;

	// Invariant: ranges before low end at or before pc, those from high on begin after it.
	while (low < high) {
		size_t mid = low + (high - low) / 2;
		const struct module_range *range = &modules->ranges.items[mid];

		if (pc < range->start)
			high = mid;
		else if (pc >= range->end)
			low = mid + 1;
		else
			return range->entry;
	}
	return NULL;
}

struct module_entry *modules_get_entry(const struct modules *modules, uint32_t id)
{
	return id && id <= modules->entries.num ? modules->entries.items[id - 1] : NULL;
}

const struct module *modules_find(const struct modules *modules, uint64_t pc)
{
	const struct module_entry *entry = modules_find_entry(modules, pc);

	return entry ? &entry->pub : NULL;
}

const struct module *modules_get(const struct modules *modules, uint32_t id)
{
	const struct module_entry *entry = modules_get_entry(modules, id);

	return entry ? &entry->pub : NULL;
}

void modules_limit_memory(struct modules *modules, uint64_t size)
{
	__atomic_store_n(&modules->expansion.limit, size ? size : 1, __ATOMIC_RELAXED);
}

char *modules_next_note(struct modules *modules)
{
	return modules->expansion.notes.num ? vec_shift(&modules->expansion.notes) : NULL;
}

const struct target *modules_source_target(const struct modules *modules)
{
	if (modules->target.is_known || !modules->former.num)
		return &modules->target;
	return modules->former.num == 1 ? modules->former.items[0] : NULL;
}

size_t modules_num(const struct modules *modules)
{
	return modules->entries.num;
}
