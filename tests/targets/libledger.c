// SPDX-License-Identifier: GPL-3.0-or-later
// build: -g -shared -fPIC -O2
// output: libledger.so
// For LD_PRELOAD: stands in the place of the whole malloc family and counts what is live, by the
// rules that malloscope follows: only the outermost call counts, a failed one records nothing,
// realloc replaces, zero-size blocks count.
//
// The figures stand in a file, $LEDGER_OUT, that is mapped shared and changed at every event. So
// the file is exact at whatever moment and in whatever way the process ends: there is no last
// moment to catch. It is text, of fixed width: `LIVE_BYTES LIVE_BLOCKS TOTAL_ALLOCATIONS FREES
// UNKNOWN_FREES\n`.
//
// Children of fork do not count; an exec begins anew.
#define _GNU_SOURCE 1
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

// The C library's own entries, also under their second names; no dlsym(), which may itself
// allocate.
extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t num, size_t size);
extern void *__libc_realloc(void *old, size_t size);
extern void *__libc_memalign(size_t alignment, size_t size);
extern void __libc_free(void *p);

#define NUM_FIGURES 5
#define WIDTH       20
#define TABLE_SIZE  (1u << 22)

enum figure {
	LIVE_BYTES,
	LIVE_BLOCKS,
	TOTAL_ALLOCATIONS,
	FREES,
	UNKNOWN_FREES
};

struct entry {
	/** 0: free for ever, 1: removed. */
	uintptr_t addr;
	size_t size;
};

static struct entry *table;
static char *text;
static uint64_t figures[NUM_FIGURES];
static pid_t owner;
static bool is_off;
static atomic_flag lock = ATOMIC_FLAG_INIT;

static void lock_table(void)
{
	while (atomic_flag_test_and_set_explicit(&lock, memory_order_acquire))
		syscall(SYS_sched_yield);
}

static void unlock_table(void)
{
	atomic_flag_clear_explicit(&lock, memory_order_release);
}

/** The value of LEDGER_OUT. Before the C library has set up its environ, /proc knows it. */
static bool find_path(char *path, size_t size)
{
	static char environment[65536];
	int fd = open("/proc/self/environ", O_RDONLY | O_CLOEXEC);
	ssize_t n = 0, got;

	if (fd < 0)
		return false;
	while ((got = read(fd, environment + n, sizeof(environment) - 1 - (size_t)n)) > 0)
		n += got;
	close(fd);
	for (char *p = environment; p < environment + n; p += strlen(p) + 1) {
		if (strncmp(p, "LEDGER_OUT=", 11) == 0 && strlen(p + 11) < size) {
			strcpy(path, p + 11);
			return true;
		}
	}
	return false;
}

static void put_figure(enum figure figure)
{
	uint64_t value = figures[figure];
	char *p = text + (figure + 1) * (WIDTH + 1) - 1;

	for (int i = 0; i < WIDTH; i++) {
		*--p = (char)('0' + value % 10);
		value /= 10;
	}
}

static void begin(void)
{
	const size_t size = NUM_FIGURES * (WIDTH + 1);
	char path[4096];
	int fd;

	owner = getpid();
	is_off = true;
	if (!find_path(path, sizeof(path)))
		return;
	fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0 || ftruncate(fd, (off_t)size) < 0)
		return;
	text = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	table = mmap(NULL, TABLE_SIZE * sizeof(*table), PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (text == MAP_FAILED || table == MAP_FAILED)
		return;
	memset(text, ' ', size);
	text[size - 1] = '\n';
	for (int i = 0; i < NUM_FIGURES; i++)
		put_figure(i);
	is_off = false;
}

/** Whether events count; takes the lock when so. */
static bool enter(void)
{
	int saved = errno;

	lock_table();
	if (!owner)
		begin();
	if (is_off || getpid() != owner) {
		unlock_table();
		errno = saved;
		return false;
	}
	errno = saved;
	return true;
}

