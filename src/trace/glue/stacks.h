// SPDX-License-Identifier: GPL-3.0-or-later
/** Stacks of threads that stand at an allocator's entry. */
#ifndef TRACE_GLUE_STACKS_H
#define TRACE_GLUE_STACKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct process;
struct thread;

/** A copy of a piece of the stack of the thread that is being walked: [start, start + size). */
struct stack_window {
	pid_t tid;
	uint64_t start;
	size_t size;
	/** Bytes to read next; grows while a walk goes on. */
	size_t want;
	/** End of the highest word that the walk has asked for. */
	uint64_t top;
	/** The last word that was asked for lies below; it was read alone. */
	bool is_behind;
	uint8_t bytes[64 << 10];
};

/** What process.window needs to be, to be freed by the caller. NULL: out of memory. */
struct stack_window *stack_window_create(void);
/** Walk the stack of a thread at an allocator's entry; *site_ret is the address it returns to, 0
 *  when the stack is unreadable. False: a row is missing and EVENT_MISS was sent. */
bool stacks_capture(struct process *p, struct thread *t, uint64_t *hash_ret, uint64_t *site_ret);
enum nesting {
	/** Not inside that call: it was left by other ways. */
	NESTING_NONE,
	/** Called by it. */
	NESTING_INSIDE,
	/** In a signal handler that interrupted it. */
	NESTING_HANDLER,
	/** A row is missing and EVENT_MISS was sent. */
	NESTING_MISS,
};
/** How the entry at which t stands relates to an earlier call that would return to site with
 *  stack pointer sp. */
enum nesting stacks_nesting(struct process *p, struct thread *t, uint64_t site, uint64_t sp);
/** False: the call of t that would return to site with stack pointer sp was left: its return address
 *  is gone. */
bool stacks_may_return(const struct process *p, const struct thread *t, uint64_t site, uint64_t sp);

#endif
