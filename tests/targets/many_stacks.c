// SPDX-License-Identifier: GPL-3.0-or-later
// build: -g -fno-optimize-sibling-calls
// many_stacks: one block from each of 8192 stacks of 14 frames, then every other block is freed.
// Prints BLOCKS BYTES of all allocations of its own.
#include "sites.h"

#define DEPTH 13
#define NUM   (1u << DEPTH)

static void *blocks[NUM];
static unsigned long num, bytes;

__attribute__((noinline)) static void descend(unsigned depth, unsigned path)
{
	if (!depth) {
		size_t size = 1 + num % 100;

		blocks[num] = malloc(size);
		REQUIRE(blocks[num]);
		num++;
		bytes += size;
	} else if (path & 1) {
		descend(depth - 1, path >> 1);
		__asm__ volatile("");
	} else {
		descend(depth - 1, path >> 1);
		__asm__ volatile("" : : : "memory");
	}
	__asm__ volatile("");
}

int main(void)
{
	unsigned i;

	for (i = 0; i < NUM; i++)
		descend(DEPTH, i);
	for (i = 0; i < NUM; i += 2)
		free(blocks[i]);
	printf("%lu %lu\n", num, bytes);
	return 0;
}
