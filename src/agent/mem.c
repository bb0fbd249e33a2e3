// SPDX-License-Identifier: GPL-3.0-or-later
// What a compiler may call: the agent has no C library.
#include "config.h"

#include <stddef.h>
#include <stdint.h>

void *memcpy(void *restrict to, const void *restrict from, size_t size);
void *memset(void *to, int byte, size_t size);
int memcmp(const void *a, const void *b, size_t size);

void *memcpy(void *restrict to, const void *restrict from, size_t size)
{
	const uint8_t *source = from;
	uint8_t *target = to;

	for (; size >= 8; size -= 8, target += 8, source += 8)
		__builtin_memcpy(target, source, 8);
	while (size--)
		*target++ = *source++;
	return to;
}

void *memset(void *to, int byte, size_t size)
{
	uint64_t word = (uint8_t)byte * 0x0101010101010101ull;
	uint8_t *target = to;

	for (; size >= 8; size -= 8, target += 8)
		__builtin_memcpy(target, &word, 8);
	while (size--)
		*target++ = (uint8_t)byte;
	return to;
}

int memcmp(const void *a, const void *b, size_t size)
{
	const uint8_t *left = a, *right = b;

	for (; size--; left++, right++)
		if (*left != *right)
			return *left - *right;
	return 0;
}
