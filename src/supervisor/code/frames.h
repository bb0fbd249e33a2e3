// SPDX-License-Identifier: GPL-3.0-or-later
/** What can be asked about frames; traced_resolver() and the like answer. */
#ifndef SUPERVISOR_CODE_FRAMES_H
#define SUPERVISOR_CODE_FRAMES_H

#include "supervisor/core/traced.h"

/** Begin to answer for frames; modules and symbolizer exist. */
struct err *frames_init(struct traced *t) __must_check;
/** Copes with what was not begun. */
void frames_deinit(struct traced *t);

#endif
