// SPDX-License-Identifier: GPL-3.0-or-later
/** Parts of the capture core, lower ones first: walks (stack.c), frees (frees.c), pending calls
 *  (pending.c), calls that were not sampled (passed.c), measured calls (measured.c). Internal to
 *  capture/. */
#ifndef CAPTURE_INTERNAL_H
#define CAPTURE_INTERNAL_H

#include "capture/capture.h"

/* stack.c */
/** Walk the stack of the thread. Its record is sent unless the stack is known. *return_addr_ret is
 *  the address that the function returns to, 0 when the stack is unreadable. CAPTURE_DONE, _MISS or
 *  _SLOW. */
enum capture_result capture_stack(struct capture *c, const struct capture_entry *at,
				  uint64_t *hash_ret, uint64_t *return_addr_ret);
/** The address that the function at whose entry the thread stands returns to. False: unreadable. */
bool capture_return_addr(struct capture *c, const struct capture_entry *at, uint64_t *ret);
/** Does the word in memory still say that a call is in progress which returns to return_addr with
 *  stack pointer sp? True as well when there is no such word. */
bool capture_is_on_stack(struct capture *c, uint64_t return_addr, uint64_t sp);

enum capture_nesting {
	/** Not inside that call: it was left by other ways. */
	NESTING_NONE,
	/** Called by it. */
	NESTING_INSIDE,
	/** In a signal handler that interrupted it. */
	NESTING_HANDLER,
	/** As CAPTURE_MISS and CAPTURE_SLOW. */
	NESTING_MISS,
	NESTING_SLOW,
};
/** How the entry relates to an earlier call that would return to return_addr with stack pointer
 *  sp. */
enum capture_nesting capture_nesting(struct capture *c, const struct capture_entry *at,
				     uint64_t return_addr, uint64_t sp);
/** Stack pointer after the return of the function. */
uint64_t capture_sp_after(const struct capture *c, uint64_t entry_sp);

/* frees.c */
/** A function that frees is entered. If the block is a live one it is freed, wherever the call
 *  comes from: true. */
bool capture_free_live(struct capture *c, const struct capture_entry *at);
/** The same within a pending call of its family. A part of that, unless the block is live; who
 *  cannot tell leaves it to the reader. */
void capture_free_nested(struct capture *c, const struct capture_entry *at);
/** A function that destroys a pool is entered. Only the reader knows its blocks. */
void capture_destroy(struct capture *c, const struct capture_entry *at);
/** The same with a block that is not live, outside of all pending calls of its family. */
enum capture_result capture_free_unknown(struct capture *c, const struct capture_entry *at);

/* passed.c: with sampling only */
/** An allocation begins, outside of all pending calls of its family. If it is a part of one that
 *  was not sampled, nothing is done. If a point of the sampling lies in it, it is recorded, else
 *  remembered for what it calls. */
enum capture_result capture_alloc_sample(struct capture *c, const struct capture_entry *at);

/* pending.c */
/** The size that is asked for at the entry of an allocation. */
uint64_t capture_requested_size(struct capture *c, const struct capture_entry *at);
/** An allocation begins. */
enum capture_result capture_alloc_enter(struct capture *c, const struct capture_entry *at);
/** A realloc begins whose result is not sampled. If it holds a block that was, *has_taken_ret, then
 *  that block is taken out until the call ends. CAPTURE_DONE or _SLOW. */
enum capture_result capture_realloc_unsampled(struct capture *c, const struct capture_entry *at,
					      bool *has_taken_ret);
/** Pending calls are left from index on. */
void capture_abandon(struct capture *c, uint32_t from);

/* measured.c */
void capture_measured_abandon(struct capture *c, uint32_t from);
/** Returns whether a measured call ended there. */
bool capture_measured_return(struct capture *c, const struct capture_return *at);

#endif
