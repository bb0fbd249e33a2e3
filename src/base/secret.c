// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "base/secret.h"

#include <string.h>
#include <sys/auxv.h>

uint64_t secret_seed;

/** Before there are threads, and before any table. */
__attribute__((constructor)) static void choose_seed(void)
{
	// Sixteen bytes from the kernel, of which the C library uses some itself.
	const char *bytes = (const char *)getauxval(AT_RANDOM);

	if (bytes)
		memcpy(&secret_seed, bytes + sizeof(secret_seed), sizeof(secret_seed));
	secret_seed = hash_u64(secret_seed);
}
