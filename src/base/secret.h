// SPDX-License-Identifier: GPL-3.0-or-later
/** Hashes that nobody outside of this process can foresee. A process that feeds a table with keys
 *  of its choice cannot make them collide. */
#ifndef BASE_SECRET_H
#define BASE_SECRET_H

#include "base/hash.h"

/** Random since the program was executed; the same in forked processes. */
extern uint64_t secret_seed;

/** As hash_u64(), with another result in each run: for tables whose order nobody sees. */
static inline uint64_t hash_secret(uint64_t x)
{
	return hash_u64(x ^ secret_seed);
}

#endif
