// SPDX-License-Identifier: GPL-3.0-or-later
/** The test process plays the traced process. Files are made for it. */
#ifndef TESTS_UNIT_OBJ_FIXTURE_H
#define TESTS_UNIT_OBJ_FIXTURE_H

#include "obj/modules.h"
#include "test_util.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <link.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/** Modules of this process, and a directory of its own for each test. */
static struct modules *modules;
static char dir[64];

static inline void fixture_setup(void)
{
	struct modules_delta delta = {0};

	ck_ok(modules_create(&modules));
	ck_ok(modules_refresh(modules, getpid(), &delta));
	ck_assert_uint_eq(delta.added.num, modules_num(modules));
	ck_assert_uint_eq(delta.removed.num, 0);
	modules_delta_deinit(&delta);
	strcpy(dir, "/tmp/malloscope-obj-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
}

/** Run a shell command, which must succeed. */
static inline void run(const char *format, ...) __printf(1, 2);
static inline void run(const char *format, ...)
{
	char command[2 * PATH_MAX];
	va_list ap;

	va_start(ap, format);
	ck_assert_int_lt(vsnprintf(command, sizeof(command), format, ap), sizeof(command));
	va_end(ap);
	ck_assert_msg(system(command) == 0, "%s", command);
}

static inline void fixture_teardown(void)
{
	modules_destroy(modules);
	run("rm -rf %s", dir);
}

/** A path in the directory of the test. The eighth call from here overwrites the string. */
static inline const char *in_dir(const char *name)
{
	static char paths[8][PATH_MAX];
	static unsigned next;
	char *path = paths[next++ % 8];

	snprintf(path, PATH_MAX, "%s/%s", dir, name);
	return path;
}

static inline void write_file(const char *path, const void *bytes, size_t size)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0755);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, bytes, size), size);
	close(fd);
}

/** A whole file in memory; the caller frees. */
static inline char *read_whole(const char *path, size_t *size_ret)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	char *bytes;

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(fstat(fd, &st), 0);
	bytes = malloc((size_t)st.st_size + 1);
	ck_assert_int_eq(read(fd, bytes, (size_t)st.st_size), st.st_size);
	close(fd);
	*size_ret = (size_t)st.st_size;
	return bytes;
}

static inline void copy_file(const char *from, const char *to)
{
	size_t size;
	char *bytes = read_whole(from, &size);

	write_file(to, bytes, size);
	free(bytes);
}

/** Path of the file that holds an address of this process. */
static inline const char *file_of(const void *addr)
{
	Dl_info info;

	ck_assert_int_ne(dladdr(addr, &info), 0);
	return info.dli_fname;
}

/** The C compiler. */
static inline const char *compiler(void)
{
	const char *cc = getenv("CC");

	return cc && *cc ? cc : "cc";
}

/** Map the whole file at an address of the kernel's choice. */
static inline void *map_whole(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	void *p;

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(fstat(fd, &st), 0);
	p = mmap(NULL, (size_t)st.st_size, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0);
	ck_assert(p != MAP_FAILED);
	close(fd);
	return p;
}

/** How many of these ids are files in the directory of the test. */
static inline size_t count_own(const uint32_t *ids, size_t num)
{
	size_t num_own = 0, i;

	for (i = 0; i < num; i++)
		num_own += !strncmp(modules_get(modules, ids[i])->path, dir, strlen(dir));
	return num_own;
}

/** Refresh, and count how many modules of the test's own files were added and removed. Others may
 *  come at any time, because libdw loads libraries into this process (see modules.h). */
static inline void refresh(size_t *added_ret, size_t *removed_ret)
{
	struct modules_delta delta = {0};

	ck_ok(modules_refresh(modules, getpid(), &delta));
	*added_ret = count_own(delta.added.items, delta.added.num);
	*removed_ret = count_own(delta.removed.items, delta.removed.num);
	modules_delta_deinit(&delta);
}

/** The module of an address, which must have one. */
static inline const struct module *module_of(const void *addr)
{
	const struct module *module = modules_find(modules, (uintptr_t)addr);

	ck_assert_ptr_nonnull(module);
	return module;
}

#endif
