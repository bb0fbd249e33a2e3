// SPDX-License-Identifier: GPL-3.0-or-later
// build: -g
// default_trap int3|cd03|raise|wait: allocates, then gets a SIGTRAP of which it must die; with
// "wait" it says "running" and allocates until somebody sends it one.
#include "sites.h"

#include <signal.h>

static void allocate(void)
{
	void *p = site_malloc(64);

	REQUIRE(p);
	site_free(p);
}

int main(int argc, char **argv)
{
	REQUIRE(argc > 1);
	ledger_init();
	for (int i = 0; i < 20000; i++)
		allocate();
	if (!strcmp(argv[1], "int3"))
		__asm__ volatile("int3");
	else if (!strcmp(argv[1], "cd03"))
		__asm__ volatile(".byte 0xcd, 0x03");
	else if (!strcmp(argv[1], "raise"))
		raise(SIGTRAP);
	if (strcmp(argv[1], "wait"))
		return 0;
	ledger_print(1, "running\n");
	for (;;)
		allocate();
}
