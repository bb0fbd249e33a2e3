// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "obj/modules/code_map.h"

#include "base/err.h"
#include "base/io.h"
#include "obj/maps.h"
#include "obj/modules/modules_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void code_map_deinit(struct code_map *map)
{
	vec_deinit(&map->ranges);
	free(map->jitdump);
	map->jitdump = NULL;
}

static bool has(const struct code_map *map, uint64_t pc)
{
	size_t low = 0, high = map->ranges.num;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (map->ranges.items[middle].end <= pc)
			low = middle + 1;
		else
			high = middle;
	}
	return low < map->ranges.num && map->ranges.items[low].start <= pc;
}

static bool is_jitdump(const struct map_entry *entry)
{
	const char *slash = memrchr(entry->path, '/', entry->path_size);
	size_t size = slash ? (size_t)(entry->path + entry->path_size - slash) : 0;

	return size > strlen("/jit-.dump") && memcmp(slash, "/jit-", strlen("/jit-")) == 0 &&
	       memcmp(slash + size - strlen(".dump"), ".dump", strlen(".dump")) == 0;
}

static bool add(struct code_map *map, const struct map_entry *entry)
{
	struct code_range range = {entry->start, entry->end};

	if (entry->path_size && is_jitdump(entry)) {
		free(map->jitdump);
		map->jitdump = strndup(entry->path, entry->path_size);
	}
	return vec_push(&map->ranges, range);
}

/** False: it cannot be read, and the map is empty. */
static bool look(struct code_map *map, pid_t pid)
{
	_cleanup_free_ char *text = NULL;
	struct maps_cursor cursor;
	struct map_entry entry;
	bool is_ok = true;
	struct err *err;
	char path[32];
	size_t size;

	map->ranges.num = 0;
	snprintf(path, sizeof(path), "/proc/%d/maps", (int)pid);
	err = io_read_file(path, MAX_MAPS_SIZE, &text, &size);
	if (err) {
		err_destroy(err);
		return false;
	}
	maps_cursor_init(&cursor, text, size);
	while (is_ok && maps_next(&cursor, &entry))
		if (entry.is_executable)
			is_ok = add(map, &entry);
	if (!is_ok)
		map->ranges.num = 0;
	return is_ok;
}

bool code_map_has(struct code_map *map, pid_t pid, uint64_t pc)
{
	return has(map, pc) || !look(map, pid) || has(map, pc);
}
