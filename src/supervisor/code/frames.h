// SPDX-License-Identifier: GPL-3.0-or-later
/** Answers what can be asked about frames: traced_resolver() and the like. */
#ifndef SUPERVISOR_CODE_FRAMES_H
#define SUPERVISOR_CODE_FRAMES_H

#include "supervisor/core/traced.h"

/** Begin to answer. Modules and symbolizer must exist. */
struct err *frames_init(struct traced *t) __must_check;
/** Stop. Copes with a process for which this was not begun. */
void frames_deinit(struct traced *t);

#endif
