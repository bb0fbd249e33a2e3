// SPDX-License-Identifier: GPL-3.0-or-later
// build: -g -pthread -fno-ipa-icf -rdynamic
// wrapped: an allocator of its own in front of that of the C library, as debugging libraries have
// it: each call takes a backtrace() of itself, which must come to main through all callers.
#include "sites.h"

#include <execinfo.h>
#include <stdio.h>

#define MAX_FRAMES 32
#define NUM_BLOCKS 300

extern void *__libc_malloc(size_t size);
extern void *__libc_realloc(void *old, size_t size);
extern void __libc_free(void *p);

static struct ledger ledger;
static __thread bool is_inside;
static bool is_begun;
static unsigned num_walks, num_short;

/** What the library remembers of each call. */
__attribute__((noinline)) static void remember(void)
{
	void *frames[MAX_FRAMES];
	bool is_whole = false;
	Dl_info info;
	int num;

	// It may allocate itself.
	if (is_inside || !is_begun)
		return;
	is_inside = true;
	num = backtrace(frames, MAX_FRAMES);
	for (int i = 0; i < num; i++)
		is_whole |= dladdr(frames[i], &info) && info.dli_sname &&
			    strcmp(info.dli_sname, "main") == 0;
	num_short += !is_whole;
	num_walks++;
	is_inside = false;
}

void *malloc(size_t size)
{
	void *p;

	remember();
	p = __libc_malloc(size);
	KEEP(p);
	return p;
}

void *realloc(void *old, size_t size)
{
	void *p;

	remember();
	p = __libc_realloc(old, size);
	KEEP(p);
	return p;
}

void free(void *p)
{
	remember();
	__libc_free(p);
	KEEP(p);
}

int main(void)
{
	char line[64];

	ledger_init();
	ledger_add_slots(&ledger, NUM_BLOCKS);
	is_begun = true;
	for (size_t i = 0; i < NUM_BLOCKS; i++) {
		struct slot *slot = &ledger.slots[i];

		slot_set(slot, site_malloc(i + 1), i + 1, "site_malloc", false);
		if (i % 3 == 1)
			site_free(slot_take(slot));
		else if (i % 3 == 2)
			slot_set(slot, site_realloc(slot->ptr, 2 * i), 2 * i, "site_realloc",
				 false);
	}
	is_begun = false;
	snprintf(line, sizeof(line), "walks %u, short %u\n", num_walks, num_short);
	ledger_print(1, line);
	ledger_checkpoint();
	return ledger_finish();
}
