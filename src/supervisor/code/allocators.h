// SPDX-License-Identifier: GPL-3.0-or-later
/** The allocator functions of the target's modules: found by their symbols, planted, and told about. */
#ifndef SUPERVISOR_CODE_ALLOCATORS_H
#define SUPERVISOR_CODE_ALLOCATORS_H

#include "supervisor/core/state.h"

/** Search a module that has appeared, and plant in it. Under both locks. */
void allocators_plant(struct session *s, const struct module *module);
/** A module is gone; its counters stay. Under lock. */
void allocators_withdraw(struct session *s, uint32_t module_id);
/** A new image: everything is gone. Under lock. */
void allocators_withdraw_all(struct session *s);
/** Say so when the image has no allocator that we know, or lacks functions of --probe. Under
 *  lock. */
void allocators_note(struct session *s);

#endif
