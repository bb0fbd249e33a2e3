// SPDX-License-Identifier: GPL-3.0-or-later
/** Followed children. */
#ifndef SUPERVISOR_LIFE_FAMILY_H
#define SUPERVISOR_LIFE_FAMILY_H

#include "supervisor/core/run.h"

/** Reserve memory for them, before the tracer is forked. */
struct err *family_create(struct session *s, struct tracer_options *options) __must_check;
/** Begin to take over children. The first process must be complete. Does nothing without a
 *  family. */
struct err *family_start(struct session *s) __must_check;
/** Take over no more children. Without lock. */
void family_close(struct session *s);
/** The tracer is gone: the children have ended or go on without us. Without lock. */
void family_left(struct session *s);
void family_destroy(struct session *s);

#endif
