// SPDX-License-Identifier: GPL-3.0-or-later
// build: -g
// recurse DEPTH: allocates at every thousandth level of a recursion of DEPTH (default 10,000)
// frames.
#include "sites.h"

static struct ledger ledger;

SITE int descend(int depth, int level)
{
	int below = 0;

	if (level % 1000 == 0)
		slot_set(&ledger.slots[level / 1000], site_malloc(100 + (size_t)level),
			 100 + (size_t)level, "site_malloc", false);
	if (level < depth)
		below = descend(depth, level + 1);
	// Work after the call: it cannot become a loop.
	KEEP(below);
	return below + 1;
}

int main(int argc, char **argv)
{
	int depth = argc > 1 ? atoi(argv[1]) : 10000;

	ledger_init();
	REQUIRE(depth > 0 && depth <= 100000);
	ledger_add_slots(&ledger, 128);
	ledger_wait_traced();
	REQUIRE(descend(depth, 1) == depth);
	ledger_checkpoint();
	return ledger_finish();
}
