// SPDX-License-Identifier: GPL-3.0-or-later
// build: -static -DLEDGER_STATIC -g
// A static executable in which the address of a function is chosen at the start (IFUNC): those of
// the C library, and one that calls the allocator.
#define main single_main
#include "single.c"
#undef main

SITE void *site_chosen(size_t size)
{
	return site_malloc(size);
}

static void *(*choose(void))(size_t)
{
	return site_chosen;
}

void *chosen(size_t size) __attribute__((ifunc("choose")));

int main(void)
{
	void *p = chosen(99);

	memset(p, 1, 99);
	site_free(p);
	return single_main();
}
