// SPDX-License-Identifier: GPL-3.0-or-later
/** memcpy(), memset() and memcmp() for code that must also compile without a C library
 *  (-ffreestanding). These three are the only functions such code may expect from outside. */
#ifndef BASE_MEM_H
#define BASE_MEM_H

#if __STDC_HOSTED__
#include <string.h>
#else
#include <stddef.h>

void *memcpy(void *restrict to, const void *restrict from, size_t size);
void *memset(void *to, int byte, size_t size);
int memcmp(const void *a, const void *b, size_t size);

// There a compiler takes them for anybody's functions, and calls them for a single word.
#define memcpy(to, from, size) __builtin_memcpy(to, from, size)
#define memset(to, byte, size) __builtin_memset(to, byte, size)
#define memcmp(a, b, size)     __builtin_memcmp(a, b, size)
#endif

#endif
