// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "base/engine.h"

#include <string.h>

static const char *const names[NUM_ENGINES] = {"breakpoint", "agent", "auto"};

const char *engine_name(enum engine engine)
{
	return names[engine];
}

bool engine_find(const char *name, enum engine *ret)
{
	unsigned i;

	for (i = 0; i < NUM_ENGINES; i++) {
		if (strcmp(names[i], name) != 0)
			continue;
		*ret = (enum engine)i;
		return true;
	}
	return false;
}
