// SPDX-License-Identifier: GPL-3.0-or-later
/** The allocator functions of the target's modules: found by their symbols, planted, and told
 *  about. */
#ifndef SUPERVISOR_CODE_ALLOCATORS_H
#define SUPERVISOR_CODE_ALLOCATORS_H

#include "supervisor/core/traced.h"

/** Search a module that has appeared, and plant in it. Under both locks. */
void allocators_plant(struct traced *t, const struct module *module);
/** Say so when the image has no allocator that we know, or lacks functions of --probe. Under
 *  lock. */
void allocators_note(struct traced *t);

#endif
