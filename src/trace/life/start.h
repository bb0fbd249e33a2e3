// SPDX-License-Identifier: GPL-3.0-or-later
/** Attaches to a process, or launches a program. */
#ifndef TRACE_LIFE_START_H
#define TRACE_LIFE_START_H

#include "trace/tracer.h"

#include <sys/types.h>

struct process;

/** p becomes process pid, and all its threads are seized. On failure *errnum_ret tells why. */
enum tracer_stage start_attach(struct process *p, pid_t pid, int *errnum_ret);
/** p becomes a new process, which stands in the stop of its exec. On failure it is gone. */
enum tracer_stage start_launch(struct process *p, const struct tracer_options *options,
			       int *errnum_ret);

#endif
