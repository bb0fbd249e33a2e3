// SPDX-License-Identifier: GPL-3.0-or-later
/** The modules of the target: what has appeared is searched and planted in, what is gone is
 *  withdrawn. */
#ifndef SUPERVISOR_CODE_LOADED_H
#define SUPERVISOR_CODE_LOADED_H

#include "supervisor/core/traced.h"

/** Look at the module list again. Under lock. */
void loaded_update(struct traced *t);
/** A new image: nothing of the old one is loaded. Under lock. */
void loaded_forget(struct traced *t);

#endif
