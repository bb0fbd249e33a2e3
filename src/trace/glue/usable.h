// SPDX-License-Identifier: GPL-3.0-or-later
/** Sizes of blocks as their allocator knows them. */
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

/** Where the blocks of a module's functions come from. */
struct allocator {
	/** As in struct command. */
	struct usable_source usable;
	uint64_t start;
	uint64_t end;
	/** Call the functions of usable; 0: there is none (yet). */
	uint64_t block_stub;
	uint64_t request_stub;
};

#define USABLE_SHIFT 48
/** The index of the allocator that c tells of. */
uint32_t usable_allocator(struct process *p, const struct command *c);
/** Thread t stands at the entry b of a function that takes an older block; *ret is what the
 *  allocator gave it. before: the word before the block, NULL: not read yet. False: t runs to find
 *  it out, and meets b again. */
bool usable_of_block(struct process *p, struct thread *t, const struct breakpoint *b, uint64_t ptr,
		     const uint64_t *before, struct event_size *ret);
/** call has returned the block at addr, t stands at the return breakpoint. Sizes of allocations are
 *  of use only where there are older blocks; else, and where it is not known yet, it is 0. */
struct event_size usable_of_call(struct process *p, struct thread *t,
				 const struct capture_pending *call, uint64_t addr);
/** The size is not known yet, but can be found out: t runs to do so, and meets return breakpoint b
 *  again. False: t stands where it stood. */
bool usable_learn(struct process *p, struct thread *t, const struct breakpoint *b,
		  const struct capture_pending *call, uint64_t addr);
/** Thread t, registers fetched, stands at b: it has come back from there. */
bool usable_is_back(struct process *p, const struct thread *t, const struct breakpoint *b);
/** It has from usable_learn(): note what it brings. */
void usable_learned(struct process *p, struct thread *t);
/** What t may bring is worth nothing: a signal handler comes in between. */
void usable_forget(struct thread *t);

#endif
