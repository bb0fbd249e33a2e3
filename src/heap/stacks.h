// SPDX-License-Identifier: GPL-3.0-or-later
/** Stack table: unique arrays of frames. It only grows. Ids are dense, have 32 bits, and begin at
 *  0. Distinct frames have such ids, too, and a stack consists of them: they are half as large as
 *  frames, and an index for whoever keeps something for each frame.
 *
 *  Not thread-safe, but nothing in it ever moves. While one thread adds, others may call
 *  stacks_get() for ids that were handed to them, and stack_frame(). */
#ifndef HEAP_STACKS_H
#define HEAP_STACKS_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** The unwind ended before the outermost frame (CFI missing or broken, stack unreadable), and not
 *  because of the frame limit. */
#define STACK_TRUNCATED 1u
/** With it: why the unwind ended (enum stack_end), and module id of the oldest frame. */
#define STACK_END_SHIFT    1
#define STACK_END_MASK     7u
#define STACK_MODULE_SHIFT 16
/** How many frames, from the most recent one on, call-frame information vouches for: all others
 *  were found by frame pointers. 0: all. A number that does not fit becomes the largest. */
#define STACK_SURE_SHIFT 4
#define STACK_SURE_MAX   0xfffu
#define STACK_TOTAL_MAX  65535u
/** How many frames a chunk of struct stack has. */
#define STACK_CHUNK 4096u

/** Why an unwind ended before the outermost frame. */
enum stack_end {
	/** The stack comes from a file, or its record was lost. */
	STACK_END_UNKNOWN,
	/** The module of the oldest frame has no call-frame information there. */
	STACK_END_NO_CFI,
	/** The oldest frame is in memory that belongs to no file: code made at run time, or no code
	 *  at all. */
	STACK_END_NO_MODULE,
	STACK_END_UNREADABLE,
	/** The caller of the oldest frame would not be above it. */
	STACK_END_BROKEN,
	STACK_NUM_ENDS,
};

struct stack {
	/** Stored frames, 1 to STACK_TOTAL_MAX. */
	uint32_t num_frames;
	/** True depth, at least num_frames and at most STACK_TOTAL_MAX. */
	uint16_t total_nframe;
	/** STACK_* bits. */
	uint32_t flags;
	/** Ids of the frames, most recent first. */
	const uint32_t *ids;
	/** For stack_frame(). */
	uint64_t *const *chunks;
};

/** The flags of a truncated stack. */
static inline uint32_t stack_truncated(enum stack_end end, uint32_t module)
{
	return STACK_TRUNCATED | (uint32_t)end << STACK_END_SHIFT |
	       (module <= UINT16_MAX ? module << STACK_MODULE_SHIFT : 0);
}

static inline enum stack_end stack_end(uint32_t flags)
{
	unsigned end = flags >> STACK_END_SHIFT & STACK_END_MASK;

	return end < STACK_NUM_ENDS ? (enum stack_end)end : STACK_END_UNKNOWN;
}

/** The flags of a stack of so many sure frames. */
static inline uint32_t stack_sure(size_t num_sure)
{
	return (uint32_t)(num_sure < STACK_SURE_MAX ? num_sure : STACK_SURE_MAX)
	       << STACK_SURE_SHIFT;
}

static inline uint32_t stack_num_sure(uint32_t flags)
{
	return flags >> STACK_SURE_SHIFT & STACK_SURE_MAX;
}

/** 0: none is known. */
static inline uint32_t stack_end_module(uint32_t flags)
{
	return flags >> STACK_MODULE_SHIFT;
}

/** Frame i of a stack; 0 is the most recent one. */
static inline uint64_t stack_frame(const struct stack *stack, uint32_t i)
{
	uint32_t id = stack->ids[i];

	return stack->chunks[id / STACK_CHUNK][id % STACK_CHUNK];
}

struct stacks;

struct err *stacks_create(struct stacks **ret) __must_check;
void stacks_destroy(struct stacks *stacks);

/** The id of a stack, copied when it is new. total_nframe and flags are part of its identity.
 *  Without frames the stack becomes the single frame FRAME_UNKNOWN. O(frames). &err_nomem: table
 *  unchanged. */
struct err *stacks_intern(struct stacks *stacks, const uint64_t *frames, size_t num_frames,
			  size_t total_nframe, uint32_t flags, uint32_t *ret) __must_check;

/** Find the id of a stack, as stacks_intern() does. False: it is not in the table. */
bool stacks_find(const struct stacks *stacks, const uint64_t *frames, size_t num_frames,
		 size_t total_nframe, uint32_t flags, uint32_t *ret);

/** The stack of an id that this table gave out; its frames live as long as the table. O(1). */
struct stack stacks_get(const struct stacks *stacks, uint32_t id);

size_t stacks_num(const struct stacks *stacks);
/** Number of distinct frames; ids are [0, num). */
size_t stacks_num_frames(const struct stacks *stacks);
/** Bytes of memory held by the table. */
size_t stacks_memory(const struct stacks *stacks);

#endif
