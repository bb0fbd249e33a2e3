// SPDX-License-Identifier: GPL-3.0-or-later
/** Programs with LeakSanitizer. */
#ifndef SUPERVISOR_CODE_SANITIZER_H
#define SUPERVISOR_CODE_SANITIZER_H

#include "supervisor/core/traced.h"

/** Note it if the process image has LeakSanitizer, which fails under a tracer. Under lock. */
void sanitizer_note(struct traced *t);

#endif
