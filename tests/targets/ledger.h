// SPDX-License-Identifier: GPL-3.0-or-later
/** What the target programs share. A target keeps a ledger of the blocks that it holds; at a known
 *  moment it writes the ledger and calls checkpoint(), so that `wait call checkpoint` stops at
 *  exactly that state. Nothing here uses stdio or allocates, so that the target's own sites are the
 *  only ones in play.
 *
 *  Environment: LEDGER=FILE where the ledger goes (default: descriptor 3, if open); LEDGER_WAIT=1:
 *  the target waits where it says so until it sees its own allocator entries being traced;
 *  LEDGER_ALARM=SECONDS: it kills itself after that time (default 120), so that nothing is left
 *  behind by a test that went wrong.
 *
 *  A ledger line is `0xADDR SIZE FUNCTION`, with a fourth word `maybe` for a block of which a
 *  tracer that came in the middle may or may not know. */
#ifndef TARGETS_LEDGER_H
#define TARGETS_LEDGER_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1
#endif

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/** A function that shall be a frame of its own: not inlined, not cloned, not called by a tail
 *  call. */
#define SITE   static __attribute__((noinline, noclone, unused))
#define HELPER static __attribute__((unused))
/** The value is used, whatever the optimiser thinks; after a call this also keeps the call from
 *  being a tail call. */
#define KEEP(p) __asm__ volatile("" : "+r"(p) : : "memory")

#ifdef __cplusplus
extern "C" {
#endif
void checkpoint(void);
#ifdef __cplusplus
}
#endif

/** Tests stop here: the ledger is written, no other thread of the target allocates. */
__attribute__((noinline, noclone, used)) void checkpoint(void)
{
	__asm__ volatile("" : : : "memory");
}

struct slot {
	/** NULL: no block. */
	void *ptr;
	size_t size;
	/** Name of the function that called the allocator. */
	const char *function;
	/** Every byte of the block holds this. */
	unsigned char fill;
	/** Allocated when not all of the allocator was seen to be traced. */
	bool is_maybe;
};

/** A table of blocks; registered ledgers form a list. */
struct ledger {
	struct slot *slots;
	size_t num_slots;
	struct ledger *next;
};

static struct ledger *ledger_list;
static const volatile unsigned char *ledger_entries[4];
static int ledger_fd = -1;
static bool ledger_is_waiting;