static struct entry *look_up(uintptr_t addr)
{
	uint32_t i = (uint32_t)(addr * 0x9e3779b97f4a7c15u >> 42);

	for (; table[i].addr; i = (i + 1) % TABLE_SIZE) {
		if (table[i].addr == addr)
			return &table[i];
	}
	return NULL;
}

static void change(enum figure figure, uint64_t by)
{
	figures[figure] += by;
	put_figure(figure);
}

static void drop(struct entry *entry)
{
	change(LIVE_BYTES, -(uint64_t)entry->size);
	change(LIVE_BLOCKS, -(uint64_t)1);
	entry->addr = 1;
}

/** p has been allocated; NULL: nothing has. Returns p. */
static void *record(void *p, size_t size)
{
	uint32_t i = (uint32_t)((uintptr_t)p * 0x9e3779b97f4a7c15u >> 42);
	struct entry *old;

	if (!p || !enter())
		return p;
	old = look_up((uintptr_t)p);
	if (old)
		drop(old);
	while (table[i].addr > 1)
		i = (i + 1) % TABLE_SIZE;
	table[i] = (struct entry){(uintptr_t)p, size};
	change(LIVE_BYTES, size);
	change(LIVE_BLOCKS, 1);
	change(TOTAL_ALLOCATIONS, 1);
	unlock_table();
	return p;
}

/** p is about to be freed. */
static void forget(void *p)
{
	struct entry *old;

	if (!p || !enter())
		return;
	old = look_up((uintptr_t)p);
	if (old)
		drop(old);
	change(old ? FREES : UNKNOWN_FREES, 1);
	unlock_table();
}

/** Take the block out before realloc; true: it was there, with *ret. */
static bool take(void *p, size_t *ret)
{
	struct entry *old;

	if (!p || !enter())
		return false;
	old = look_up((uintptr_t)p);
	if (old) {
		*ret = old->size;
		drop(old);
	}
	unlock_table();
	return old != NULL;
}

/** realloc failed: as if nothing had been. */
static void put_back(void *p, size_t size)
{
	record(p, size);
	if (enter()) {
		change(TOTAL_ALLOCATIONS, -(uint64_t)1);
		unlock_table();
	}
}

void *malloc(size_t size)
{
	return record(__libc_malloc(size), size);
}

void *calloc(size_t num, size_t size)
{
	return record(__libc_calloc(num, size), num * size);
}

void free(void *p)
{
	forget(p);
	__libc_free(p);
}

void *realloc(void *old, size_t size)
{
	size_t old_size = 0;
	bool was_known = take(old, &old_size);
	void *p = __libc_realloc(old, size);

	// realloc(p, 0) has freed p.
	if (!p && was_known && size > 0)
		put_back(old, old_size);
	return record(p, size);
}

void *reallocarray(void *old, size_t num, size_t size)
{
	size_t bytes;

	if (__builtin_mul_overflow(num, size, &bytes)) {
		errno = ENOMEM;
		return NULL;
	}
	return realloc(old, bytes);
}

void *memalign(size_t alignment, size_t size)
{
	return record(__libc_memalign(alignment, size), size);
}

void *aligned_alloc(size_t alignment, size_t size)
{
	return record(__libc_memalign(alignment, size), size);
}

int posix_memalign(void **ret, size_t alignment, size_t size)
{
	int saved = errno;
	void *p;

	if (alignment % sizeof(void *) || !alignment || alignment & (alignment - 1))
		return EINVAL;
	p = record(__libc_memalign(alignment, size), size);
	errno = saved;
	if (!p)
		return ENOMEM;
	*ret = p;
	return 0;
}

void *valloc(size_t size)
{
	return record(__libc_memalign(4096, size), size);
}

void *pvalloc(size_t size)
{
	// The argument counts, not what it is rounded up to.
	return record(__libc_memalign(4096, (size + 4095) & ~(size_t)4095), size);
}
