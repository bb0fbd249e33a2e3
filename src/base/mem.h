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
#endif

#endif
