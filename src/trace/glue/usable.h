// SPDX-License-Identifier: GPL-3.0-or-later
/** The usable sizes of blocks. */
#ifndef TRACE_GLUE_USABLE_H
#define TRACE_GLUE_USABLE_H

#include "wire/command.h"
#include "wire/event.h"

#include <stdbool.h>
#include <stdint.h>

struct breakpoint;
struct capture_pending;
struct process;
struct thread;

/** The allocator that the functions of a module belong to. */
struct allocator {
	/** As in struct command. */
	struct usable_source usable;
	uint64_t start;
	uint64_t end;
	/** Stubs that call the functions of usable; 0: there is none (yet). */
	uint64_t block_stub;
	uint64_t request_stub;
};

/** The index of the allocator that command c describes. */
uint32_t usable_allocator(struct process *p, const struct command *c);
/** Thread t stands at the entry b of a function that takes an older block. *ret becomes what the
 *  allocator gave the block. before is the word before the block, NULL: not read yet. False: t was
 *  let run to find it out, and will meet b again; or t, at an upcall, has to be told to ask. */
bool usable_of_block(struct process *p, struct thread *t, const struct breakpoint *b, uint64_t ptr,
		     const uint64_t *before, struct event_size *ret);
/** call has returned the block at addr; t stands at the return breakpoint. The size is needed only
 *  where there are older blocks. Otherwise, and if it is not known yet, it is 0. */
struct event_size usable_of_call(struct process *p, struct thread *t,
				 const struct capture_pending *call, uint64_t addr);
/** The size is not known yet, but can be found out: t is let run to do so, and will meet return
 *  breakpoint b again. False: t still stands where it stood. */
bool usable_learn(struct process *p, struct thread *t, const struct breakpoint *b,
		  const struct capture_pending *call, uint64_t addr);
/** Tell whether thread t, registers fetched, which stands at b, has come back from there. */
bool usable_is_back(struct process *p, const struct thread *t, const struct breakpoint *b);
/** It came back from usable_learn(): note what it found out. */
void usable_learned(struct process *p, struct thread *t);
/** A signal handler comes in between, so what t brings is worth nothing. */
void usable_forget(struct thread *t);

#endif
