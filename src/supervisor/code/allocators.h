// SPDX-License-Identifier: GPL-3.0-or-later
/** The allocator functions of the target's modules. They are found by their symbols and planted,
 *  and the tracer is told. */
#ifndef SUPERVISOR_CODE_ALLOCATORS_H
#define SUPERVISOR_CODE_ALLOCATORS_H

#include "supervisor/core/traced.h"

/** Search a new module, and plant in it. Under both locks. */
void allocators_plant(struct traced *t, const struct module *module);
/** Note it if the process image has no allocator that we know, or lacks functions of --probe. Under
 *  lock. */
void allocators_note(struct traced *t);

#endif
