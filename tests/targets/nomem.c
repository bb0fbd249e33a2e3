// SPDX-License-Identifier: GPL-3.0-or-later
// build: -g -shared -fPIC -O2
// output: nomem.so
// For LD_PRELOAD into malloscope, not into a target: lets allocations fail. They are counted from 1
// in the process that was started, or with NOMEM_CHILD=1 in the processes it forks (its tracer),
// each for itself: malloc, calloc, realloc, the aligned ones, and mmap of anonymous memory.
//
// NOMEM_AT=N: number N fails, and no other. NOMEM_FROM=N: number N and all later ones fail.
// NOMEM_LOG=FILE: the number so far stands there, mapped shared, as text.
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t num, size_t size);
extern void *__libc_realloc(void *p, size_t size);
extern void *__libc_memalign(size_t alignment, size_t size);

#define LOG_SIZE 16

static pid_t first_pid;
static bool is_of_children;
static unsigned long at, from;
static char *log_text;
static atomic_ulong num_first, num_child;

static unsigned long number(const char *name)
{
	const char *text = getenv(name);

	return text ? strtoul(text, NULL, 10) : 0;
}

__attribute__((constructor)) static void begin(void)
{
	const char *path = getenv("NOMEM_LOG");
	int fd = path ? open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666) : -1;

	if (fd >= 0 && ftruncate(fd, LOG_SIZE) == 0)
		log_text = (char *)syscall(SYS_mmap, NULL, LOG_SIZE, PROT_READ | PROT_WRITE,
					   MAP_SHARED, fd, 0);
	if (fd >= 0)
		close(fd);
	is_of_children = number("NOMEM_CHILD");
	at = number("NOMEM_AT");
	from = number("NOMEM_FROM");
	first_pid = getpid();
}

/** No stdio: that allocates. */
static void write_log(unsigned long n)
{
	int i;

	for (i = LOG_SIZE - 2; i >= 0; i--, n /= 10)
		log_text[i] = (char)('0' + n % 10);
	log_text[LOG_SIZE - 1] = '\n';
}

static bool must_fail(void)
{
	bool is_first = getpid() == first_pid;
	unsigned long n;

	if (!first_pid || is_first == is_of_children)
		return false;
	n = atomic_fetch_add(is_first ? &num_first : &num_child, 1) + 1;
	if (log_text)
		write_log(n);
	if (n != at && (!from || n < from))
		return false;
	errno = ENOMEM;
	return true;
}

void *malloc(size_t size)
{
	return must_fail() ? NULL : __libc_malloc(size);
}

void *calloc(size_t num, size_t size)
{
	return must_fail() ? NULL : __libc_calloc(num, size);
}

void *realloc(void *p, size_t size)
{
	return must_fail() ? NULL : __libc_realloc(p, size);
}

void *memalign(size_t alignment, size_t size)
{
	return must_fail() ? NULL : __libc_memalign(alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size)
{
	return memalign(alignment, size);
}

int posix_memalign(void **ret, size_t alignment, size_t size)
{
	void *p = memalign(alignment, size);

	if (!p)
		return ENOMEM;
	*ret = p;
	return 0;
}

void *mmap(void *addr, size_t size, int protection, int flags, int fd, off_t offset)
{
	if (flags & MAP_ANONYMOUS && must_fail())
		return MAP_FAILED;
	return (void *)syscall(SYS_mmap, addr, size, protection, flags, fd, offset);
}
