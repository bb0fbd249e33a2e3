// SPDX-License-Identifier: GPL-3.0-or-later
// build: -g -fno-ipa-icf
// A timer's signal handler jumps out of malloc, and the program tries again: calls that were left
// behind must leave nothing in the tables. The allocator is the program's own, so that this is
// safe.
#include "bump.h"

#include <setjmp.h>
#include <signal.h>
#include <sys/time.h>

#define NUM_BLOCKS 400
#define NUM_LEFT   20

static struct ledger ledger;
static sigjmp_buf escape;
static volatile sig_atomic_t is_inside;
static volatile unsigned num_left;

static void on_timer(int signal)
{
	(void)signal;
	if (is_inside) {
		is_inside = 0;
		siglongjmp(escape, 1);
	}
}

SITE void *site_malloc(size_t size)
{
	void *p = malloc(size);

	KEEP(p);
	return p;
}

/** Deeper stack, so that the stack pointer differs from try to try. */
SITE void *site_deeper(size_t size, unsigned depth)
{
	volatile char space[64] = {0};
	void *p = depth ? site_deeper(size, depth - 1) : site_malloc(size);

	KEEP(p);
	return space[0] ? NULL : p;
}

static void set_timer(long microseconds)
{
	struct itimerval t = {{0, microseconds}, {0, microseconds}};

	REQUIRE(setitimer(ITIMER_REAL, &t, NULL) == 0);
}

static void allocate(unsigned i)
{
	struct slot *slot = &ledger.slots[i];
	static struct slot *left;
	static volatile unsigned attempt;
	static uint64_t random = 4711;
	size_t size = 16 + i % 100;

	if (!left)
		left = ledger_list->slots + NUM_BLOCKS;
	attempt = 0;
	if (sigsetjmp(escape, 1)) {
		// It may have come as far as to return from malloc: then the block exists and
		// nobody holds it.
		if (bump_newest)
			slot_set(left++, bump_newest, bump_newest_size, "site_malloc", true);
		num_left++;
		attempt++;
	}
	bump_newest = NULL;
	// Of very different length, so that some calls always come through.
	bump_dawdle = ledger_random(&random) % 1200000;
	is_inside = 1;
	slot->ptr = site_deeper(size, (i + attempt) % 3);
	is_inside = 0;
	slot_set(slot, slot->ptr, size, "site_malloc", false);
}

int main(void)
{
	struct sigaction action = {.sa_handler = on_timer};

	ledger_init();
	// The timer takes the alarm's place.
	alarm(0);
	ledger_add_slots(&ledger, NUM_BLOCKS + 100000);
	ledger_wait_traced();
	sigaction(SIGALRM, &action, NULL);
	set_timer(700);
	for (unsigned i = 0; i < NUM_BLOCKS; i++)
		allocate(i);
	set_timer(0);
	REQUIRE(num_left >= NUM_LEFT);
	bump_dawdle = 0;
	ledger_checkpoint();
	return ledger_finish();
}
