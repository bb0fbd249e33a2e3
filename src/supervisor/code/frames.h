// SPDX-License-Identifier: GPL-3.0-or-later
/** What can be asked about frames; session_resolver() and the like answer. */
#ifndef SUPERVISOR_CODE_FRAMES_H
#define SUPERVISOR_CODE_FRAMES_H

#include "supervisor/core/state.h"

/** Begin to answer for frames; modules and symbolizer exist. */
struct err *frames_init(struct session *s) __must_check;

#endif
