// SPDX-License-Identifier: GPL-3.0-or-later
// turnover [mixed]: holds blocks of 1000 bytes, or of many sizes. For each line on its standard
// input it replaces all of them, half by free and malloc, half by realloc, so that as many bytes
// are held as before; then it calls checkpoint(). At the end of its input it ends.
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NUM_BLOCKS 2000

static char *volatile blocks[NUM_BLOCKS];
static bool is_mixed;

/** Small ones mostly, one in twenty of a few KiB, one in a hundred of some hundred KiB. */
static size_t size_of(unsigned i)
{
	unsigned x = (i + 1) * 2654435761u >> 8;

	if (!is_mixed)
		return 1000;
	if (i % 100 == 8)
		return 100000 + x % 300000;
	if (i % 20 == 3)
		return 2000 + x % 8000;
	return 1 + x % 600;
}

static void fill(char *block, unsigned i)
{
	if (!block)
		abort();
	memset(block, (int)i, size_of(i));
}

__attribute__((noinline)) static void replace(unsigned i)
{
	char *old = blocks[i], *larger;

	if (i % 2) {
		// Room in between, so that realloc has to move.
		larger = realloc(old, size_of(i) + 5000);
		if (!larger)
			abort();
		blocks[i] = realloc(larger, size_of(i));
	} else {
		free(old);
		blocks[i] = malloc(size_of(i));
	}
	fill(blocks[i], i);
}

__attribute__((noinline)) void checkpoint(void)
{
	__asm__ volatile("");
}

int main(int argc, char **argv)
{
	unsigned i;
	char byte;

	is_mixed = argc > 1 && strcmp(argv[1], "mixed") == 0;
	for (i = 0; i < NUM_BLOCKS; i++) {
		blocks[i] = malloc(size_of(i));
		fill(blocks[i], i);
	}
	if (write(1, "ready\n", 6) != 6)
		return 1;
	while (read(0, &byte, 1) == 1) {
		if (byte != '\n')
			continue;
		for (i = 0; i < NUM_BLOCKS; i++)
			replace(i);
		checkpoint();
	}
	return 0;
}