HELPER void ledger_print(int fd, const char *text)
{
	size_t size = strlen(text);

	while (size > 0) {
		ssize_t n = write(fd, text, size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		text += n;
		size -= (size_t)n;
	}
}

/** Say what is wrong and end with status 90. */
__attribute__((noreturn)) HELPER void ledger_fail(const char *what)
{
	ledger_print(2, "target: ");
	ledger_print(2, what);
	ledger_print(2, "\n");
	_exit(90);
}

#define REQUIRE(condition)                                    \
	do {                                                  \
		if (!(condition))                             \
			ledger_fail("not true: " #condition); \
	} while (0)

/** Memory that no allocator knows of, zero-filled. */
HELPER void *ledger_map(size_t size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		ledger_fail("mmap");
	return p;
}

HELPER void ledger_add_slots(struct ledger *ledger, size_t num_slots)
{
	ledger->slots = (struct slot *)ledger_map(num_slots * sizeof(struct slot));
	ledger->num_slots = num_slots;
	ledger->next = ledger_list;
	ledger_list = ledger;
}

// The address of a function in a program that is not position-independent is that of its PLT entry.
#if defined(__PIE__) || defined(__PIC__) || defined(LEDGER_STATIC)
#define LEDGER_ENTRY(function) ((const volatile unsigned char *)(uintptr_t)(function))
#else
#define LEDGER_ENTRY(function) ((const volatile unsigned char *)dlsym(RTLD_NEXT, #function))
#endif

HELPER void ledger_init(void)
{
	const char *path = getenv("LEDGER");
	const char *seconds = getenv("LEDGER_ALARM");

	alarm(seconds ? (unsigned)atoi(seconds) : 120);
	ledger_is_waiting = getenv("LEDGER_WAIT") != NULL;
	if (path)
		ledger_fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	else if (fcntl(3, F_GETFD) >= 0)
		ledger_fd = 3;
	ledger_entries[0] = LEDGER_ENTRY(malloc);
	ledger_entries[1] = LEDGER_ENTRY(calloc);
	ledger_entries[2] = LEDGER_ENTRY(realloc);
	ledger_entries[3] = LEDGER_ENTRY(free);
}

/** A breakpoint or a jump of malloscope, maybe with a prefix, stands at the function's entry, or
 *  behind the endbr64 with which it begins. No allocator's function begins with a jump of its
 *  own. */
HELPER bool ledger_is_entered(const volatile unsigned char *entry)
{
	if (entry[0] == 0xf3 && entry[1] == 0x0f && entry[2] == 0x1e && entry[3] == 0xfa)
		entry += 4;
	if ((*entry & 0xf0) == 0x40 && entry[1] == 0xe9)
		return true;
	return *entry == 0xcc || *entry == 0xe9;
}

/** That is so with every basic allocator function. */
HELPER bool ledger_is_traced(void)
{
	for (size_t i = 0; i < 4; i++) {
		if (!ledger_entries[i] || !ledger_is_entered(ledger_entries[i]))
			return false;
	}
	return true;
}

/** It is so with any of them. */
HELPER bool ledger_is_touched(void)
{
	for (size_t i = 0; i < 4; i++) {
		if (ledger_entries[i] && ledger_is_entered(ledger_entries[i]))
			return true;
	}
	return false;
}

HELPER void ledger_sleep_ms(long ms)
{
	struct timespec t = {ms / 1000, ms % 1000 * 1000000};

	while (nanosleep(&t, &t) < 0 && errno == EINTR)
		;
}

/** With LEDGER_WAIT: say "ready", and go on when the tracing has begun. */
HELPER void ledger_wait_traced(void)
{
	if (!ledger_is_waiting)
		return;
	ledger_print(1, "ready\n");
	while (!ledger_is_traced())
		ledger_sleep_ms(1);
}

HELPER void slot_set(struct slot *slot, void *ptr, size_t size, const char *function, bool is_maybe)
{
	static unsigned char next_fill;

	slot->ptr = ptr;
	slot->size = size;
	slot->function = function;
	slot->is_maybe = is_maybe;
	slot->fill = (unsigned char)(__atomic_fetch_add(&next_fill, 1, __ATOMIC_RELAXED) | 1);
	if (ptr)
		memset(ptr, slot->fill, size);
}

/** The first and last bytes of a block (size of them at most) are what slot_set() wrote. */
HELPER void slot_check(const struct slot *slot, size_t size)
{
	const unsigned char *bytes = (const unsigned char *)slot->ptr;

	for (size_t i = 0; i < size && i < 16; i++) {
		if (bytes[i] != slot->fill || bytes[size - 1 - i] != slot->fill)
			ledger_fail("a block has been overwritten");
	}
}

/** The slot's block is gone or about to go: check it and forget it; returns its address. */
HELPER void *slot_take(struct slot *slot)
{
	void *ptr = slot->ptr;

	slot_check(slot, slot->size);
	slot->ptr = NULL;
	return ptr;
}

HELPER size_t ledger_put_number(char *out, uint64_t value, unsigned base)
{
	char digits[24];
	size_t n = 0;

	do {
		digits[n++] = "0123456789abcdef"[value % base];
		value /= base;
	} while (value);
	for (size_t i = 0; i < n; i++)
		out[i] = digits[n - 1 - i];
	return n;
}

HELPER void ledger_write_line(const void *ptr, size_t size, const char *function, bool is_maybe)
{
	char line[256] = "0x";
	size_t n = 2;

	n += ledger_put_number(line + n, (uintptr_t)ptr, 16);
	line[n++] = ' ';
	n += ledger_put_number(line + n, size, 10);
	line[n++] = ' ';
	for (size_t i = 0; function[i] && n < sizeof(line) - 16; i++)
		line[n++] = function[i];
	if (is_maybe) {
		memcpy(line + n, " maybe", 6);
		n += 6;
	}
	line[n++] = '\n';
	line[n] = '\0';
	ledger_print(ledger_fd, line);
}

/** Write every block of every registered ledger. */
HELPER void ledger_write(void)
{
	if (ledger_fd < 0)
		return;
	for (const struct ledger *l = ledger_list; l; l = l->next) {
		for (size_t i = 0; i < l->num_slots; i++) {
			const struct slot *slot = &l->slots[i];

			if (slot->ptr)
				ledger_write_line(slot->ptr, slot->size, slot->function,
						  slot->is_maybe);
		}
	}
}

/** The state stands: write it and stop for the tests. */
HELPER void ledger_checkpoint(void)
{
	ledger_write();
	checkpoint();
}

/** Check all blocks that are left and say that the target has come to its end. Returns main's
 *  result. */
HELPER int ledger_finish(void)
{
	for (const struct ledger *l = ledger_list; l; l = l->next) {
		for (size_t i = 0; i < l->num_slots; i++) {
			if (l->slots[i].ptr)
				slot_check(&l->slots[i], l->slots[i].size);
		}
	}
	ledger_print(1, "EXIT-SUCCESS\n");
	return 0;
}

/** Pseudo-random numbers (xorshift); state must not be 0. */
HELPER uint64_t ledger_random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

#endif
