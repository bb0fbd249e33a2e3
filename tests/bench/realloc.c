// SPDX-License-Identifier: GPL-3.0-or-later
// The leaf of pairs, for a block that grows once: malloc, realloc, free.
#include "frames.h"

#include <stdlib.h>

FRAME long leaf(void)
{
	void *p = malloc(64), *q;

	KEEP(p);
	q = realloc(p, 256);
	KEEP(q);
	free(q);
	return q != NULL;
}
