// SPDX-License-Identifier: GPL-3.0-or-later
/** The image of the agent and its memory are mapped in the target, by system calls of one of its
 *  threads. */
#ifndef TRACE_AGENT_IMAGE_H
#define TRACE_AGENT_IMAGE_H

#include "base/cleanup.h"
#include "base/err.h"

struct process;
struct process_agent;
struct thread;

/** Map the image with thread t, registers fetched, which stands where inject_syscall() can use it.
 *  The mode is AGENT_OFF. a->layout must be set. ERR_OTHER tells what is not possible; nothing is
 *  mapped then, as far as it could be unmapped. &err_gone: t vanished. */
struct err *agent_image_map(struct process *p, struct thread *t,
			    struct process_agent *a) __must_check;
/** The same for the memory that tracer, supervisor and target share. The image must be there. On
 *  failure a->memory is NULL and a->memory_fd -1. */
struct err *agent_memory_install(struct process *p, struct thread *t,
				 struct process_agent *a) __must_check;
/** Unmap the memory in the target, if t can. Nobody may be in the agent, and the mode must be
 *  AGENT_OFF. */
void agent_memory_uninstall(struct process *p, struct thread *t);

#endif
