// SPDX-License-Identifier: GPL-3.0-or-later
// A runtime writes /tmp/perf-PID.map, with the process id that it sees itself; or a jitdump file of
// any place, of which it maps a page executable, so that profilers hear of it. /tmp is everybody's:
// only files of the target's user or of root count.
#include "config.h"

#include "obj/lookup/jit.h"

#include "base/cleanup.h"
#include "base/clock.h"
#include "obj/modules/modules_internal.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/** Larger files are not read: they have the code itself, too. */
#define MAX_SIZE (256u << 20)
/** The files are looked at after so many times of what that has taken. */
#define PAUSE_FACTOR 20
#define MIN_PAUSE_NS (20 * NS_PER_MS)
/** Times of files and of processes are taken by clocks that tick at different moments. */
#define START_TOLERANCE_NS (2 * NS_PER_S)

static void file_deinit(struct jit_file *file)
{
	jit_table_deinit(&file->table);
	free(file->text);
	*file = (struct jit_file){0};
}

void jit_deinit(struct jit *jit)
{
	file_deinit(&jit->perf_map);
	file_deinit(&jit->jitdump);
}

static char *read_whole(int fd, size_t size, size_t *size_ret)
{
	_cleanup_free_ char *text = malloc(size + 1);
	size_t done = 0;
	ssize_t n = 1;

	while (text && n && done < size) {
		n = pread(fd, text + done, size - done, (off_t)done);
		if (n < 0 && errno != EINTR)
			return NULL;
		done += n > 0 ? (size_t)n : 0;
	}
	if (text)
		text[done] = '\0';
	*size_ret = done;
	return no_cleanup_ptr(text);
}

/** Could the target have written it? A file that is older than the process is that of another one
 *  with its number. */
static bool is_its(const struct modules *modules, const struct stat *st, uint64_t mtime_ns)
{
	return (!st->st_uid || st->st_uid == modules->target.rights.fsuid) &&
	       mtime_ns + START_TOLERANCE_NS >= modules->birth.start_ns;
}

/** Read a file again if it is another one than before. What is known of a file stays known when the
 *  file goes. True: there is something new. */
static bool reread(struct jit_file *file, const struct modules *modules, const char *path)
{
	_cleanup_close_ int fd = target_open(&modules->target, TARGET_ROOT_ITS, path, MAX_SIZE);
	struct jit_file now = {0};
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return false;
	now.inode = st.st_ino;
	now.mtime_ns = (uint64_t)st.st_mtim.tv_sec * NS_PER_S + (uint64_t)st.st_mtim.tv_nsec;
	if (!is_its(modules, &st, now.mtime_ns))
		return false;
	if (file->text && now.inode == file->inode && now.mtime_ns == file->mtime_ns &&
	    (size_t)st.st_size == file->size)
		return false;
	now.text = read_whole(fd, (size_t)st.st_size, &now.size);
	if (!now.text)
		return false;
	file_deinit(file);
	*file = now;
	return true;
}

static void end_table(struct jit_file *file, bool is_ok)
{
	if (!is_ok || !jit_table_sort(&file->table))
		jit_table_deinit(&file->table);
}

static void refresh(struct jit *jit, const struct modules *modules)
{
	struct jit_file *map = &jit->perf_map, *dump = &jit->jitdump;
	uint32_t pid = (uint32_t)modules->birth.own_pid;
	const char *dump_path = modules->code_map.jitdump;
	char path[48];

	snprintf(path, sizeof(path), "/tmp/perf-%" PRIu32 ".map", pid);
	if (reread(map, modules, path))
		end_table(map, perf_map_parse(&map->table, map->text, map->size));
	if (dump_path && reread(dump, modules, dump_path))
		end_table(dump, jitdump_parse(&dump->table, dump->text, dump->size, pid));
}

const struct jit_code *jit_find(struct jit *jit, const struct modules *modules, uint64_t addr)
{
	uint64_t start = clock_now_ns(), end;
	const struct jit_code *code;

	// Merged processes have no addresses in common.
	if (!modules->target.is_known || !modules->birth.own_pid)
		return NULL;
	if (start >= jit->next_ns) {
		refresh(jit, modules);
		end = clock_now_ns();
		jit->next_ns = end + MIN_PAUSE_NS + (end - start) * PAUSE_FACTOR;
	}
	// It may know lines.
	code = jit_table_find(&jit->jitdump.table, addr);
	return code ? code : jit_table_find(&jit->perf_map.table, addr);
}
