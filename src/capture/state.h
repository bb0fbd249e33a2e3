// SPDX-License-Identifier: GPL-3.0-or-later
/** What the capture core keeps of one traced process: plain data without a pointer, so that it can
 *  lie in memory that several processes map at different addresses. Whoever owns it gives the room;
 *  all zero is its beginning, but for the set of known stacks. */
#ifndef CAPTURE_STATE_H
#define CAPTURE_STATE_H

#include "capture/sample.h"
#include "wire/event.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** A call of an allocator that has not returned yet. */
struct capture_pending {
	/** With has_taken: unique number, for EVENT_TAKE and what follows it. */
	uint64_t call;
	/** Stack pointer after its return, and the address it returns to: together they identify
	 *  the call. */
	uint64_t sp;
	uint64_t return_addr;
	/** Index of its probe; index of its allocator, which means something to the owner only. */
	uint32_t probe;
	uint32_t allocator;
	/** Of the probe: enum probe_kind, and its family. */
	uint8_t kind;
	bool is_layered;
	/** A realloc: it holds the block at ptr. */
	bool has_taken;
	/** That block was in the live set. */
	bool was_live;
	/** As capture.is_exchanging was when it began. */
	bool is_exchanged;
	/** That block is older than the tracing; old is what the allocator gave it. */
	bool has_older;
	/** usable_is_typical(). */
	bool is_typical;
	/** What it returns was not sampled: only what becomes of the taken block matters. */
	bool is_unsampled;
	struct event_size old;
	/** Requested size; the block or the place for it (realloc, posix_memalign). */
	uint64_t size;
	uint64_t ptr;
	/** Handle of the pool that the block belongs to; 0: none. */
	uint64_t pool;
	uint64_t stack_hash;
};

/** A call of a measured function that has not returned yet. */
struct capture_measured {
	/** Unique number. */
	uint64_t call;
	/** As in struct capture_pending. */
	uint64_t sp;
	uint64_t return_addr;
	uint32_t id;
};

/** So many functions may be entered for one free: delete(void *, size_t) -> delete(void *) ->
 *  free. */
#define CAPTURE_FREED_ENTRIES 6
/** So many frees of a thread are remembered. */
#define CAPTURE_FREED 4

/** The free of a block, and the functions that were entered for it, to recognise the next one. */
struct capture_freed {
	/** capture_key() of the block; 0: none. */
	uint64_t key;
	/** Of the key, then. */
	uint64_t stamp;
	/** The stack pointer at the first entry. */
	uint64_t sp;
	/** The address that the free returns to, where a link register holds it; else it is on the
	 *  stack. */
	uint64_t return_addr;
	/** Addresses of the functions' first instructions. */
	uint64_t entries[CAPTURE_FREED_ENTRIES];
	uint32_t num_entries;
};

/** So many functions may be entered for one allocation that jump to each other: new[] -> new ->
 *  malloc. */
#define CAPTURE_PASSED_ENTRIES 4
/** So many calls of a thread are remembered that were not sampled. */
#define CAPTURE_PASSED 8

/** An allocation that was not sampled, so that what it calls is not taken for another one. Nobody
 *  tells of its return. */
struct capture_passed {
	/** As in struct capture_pending; sp 0: none. */
	uint64_t sp;
	uint64_t return_addr;
	uint64_t size;
	/** Addresses of the functions' first instructions. */
	uint64_t entries[CAPTURE_PASSED_ENTRIES];
	uint8_t num_entries;
	bool is_layered;
};

/** One thread. Its pending and measured calls are in tables of the owner's (struct capture). */
struct capture_thread {
	int32_t tid;
	uint32_t num_pending;
	uint32_t num_measured;
	/** The oldest of freed is overwritten: frees in all. */
	uint32_t num_freed;
	struct capture_freed freed[CAPTURE_FREED];
	/** With sampling only. */
	struct capture_sampler sampler;
	struct capture_passed passed[CAPTURE_PASSED];
	/** The next of them to be given up when there is no other place. */
	uint32_t next_passed;
};

/** One process. */
struct capture_process {
	/** Frames of a stack that are stored. */
	uint32_t nframe;
	/** Nothing was allocated before we saw it: what is not live is not older either. */
	bool is_heap_known;
	/** The owner keeps no live set, but stamps: the reader of the records knows what is live.
	 *  A free that may be a part of an earlier one, or of a pending call, is told with
	 *  FREE_IF_LIVE. */
	bool is_live_unknown;
	/** One sampled byte in so many, 1 to SAMPLE_RATE_MAX; 0: every call counts. */
	uint64_t sample_rate;
	/** Of the threads' random numbers, and how many threads have begun to draw. */
	uint64_t sample_seed;
	uint64_t num_samplers;
	/** Numbers of pending and measured calls that were given so far. */
	uint64_t num_calls;
	/** Seed of the stack hashes: those of different epochs mean different stacks. */
	uint64_t epoch;
};

/** Can there be blocks that are older than the tracing? With sampling nobody asks: their frees
 *  cannot be told from those of blocks that were not sampled. */
static inline bool capture_has_older(const struct capture_process *p)
{
	return !p->is_heap_known && !p->sample_rate;
}

/** Hashes of the stacks that the reader of the records knows: open addressing, 0 is an empty place.
 *  It is a cache: a stack that is missing here is sent once more. So it may be emptied at any time,
 *  and threads may add to it at the same time. */
struct capture_known {
	/** Places, a power of two. */
	uint64_t cap;
	/** Those in use. */
	uint64_t num;
	uint64_t hashes[];
};

/** Bytes for a set of cap places (a power of two, at least 4). */
size_t capture_known_size(uint64_t cap);
/** Empty set in zero-filled memory. */
void capture_known_init(struct capture_known *known, uint64_t cap);
/** O(1). */
bool capture_known_has(const struct capture_known *known, uint64_t hash);
/** Three quarters of the places are in use. */
bool capture_known_is_full(const struct capture_known *known);
/** hash: not 0. A set that is full is emptied first. O(1), or O(cap) then. */
void capture_known_add(struct capture_known *known, uint64_t hash);
/** O(cap). */
void capture_known_clear(struct capture_known *known);

#endif
