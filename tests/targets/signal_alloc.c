// SPDX-License-Identifier: GPL-3.0-or-later
// build: -g -fno-ipa-icf
// A signal handler allocates, mostly while the interrupted code is itself inside malloc. The
// handler runs on the same stack or, with an argument, on one of its own. The allocator is the
// program's own and may be re-entered.
#include "bump.h"

#include <signal.h>
#include <sys/time.h>

#define NUM_BLOCKS 400

static struct ledger ledger;
static struct ledger handler_ledger;
static volatile unsigned num_handled;
static volatile unsigned num_nested;
static volatile sig_atomic_t is_inside;

SITE void *site_malloc(size_t size)
{
	void *p = malloc(size);

	KEEP(p);
	return p;
}

SITE void *site_handler_malloc(size_t size)
{
	void *p = malloc(size);

	KEEP(p);
	return p;
}

static void on_timer(int signal)
{
	unsigned n = num_handled;
	void *p;

	(void)signal;
	if (n >= handler_ledger.num_slots)
		return;
	num_nested += is_inside != 0;
	bump_dawdle = 0;
	p = site_handler_malloc(200 + n % 50);
	// Some are given back at once.
	if (n % 3 == 0)
		free(p);
	else
		slot_set(&handler_ledger.slots[n], p, 200 + n % 50, "site_handler_malloc", false);
	bump_dawdle = 100000;
	num_handled = n + 1;
}

int main(int argc, char **argv)
{
	struct sigaction action = {.sa_handler = on_timer};
	struct itimerval t = {{0, 700}, {0, 700}};
	stack_t stack = {.ss_size = 65536};

	(void)argv;
	ledger_init();
	alarm(0);
	if (argc > 1) {
		stack.ss_sp = ledger_map(stack.ss_size);
		REQUIRE(sigaltstack(&stack, NULL) == 0);
		action.sa_flags = SA_ONSTACK;
	}
	ledger_add_slots(&ledger, NUM_BLOCKS);
	ledger_add_slots(&handler_ledger, 2000);
	ledger_wait_traced();
	bump_dawdle = 100000;
	sigaction(SIGALRM, &action, NULL);
	REQUIRE(setitimer(ITIMER_REAL, &t, NULL) == 0);
	for (unsigned i = 0; i < NUM_BLOCKS || num_nested < 20; i++) {
		void *p;

		is_inside = 1;
		p = site_malloc(16 + i % 100);
		is_inside = 0;
		if (i < NUM_BLOCKS)
			slot_set(&ledger.slots[i], p, 16 + i % 100, "site_malloc", false);
		else
			free(p);
	}
	t = (struct itimerval){0};
	REQUIRE(setitimer(ITIMER_REAL, &t, NULL) == 0);
	ledger_checkpoint();
	return ledger_finish();
}
