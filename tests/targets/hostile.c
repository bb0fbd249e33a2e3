// SPDX-License-Identifier: GPL-3.0-or-later
// build: -g -fno-ipa-icf
// hostile MODE: processes that are hard to trace, which allocate until SIGUSR1 comes.
//   full         no more address space may be mapped
//   undumpable   PR_SET_DUMPABLE is 0
#include "sites.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>

static struct ledger ledger;

/** Fill the address space to its limit, then give a little back to the allocator. */
static void fill(void)
{
	const struct rlimit limit = {256 << 20, 256 << 20};
	size_t size = 64 << 20;

	free(site_malloc(100 << 10));
	REQUIRE(setrlimit(RLIMIT_AS, &limit) == 0);
	while (size >= 4096)
		if (mmap(NULL, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED)
			size /= 2;
}

int main(int argc, char **argv)
{
	const char *mode = argc > 1 ? argv[1] : "";
	const struct timespec pause = {.tv_nsec = 1000000};
	uint64_t random = 4711;
	sigset_t set;

	ledger_init();
	ledger_add_slots(&ledger, 32);
	if (strcmp(mode, "full") == 0)
		fill();
	else if (strcmp(mode, "undumpable") == 0)
		REQUIRE(prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0);
	else
		ledger_fail("no such mode");
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	ledger_print(1, "running\n");
	do
		// Small ones: they fit into what the allocator has.
		for (int i = 0; i < 20; i++) {
			struct slot *slot = &ledger.slots[ledger_random(&random) % 32];

			if (slot->ptr)
				site_free(slot_take(slot));
			else
				slot_set(slot, site_malloc(100), 100, "site_malloc", false);
		}
	while (sigtimedwait(&set, NULL, &pause) < 0);
	return ledger_finish();
}
