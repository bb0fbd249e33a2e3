// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "obj/modules.h"

#include "base/io.h"
#include "base/log.h"
#include "heap/frame.h"
#include "obj/maps.h"
#include "obj/modules_internal.h"
#include "obj/sigbus.h"

#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

/** 65530 mappings (vm.max_map_count) of 100 bytes are 7 MB; the limit can be raised. */
#define MAX_MAPS_SIZE (1ull << 30)

/** A refresh in progress; nothing in modules that anybody sees changes before commit(). */
struct refresh {
	struct modules *modules;
	pid_t pid;
	char *maps;
	size_t maps_size;
	VEC(struct module_range) ranges;
};

/** Each module keeps its file open, and libdw takes two more descriptors for a module with separate debug file. */
static void raise_file_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur >= limit.rlim_max)
		return;
	limit.rlim_cur = limit.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &limit) < 0)
		log_debug("cannot raise the limit of open files, ignoring");
}

/** libdw asks servers for debug files when this variable names some: an attach must not wait for a network. elfutils 0.188
 *  loads libdebuginfod, which would do so, all the same: in dwfl_standard_find_debuginfo(), when it has found no file. */
static void forbid_debuginfod(void)
{
	const char *wanted = getenv("MALLOSCOPE_DEBUGINFOD");

	if (!wanted || strcmp(wanted, "1") != 0)
		unsetenv("DEBUGINFOD_URLS");
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
	forbid_debuginfod();
	sigbus_survive();
	*ret = modules;
	return NULL;
}

static void entry_destroy(struct module_entry *entry)
{
	free(entry->pub.path);
	free(entry);
}

void modules_destroy(struct modules *modules)
{
	size_t i;

	if (!modules)
		return;
	for (i = 0; i < modules->entries.num; i++)
		entry_destroy(modules->entries.items[i]);
	for (i = 0; i < modules->images.num; i++)
		image_destroy(modules->images.items[i]);
	vec_deinit(&modules->entries);
	vec_deinit(&modules->images);
	vec_deinit(&modules->ranges);
	free(modules);
}

void modules_delta_deinit(struct modules_delta *delta)
{
	vec_deinit(&delta->added);
	vec_deinit(&delta->removed);
}

static bool is_vdso(const struct map_entry *map)
{
	return map_entry_has_path(map, "[vdso]");
}

static struct image *find_image(const struct modules *modules, const struct map_entry *map)
{
	size_t i;

	for (i = modules->images.num; i-- > 0;) {
		struct image *image = modules->images.items[i];

		if (!image->is_retired && image->is_vdso == is_vdso(map) &&
		    (image->is_vdso || (image->inode == map->inode && image->dev == map->dev)))
			return image;
	}
	return NULL;
}

/** first: the first mapping of the same file, to tell which file it is. */
static struct err *open_image(struct refresh *refresh, const struct map_entry *map,
			      const struct map_entry *first, struct image **ret)
{
	bool is_from_memory = is_vdso(map);
	struct image *image;
	struct err *err;
	uint64_t bias;
	int fd = -1;

	if (!vec_reserve_one(&refresh->modules->images))
		return &err_nomem;
	if (!is_from_memory)
		fd = image_open_mapped_file(refresh->pid, first);
	if (fd < 0) {
		is_from_memory = true;
		fd = image_copy_from_memory(refresh->pid, refresh->maps, refresh->maps_size, map);
	}
	err = image_create(fd, map->path, map->path_size, &image);
	if (err)
		return err;
	image->dev = map->dev;
	image->inode = map->inode;
	image->is_vdso = is_vdso(map);
	if (is_from_memory && image_bias_of(image, map, 0, &bias))
		image_mend_copy(image, bias);
	refresh->modules->images.items[refresh->modules->images.num++] = image;
	*ret = image;
	return NULL;
}

