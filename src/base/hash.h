// SPDX-License-Identifier: GPL-3.0-or-later
/** Mixing of bits. Needs no C library. */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include <stdint.h>

/** Mix all bits of a 64-bit value (the finaliser of MurmurHash3). */
static inline uint64_t hash_u64(uint64_t x)
{
	x ^= x >> 33;
	x *= 0xff51afd7ed558ccdull;
	x ^= x >> 33;
	x *= 0xc4ceb9fe1a85ec53ull;
	x ^= x >> 33;
	return x;
}

#endif
