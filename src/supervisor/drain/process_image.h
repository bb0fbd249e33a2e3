// SPDX-License-Identifier: GPL-3.0-or-later
/** The program that a process executes: its beginning, and the next one after an execve. */
#ifndef SUPERVISOR_DRAIN_PROCESS_IMAGE_H
#define SUPERVISOR_DRAIN_PROCESS_IMAGE_H

#include "supervisor/core/traced.h"

/** A new program was executed: everything begins again. tid stands at its beginning. Under lock. */
void process_image_exec(struct traced *t, pid_t tid);
/** Thread tid stands at the rendezvous, or at the entry point of an image without one. Under
 *  lock. */
void process_image_rendezvous(struct traced *t, pid_t tid);
/** Take over the image that exists already, at attach and after a fork. Under lock. */
void process_image_adopt(struct traced *t);

#endif
