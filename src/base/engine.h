// SPDX-License-Identifier: GPL-3.0-or-later
/** The engines that capture the calls of allocators. */
#ifndef BASE_ENGINE_H
#define BASE_ENGINE_H

#include <stdbool.h>

enum engine {
	/** The tracer stops the thread at breakpoints. */
	ENGINE_BREAKPOINT,
	/** Code of ours in the target does the work, and the tracer only what that cannot. */
	ENGINE_AGENT,
	/** Only as a wish: the agent wherever it can work, else breakpoints. */
	ENGINE_AUTO,
};

#define NUM_ENGINES 3

/** Its name on the command line, in reports and in files. */
const char *engine_name(enum engine engine);
/** Find the engine of that name. False: there is none, and *ret is as before. */
bool engine_find(const char *name, enum engine *ret);

#endif