static struct err *create_entry(struct modules *modules, struct image *image,
				const struct map_entry *map, struct module_entry **ret)
{
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
	pub->is_executable_file = image_is_executable_file(image);
	pub->is_64bit_x86 = image->is_elf && image->machine == EM_X86_64;
	memcpy(pub->build_id, image->build_id, sizeof(pub->build_id));
	pub->build_id_size = image->build_id_size;
	entry->image = image;
	modules->entries.items[modules->entries.num++] = entry;
	pub->id = (uint32_t)modules->entries.num;
	*ret = entry;
	return NULL;
}

/** The entry to use for an image at a bias: the one that is or was there, else one that is not in use (frames hold ELF
 *  addresses, so nothing but the bias changes). One that is live elsewhere until now is not taken: whoever reads the delta
 *  must still see where it was. NULL: a new one is needed. */
static struct module_entry *find_entry(const struct modules *modules, const struct image *image,
				       uint64_t bias)
{
	struct module_entry *spare = NULL;
	size_t i;

	for (i = 0; i < modules->entries.num; i++) {
		struct module_entry *entry = modules->entries.items[i];

		if (entry->image != image)
			continue;
		if ((entry->is_seen ? entry->seen_bias : entry->pub.bias) == bias)
			return entry;
		if (!entry->is_seen && !entry->pub.is_live)
			spare = entry;
	}
	return spare;
}

/** An executable mapping: it is part of a module, new or known. */
static struct err *see_module(struct refresh *refresh, const struct map_entry *map,
			      const struct map_entry *first)
{
	struct modules *modules = refresh->modules;
	struct image *image = find_image(modules, map);
	struct module_entry *entry;
	struct err *err;
	uint64_t bias;

	if (!image) {
		err = open_image(refresh, map, first, &image);
		if (err)
			return err;
	}
	if (!image_bias_of(image, map, 0, &bias))
		bias = map->start - map->offset;
	entry = find_entry(modules, image, bias);
	if (!entry) {
		// The last id is left out: with it a frame could be UINT64_MAX, which no table takes as a key.
		if (modules->entries.num + 1 >= FRAME_MODULE_MAX)
			return NULL;
		err = create_entry(modules, image, map, &entry);
		if (err)
			return err;
	}
	if (!entry->is_seen) {
		entry->is_seen = true;
		entry->seen_bias = bias;
		entry->seen_start = UINT64_MAX;
		entry->seen_end = 0;
	}
	return NULL;
}

static bool may_be_module(const struct map_entry *map)
{
	return map->inode || is_vdso(map);
}

static struct err *see_modules(struct refresh *refresh)
{
	struct map_entry map, first = {0};
	struct maps_cursor cursor;
	struct err *err;

	maps_cursor_init(&cursor, refresh->maps, refresh->maps_size);
	while (maps_next(&cursor, &map)) {
		if (!may_be_module(&map))
			continue;
		if (map.inode != first.inode || map.dev != first.dev)
			first = map;
		if (!map.is_executable)
			continue;
		err = see_module(refresh, &map, &first);
		if (err)
			return err;
	}
	return NULL;
}

static struct module_entry *entry_of_mapping(const struct modules *modules,
					     const struct image *image, const struct map_entry *map)
{
	uint64_t bias = map->start - map->offset;
	bool has_bias = true;
	size_t candidate, i;

	for (candidate = 0; has_bias; candidate++) {
		has_bias = image_bias_of(image, map, candidate, &bias);
		if (!has_bias && candidate)
			break;
		for (i = 0; i < modules->entries.num; i++) {
			struct module_entry *entry = modules->entries.items[i];

			if (entry->image == image && entry->is_seen && entry->seen_bias == bias)
				return entry;
		}
	}
	return NULL;
}

/** Second pass: every mapping of a file that has a module, read-only and writable ones too. */
static struct err *see_ranges(struct refresh *refresh)
{
	struct maps_cursor cursor;
	struct map_entry map;
	uint64_t last_end = 0;

