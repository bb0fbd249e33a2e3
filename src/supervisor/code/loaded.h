// SPDX-License-Identifier: GPL-3.0-or-later
/** The modules of the target. New modules are searched and planted in. What was made for modules
 *  that are gone is withdrawn. */
#ifndef SUPERVISOR_CODE_LOADED_H
#define SUPERVISOR_CODE_LOADED_H

#include "supervisor/core/traced.h"

/** Look at the module list again. Under lock. */
void loaded_update(struct traced *t);
/** There is a new process image: nothing of the old one is loaded. Under lock. */
void loaded_forget(struct traced *t);

#endif
