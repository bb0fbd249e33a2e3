// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "trace/glue/known_stacks.h"

#include "capture/state.h"

#include <stdlib.h>

/** Places at most. */
#define KNOWN_STACKS_MAX (1u << 18)

static struct capture_known *create(uint64_t cap)
{
	struct capture_known *known = calloc(1, capture_known_size(cap));

	if (known)
		capture_known_init(known, cap);
	return known;
}

struct capture_known *known_stacks_create(void)
{
	return create(KNOWN_STACKS_FIRST);
}

bool known_stacks_grow(struct capture_known **known)
{
	const struct capture_known *old = *known;
	struct capture_known *new;
	uint64_t i;

	if (old->cap >= KNOWN_STACKS_MAX)
		return false;
	new = create(old->cap * 2);
	if (!new)
		return false;
	for (i = 0; i < old->cap; i++)
		if (old->hashes[i])
			capture_known_add(new, old->hashes[i]);
	free(*known);
	*known = new;
	return true;
}
