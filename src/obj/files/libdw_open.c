// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

// With these the headers have functions of the same name that call others.
#undef _FORTIFY_SOURCE
#undef _FILE_OFFSET_BITS

#include "obj/files/libdw_open.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <sys/syscall.h>

static __thread struct libdw_guard *current;

void libdw_guard_begin(struct libdw_guard *guard, const struct target *target,
		       struct expansion *expansion)
{
	*guard = (struct libdw_guard){target, expansion, false, current};
	current = guard;
}

void libdw_guard_pause(struct libdw_guard *guard)
{
	*guard = (struct libdw_guard){.is_paused = true, .outer = current};
	current = guard;
}

void libdw_guard_end(struct libdw_guard *guard)
{
	current = guard->outer;
}

int libdw_open_elf(const struct target *target, enum target_root root, struct expansion *expansion,
		   const char *path)
{
	int fd = target_open(target, root, path, TARGET_ELF_MAX);

	if (fd >= 0 && !expansion_admits(expansion, fd, path)) {
		close(fd);
		errno = EFBIG;
		return -1;
	}
	return fd;
}

static int open_guarded(const char *path)
{
	const struct libdw_guard *guard = current;
	struct libdw_guard pause;
	int fd;

	libdw_guard_pause(&pause);
	fd = libdw_open_elf(guard->target, TARGET_ROOT_ITS, guard->expansion, path);
	libdw_guard_end(&pause);
	return fd;
}

static int open_any(const char *path, int flags, va_list ap)
{
	mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(ap, mode_t) : 0;

	if (current && !current->is_paused)
		return open_guarded(path);
	return (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}

// In front of libc's in the order in which the dynamic linker looks for them, and for a static
// libdw too. The second is what libraries call that were built for large files where it is another
// function.
int open(const char *path, int flags, ...)
{
	va_list ap;
	int fd;

	va_start(ap, flags);
	fd = open_any(path, flags, ap);
	va_end(ap);
	return fd;
}

#ifdef open64
#undef open64
#endif
int open64(const char *path, int flags, ...)
{
	va_list ap;
	int fd;

	va_start(ap, flags);
	fd = open_any(path, flags, ap);
	va_end(ap);
	return fd;
}
