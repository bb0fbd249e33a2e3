// SPDX-License-Identifier: GPL-3.0-or-later
// modules_refresh() of modules.h: makes modules of the lines of /proc/PID/maps. The files of new
// lines are opened, files of changed lines are looked at again, and all others stay as they are
// (maps_view.h). What is found is noted in the entries and binaries, and becomes visible at the
// end, in commit().
#include "config.h"

#include "obj/modules.h"

#include "base/io.h"
#include "heap/frame.h"
#include "obj/elf/mapped_file.h"
#include "obj/modules/called.h"
#include "obj/modules/modules_internal.h"

#include <stdio.h>
#include <string.h>

/** 65530 mappings (vm.max_map_count) of 100 bytes are 7 MB; the limit can be raised. */

/** A refresh in progress; nothing in modules that anybody sees changes before commit(). */
struct refresh {
	struct modules *modules;
	pid_t pid;
	struct maps_view view;
	VEC(struct module_range) ranges;
};

static uint64_t hash_file(const struct map_entry *map)
{
	uint64_t hash = hash_u64(map->inode ^ hash_u64(map->dev));

	return hash == HMAP_NO_KEY ? 0 : hash;
}

static struct binary *find_binary(const struct modules *modules, const struct map_entry *map)
{
	const uint64_t *newest = hmap_find(&modules->binaries_by_file, hash_file(map));
	size_t i;

	for (i = newest ? *newest + 1 : 0; i; i = modules->binaries.items[i - 1]->older) {
		struct binary *binary = modules->binaries.items[i - 1];

		if (!binary->is_retired && binary->file->is_vdso == maps_is_vdso(map) &&
		    (binary->file->is_vdso ||
		     (binary->file->inode == map->inode && binary->file->dev == map->dev)))
			return binary;
	}
	return NULL;
}

/** Takes it over, in any case. */
static struct err *add_binary(struct modules *modules, struct binary *binary,
			      const struct map_entry *map)
{
	const uint64_t *newest = hmap_find(&modules->binaries_by_file, hash_file(map));

	binary->older = newest ? *newest + 1 : 0;
	if (!vec_reserve_one(&modules->binaries) ||
	    !hmap_set(&modules->binaries_by_file, hash_file(map), modules->binaries.num)) {
		binary_destroy(binary);
		return &err_nomem;
	}
	modules->binaries.items[modules->binaries.num++] = binary;
	return NULL;
}

/** first: the first mapping of the same file, to tell which file it is. */
static struct err *open_binary(struct refresh *refresh, const struct map_entry *map,
			       const struct map_entry *first, struct binary **ret)
{
	bool is_from_memory = maps_is_vdso(map);
	struct binary *binary;
	struct err *err;
	uint64_t bias;
	int fd = -1;

	if (!is_from_memory)
		fd = mapped_file_open(&refresh->modules->target, refresh->pid, first);
	if (fd < 0) {
		is_from_memory = true;
		fd = mapped_file_copy(refresh->pid, refresh->view.text, refresh->view.size, map);
	}
	err = binary_create(fd, map->path, map->path_size, &refresh->modules->target,
			    &refresh->modules->expansion, &binary);
	if (err)
		return err;
	binary->is_touched = true;
	binary->file->dev = map->dev;
	binary->file->inode = map->inode;
	binary->file->is_vdso = maps_is_vdso(map);
	if (is_from_memory && elf_file_bias_of(binary->file, map, 0, &bias))
		elf_file_mend_copy(binary->file, bias);
	err = add_binary(refresh->modules, binary, map);
	if (err)
		return err;
	*ret = binary;
	return NULL;
}

/** The entry for a binary at a bias: the one that is or was there, else one that is not in use
 *  (frames hold ELF addresses, so only the bias changes). One that was live elsewhere until now is
 *  not taken, because whoever reads the delta must still see where it was. NULL: a new one is
 *  needed. */
