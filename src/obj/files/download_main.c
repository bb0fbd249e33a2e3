// SPDX-License-Identifier: GPL-3.0-or-later
// The process that asks debuginfod servers: see download.h.
#include "config.h"

#include "obj/download.h"

#include "base/clock.h"
#include "base/io.h"

#include <dlfcn.h>
#include <elfutils/libdw.h>
#include <elfutils/libdwelf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#define PROGRESS_NS (100 * NS_PER_MS)

/** libdebuginfod, whose header need not be installed: it is loaded where it is there. */
struct library {
	void *(*begin)(void);
	int (*find)(void *client, const unsigned char *build_id, int size, char **path);
	void (*set_progress)(void *client, int (*fn)(void *client, long a, long b));
	void *client;
};

static void say(const char *format, ...) __printf(1, 2);
static void say(const char *format, ...)
{
	char record[PATH_MAX + 16];
	va_list ap;
	int len;

	va_start(ap, format);
	len = vsnprintf(record, sizeof(record), format, ap);
	va_end(ap);
	if (len < 0 || (size_t)len >= sizeof(record) ||
	    !io_write_all(STDOUT_FILENO, record, (size_t)len + 1))
		_exit(1);
}

static int on_progress(void *client, long num_bytes, long total)
{
	static uint64_t last_ns;
	uint64_t now = clock_now_ns();

	(void)client;
	if (now - last_ns >= PROGRESS_NS && num_bytes > 0) {
		last_ns = now;
		say("p%ld %ld", num_bytes, total > 0 ? total : 0);
	}
	return 0;
}

static bool load(struct library *library)
{
	void *handle = dlopen("libdebuginfod.so.1", RTLD_NOW);

	if (!handle)
		return false;
	*(void **)&library->begin = dlsym(handle, "debuginfod_begin");
	*(void **)&library->find = dlsym(handle, "debuginfod_find_debuginfo");
	*(void **)&library->set_progress = dlsym(handle, "debuginfod_set_progressfn");
	if (!library->begin || !library->find || !library->set_progress)
		return false;
	library->client = library->begin();
	if (library->client)
		library->set_progress(library->client, on_progress);
	return library->client;
}

/** The build-id of the file that this one shares debug information with, as digits. */
static bool find_shared(int fd, char digits[2 * 64 + 1])
{
	Elf *elf = elf_begin(fd, ELF_C_READ, NULL);
	Dwarf *dwarf = elf ? dwarf_begin_elf(elf, DWARF_C_READ, NULL) : NULL;
	const void *build_id;
	const char *name;
	ssize_t size = dwarf ? dwelf_dwarf_gnu_debugaltlink(dwarf, &name, &build_id) : 0, i;

	for (i = 0; i < size && size <= 64; i++)
		snprintf(digits + 2 * i, 3, "%02x", ((const unsigned char *)build_id)[i]);
	return size > 0 && size <= 64;
}

/** The descriptor, or -errno. */
static int fetch(const struct library *library, const char *digits, char kind)
{
	_cleanup_free_ char *path = NULL;
	// With the size 0 it takes digits.
	int fd = library->find(library->client, (const unsigned char *)digits, 0, &path);

	if (fd >= 0 && path)
		say("%c%s", kind, path);
	return fd;
}

int download_main(const char *build_id)
{
	struct library library = {0};
	char shared[2 * 64 + 1];
	int fd;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	elf_version(EV_CURRENT);
	if (!load(&library)) {
		say("l");
		return 1;
	}
	fd = fetch(&library, build_id, 'd');
	if (fd < 0) {
		say("e%d", -fd);
		return 1;
	}
	if (find_shared(fd, shared))
		fetch(&library, shared, 'a');
	return 0;
}