	maps_cursor_init(&cursor, refresh->maps, refresh->maps_size);
	while (maps_next(&cursor, &map)) {
		struct image *image =
			may_be_module(&map) ? find_image(refresh->modules, &map) : NULL;
		struct module_entry *entry;
		struct module_range range;

		if (!image || map.start < last_end)
			continue;
		entry = entry_of_mapping(refresh->modules, image, &map);
		if (!entry)
			continue;
		last_end = map.end;
		range = (struct module_range){map.start, map.end, entry};
		if (!vec_push(&refresh->ranges, range))
			return &err_nomem;
		if (map.start < entry->seen_start)
			entry->seen_start = map.start;
		if (map.end > entry->seen_end)
			entry->seen_end = map.end;
	}
	return NULL;
}

static struct err *fill_delta(const struct modules *modules, struct modules_delta *delta)
{
	size_t i;

	for (i = 0; i < modules->entries.num; i++) {
		const struct module_entry *entry = modules->entries.items[i];
		bool is_ok = true;

		if (entry->is_seen && !entry->pub.is_live)
			is_ok = vec_push(&delta->added, entry->pub.id);
		else if (!entry->is_seen && entry->pub.is_live)
			is_ok = vec_push(&delta->removed, entry->pub.id);
		if (!is_ok)
			return &err_nomem;
	}
	return NULL;
}

static void lose_live(struct module_entry *entry)
{
	entry->pub.is_live = false;
	if (entry->image->is_from_memory)
		entry->image->is_retired = true;
}

static void commit(struct refresh *refresh)
{
	struct modules *modules = refresh->modules;
	size_t i;

	for (i = 0; i < modules->entries.num; i++) {
		struct module_entry *entry = modules->entries.items[i];

		if (!entry->is_seen) {
			if (entry->pub.is_live)
				lose_live(entry);
			continue;
		}
		entry->pub.is_live = true;
		entry->pub.bias = entry->seen_bias;
		entry->pub.start = entry->seen_start;
		entry->pub.end = entry->seen_end;
	}
	vec_deinit(&modules->ranges);
	modules->ranges.items = refresh->ranges.items;
	modules->ranges.num = refresh->ranges.num;
	modules->ranges.cap = refresh->ranges.cap;
	refresh->ranges.items = NULL;
}

static struct err *read_maps(struct refresh *refresh)
{
	char path[64];
	struct err *err;

	snprintf(path, sizeof(path), "/proc/%d/maps", (int)refresh->pid);
	err = io_read_file(path, MAX_MAPS_SIZE, &refresh->maps, &refresh->maps_size);
	if (err)
		return err;
	// A zombie has the file still, but nothing mapped.
	return refresh->maps_size ? NULL : &err_gone;
}

struct err *modules_refresh(struct modules *modules, pid_t pid, struct modules_delta *ret)
{
	struct refresh refresh = {.modules = modules, .pid = pid};
	struct modules_delta delta = {0};
	struct err *err = read_maps(&refresh);
	size_t i;

	if (!err)
		err = see_modules(&refresh);
	if (!err)
		err = see_ranges(&refresh);
	if (!err)
		err = fill_delta(modules, &delta);
	if (!err)
		commit(&refresh);
	for (i = 0; i < modules->entries.num; i++)
		modules->entries.items[i]->is_seen = false;
	vec_deinit(&refresh.ranges);
	free(refresh.maps);
	if (err) {
		modules_delta_deinit(&delta);
		return err;
	}
	modules_delta_deinit(ret);
	*ret = delta;
	return NULL;
}

void modules_forget_live(struct modules *modules)
{
	size_t i;

	for (i = 0; i < modules->entries.num; i++)
		if (modules->entries.items[i]->pub.is_live)
			lose_live(modules->entries.items[i]);
	modules->ranges.num = 0;
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

size_t modules_num(const struct modules *modules)
{
	return modules->entries.num;
}