static struct module_entry *find_entry(const struct modules *modules, const struct binary *binary,
				       uint64_t bias)
{
	struct module_entry *spare = NULL;
	size_t i;

	for (i = 0; i < modules->entries.num; i++) {
		struct module_entry *entry = modules->entries.items[i];

		if (entry->binary != binary)
			continue;
		if ((entry->is_seen ? entry->seen_bias : entry->pub.bias) == bias)
			return entry;
		if (!entry->is_seen && !entry->pub.is_live)
			spare = entry;
	}
	return spare;
}

static struct err *create_entry(struct refresh *refresh, struct binary *binary,
				const struct map_entry *map, struct module_entry **ret)
{
	struct err *err = modules_create_entry(refresh->modules, binary, map, ret);

	if (!err && (*ret)->pub.is_executable_file)
		(*ret)->pub.called = program_called(&refresh->modules->target, refresh->pid,
						    binary->file, (*ret)->pub.path);
	return err;
}

/** An executable mapping: it is part of a module, new or known. */
static struct err *see_module(struct refresh *refresh, struct maps_line *line,
			      const struct map_entry *first)
{
	struct modules *modules = refresh->modules;
	const struct map_entry *map = &line->map;
	struct module_entry *entry;
	struct binary *binary;
	struct err *err;
	uint64_t bias;

	// The line before may have opened it.
	if (!line->binary)
		line->binary = find_binary(modules, map);
	if (!line->binary) {
		err = open_binary(refresh, map, first, &line->binary);
		if (err)
			return err;
	}
	binary = line->binary;
	if (!elf_file_bias_of(binary->file, map, 0, &bias))
		bias = map->start - map->offset;
	entry = find_entry(modules, binary, bias);
	if (!entry) {
		// The last id is left out: with it a frame could be UINT64_MAX, which no table
		// takes as a key.
		if (modules->entries.num + 1 >= FRAME_MODULE_MAX)
			return NULL;
		err = create_entry(refresh, binary, map, &entry);
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

/** What is known of the file of a line: nothing that a look before has found, if it is new or the
 *  file's copy went. */
static void touch(struct refresh *refresh, struct maps_line *line)
{
	if (line->binary && line->binary->is_retired)
		line->binary = NULL;
	if (line->is_new)
		line->binary = find_binary(refresh->modules, &line->map);
	if (line->binary && line->is_new)
		line->binary->is_touched = true;
}

/** A file is looked at when a mapping of it came or went: then all its mappings are. */
static struct err *see_modules(struct refresh *refresh)
{
	const struct map_entry *first = NULL;
	struct err *err;
	size_t i;

	for (i = 0; i < refresh->view.lines.num; i++)
		touch(refresh, &refresh->view.lines.items[i]);
	for (i = 0; i < refresh->view.lines.num; i++) {
		struct maps_line *line = &refresh->view.lines.items[i];

		if (!first || line->map.inode != first->inode || line->map.dev != first->dev)
			first = &line->map;
		if (!line->map.is_executable || (line->binary && !line->binary->is_touched))
			continue;
		err = see_module(refresh, line, first);
		if (err)
			return err;
	}
	return NULL;
}

static struct module_entry *entry_of_mapping(const struct modules *modules,
					     const struct binary *binary,
					     const struct map_entry *map)
{
	uint64_t bias = map->start - map->offset;
	bool has_bias = true;
	size_t candidate, i;

	for (candidate = 0; has_bias; candidate++) {
		has_bias = elf_file_bias_of(binary->file, map, candidate, &bias);
		if (!has_bias && candidate)
			break;
		for (i = 0; i < modules->entries.num; i++) {
			struct module_entry *entry = modules->entries.items[i];

			if (entry->binary == binary && entry->is_seen && entry->seen_bias == bias)
				return entry;
		}
	}
	return NULL;
}

/** The module of a mapping, read-only and writable ones too. */
static void see_mapping(const struct modules *modules, struct maps_line *line)
{
	struct module_entry *entry;

	// Of a file of which nothing was executable until now.
	if (!line->binary && modules->binaries.num > modules->num_known_binaries)
		line->binary = find_binary(modules, &line->map);
	if (line->binary && !line->binary->is_touched)
		return;
	entry = line->binary ? entry_of_mapping(modules, line->binary, &line->map) : NULL;
	line->entry = entry;
	if (!entry)
		return;
	if (line->map.start < entry->seen_start)
		entry->seen_start = line->map.start;
	if (line->map.end > entry->seen_end)
		entry->seen_end = line->map.end;
}

static struct err *see_ranges(struct refresh *refresh)
{
	uint64_t last_end = 0;
	size_t i;

	for (i = 0; i < refresh->view.lines.num; i++) {
		struct maps_line *line = &refresh->view.lines.items[i];
		struct module_range range;

		if (line->map.start < last_end)
			continue;
		see_mapping(refresh->modules, line);
		if (!line->entry)
			continue;
		last_end = line->map.end;
		range = (struct module_range){line->map.start, line->map.end, line->entry};
		if (!vec_push(&refresh->ranges, range))
			return &err_nomem;
	}
	return NULL;
}

static struct err *fill_delta(const struct modules *modules, struct modules_delta *delta)
{
	size_t i;

	for (i = 0; i < modules->entries.num; i++) {
		const struct module_entry *entry = modules->entries.items[i];
		bool is_ok = true;

		if (!entry->binary->is_touched)
			continue;
		if (entry->is_seen && !entry->pub.is_live)
			is_ok = vec_push(&delta->added, entry->pub.id);
		else if (!entry->is_seen && entry->pub.is_live)
			is_ok = vec_push(&delta->removed, entry->pub.id);
		if (!is_ok)
			return &err_nomem;
	}
	return NULL;
}

static void commit(struct refresh *refresh)
{
	struct modules *modules = refresh->modules;
	size_t i;

	for (i = 0; i < modules->entries.num; i++) {
		struct module_entry *entry = modules->entries.items[i];

		if (!entry->binary->is_touched)
			continue;
		if (!entry->is_seen) {
			if (entry->pub.is_live)
				module_lose_live(entry);
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
	modules->num_known_binaries = modules->binaries.num;
	maps_view_deinit(&modules->view);
	modules->view = refresh->view;
	refresh->view = (struct maps_view){0};
}

static void on_gone(const struct maps_line *line)
{
	if (line->binary)
		line->binary->is_touched = true;
}

static struct err *read_maps(struct refresh *refresh)
{
	struct err *err;
	char path[64];
	char *text;
	size_t size;

	snprintf(path, sizeof(path), "/proc/%d/maps", (int)refresh->pid);
	err = io_read_file(path, MAX_MAPS_SIZE, &text, &size);
	if (err)
		return err;
	// A zombie has the file still, but nothing mapped.
	if (!size) {
		free(text);
		return &err_gone;
	}
	return maps_view_update(&refresh->modules->view, text, size, on_gone, &refresh->view);
}

/** What the refresh has noted of modules and files. */
static void forget_notes(struct refresh *refresh)
{
	struct modules *modules = refresh->modules;
	size_t i;

	for (i = 0; i < modules->entries.num; i++)
		modules->entries.items[i]->is_seen = false;
	for (i = 0; i < modules->binaries.num; i++)
		modules->binaries.items[i]->is_touched = false;
	vec_deinit(&refresh->ranges);
	maps_view_deinit(&refresh->view);
}

struct err *modules_refresh(struct modules *modules, pid_t pid, struct modules_delta *ret)
{
	struct refresh refresh = {.modules = modules, .pid = pid};
	struct modules_delta delta = {0};
	struct err *err = target_look(&modules->target, pid);

	if (!err && !modules->birth.own_pid)
		modules->birth = birth_read(pid);
	modules->pid = pid;
	if (!err)
		err = read_maps(&refresh);
	if (!err)
		err = see_modules(&refresh);
	if (!err)
		err = see_ranges(&refresh);
	if (!err)
		err = fill_delta(modules, &delta);
	if (!err)
		commit(&refresh);
	forget_notes(&refresh);
	if (err) {
		modules_delta_deinit(&delta);
		return err;
	}
	modules_delta_deinit(ret);
	*ret = delta;
	return NULL;
}
