// SPDX-License-Identifier: GPL-3.0-or-later
/** The tracer as an owner of the capture core (capture/capture.h): how it reads the memory of a
 *  stopped thread, arranges for returns by breakpoints, and remembers live blocks. */
#ifndef TRACE_GLUE_CAPTURER_H
#define TRACE_GLUE_CAPTURER_H

#include "base/cleanup.h"

#include <stdbool.h>
#include <stdint.h>

struct breakpoint;
struct capture_returned;
struct process;
struct thread;
struct walk_frame;

/** Create process.capturer. p->capture.nframe must be set. False: out of memory. */
bool capturer_create(struct process *p) __must_check;
void capturer_destroy(struct process *p);
/** The memory of p was replaced or is gone: no block is live, and no stack is known. */
void capturer_forget_memory(struct process *p);

/** Thread t, registers fetched, stands at the entry b of an allocator function. False: a row is
 *  missing and t is held; or t was let run, and will come here again. */
bool capturer_enter(struct process *p, struct thread *t, const struct breakpoint *b);
/** The same for a measured function. */
void capturer_measure_enter(struct process *p, struct thread *t, const struct breakpoint *b);
/** Thread t stands at return breakpoint b. *ret must be zero before. */
void capturer_return(struct process *p, struct thread *t, const struct breakpoint *b,
		     struct capture_returned *ret);
/** A row is missing for that frame of t: t is held until the supervisor has made one. */
void capturer_miss(struct process *p, struct thread *t, const struct walk_frame *frame);
/** Nothing that t is in the middle of will be finished. */
void capturer_thread_end(struct process *p, struct thread *t);

/** Store so many frames of each stack from now on. False: out of memory; nothing has changed. */
bool capturer_set_nframe(struct process *p, uint32_t nframe) __must_check;
/** Let stack hashes begin anew. The caller must tell the supervisor (EVENT_EPOCH). Returns the
 *  number of the epoch. */
uint64_t capturer_new_epoch(struct process *p);
/** An agent is at work from now on: which blocks are live is not ours to know alone. */
void capturer_hand_over(struct process *p);
/** It leaves, and its memory is still there. */
void capturer_take_back(struct process *p);
/** What was allocated so far counts as older from now on. */
void capturer_clear(struct process *p);

#endif
