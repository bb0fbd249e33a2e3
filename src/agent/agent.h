// SPDX-License-Identifier: GPL-3.0-or-later
/** The agent: the capture core inside the traced process, so that most calls of allocators cost no
 *  stop. It is a cache in front of the breakpoint engine: whatever it cannot do, the tracer does,
 *  at one breakpoint (an **upcall**). This header is its memory and its contract with the tracer,
 *  which puts it into the target, and patches functions to jump to it by way of a **pad**.
 *
 *  The **image** is one mapping: text, behind it a private part (both are inherited by a fork, so
 *  that a child finds the way back to where its functions are to return), and the state page, which
 *  reads as zero in a child (MADV_WIPEONFORK): everything passes through there. What tracer and
 *  agent both use, struct agent_shared, lies in memory that both have mapped. The target may write
 *  all of it: the tracer believes nothing there, and nor does the supervisor.
 *
 *  A pad calls image.enter. The agent tells of the event, and exchanges the return address of an
 *  allocation for image.trampoline; it remembers the original in the private part, by the place on
 *  the stack (the **slot**). While is_busy is set a thread runs code of the agent alone, and makes
 *  no system call; where it has to wait, it makes an upcall. */
#ifndef AGENT_AGENT_H
#define AGENT_AGENT_H

#include "agent/image.h"
#include "capture/capture.h"
#include "capture/live.h"
#include "walk/eh_frame.h"
#include "wire/agent_memory.h"
#include "wire/probe_kind.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define AGENT_MAX_PROBES 256u

/** A patched function, by the probe_index of its pad (struct arch_pad_head). Written by the tracer
 *  before the function is patched. */
struct agent_probe {
	uint64_t function;
	/** Its symbol is NULL. */
	struct probe probe;
	/** For events: as in struct capture_entry. */
	uint32_t probe_id;
	/** Index into agent_state.usable; one that does not exist: nothing is known. */
	uint32_t allocator;
	uint64_t code_start;
	uint64_t code_end;
	/** The index for shared_stats.hits; the entries themselves count in agent_thread.hits. */
	uint32_t hit_slot;
	uint32_t reserved;
};

/* Threads. */

#define AGENT_MAX_THREADS 2048u
#define AGENT_PENDING     64u
#define AGENT_MAX_FRAMES  1024u
#define AGENT_THREAD_SIZE (64u << 10)

enum agent_upcall_reason {
	/** frame is a struct agent_frame: the tracer does the whole entry, with the state of
	 *  `thread`, and its own way to see the return. AGENT_DONE, or AGENT_ASK. Without a thread
	 *  it finds one by itself. */
	AGENT_UPCALL_ENTRY,
	/** frame is a struct agent_return_frame: the same for a return. AGENT_DONE. */
	AGENT_UPCALL_RETURN,
	/** Row for thread->miss. AGENT_RETRY. */
	AGENT_UPCALL_MISS,
	/** The ring is full: wait for room. AGENT_RETRY. */
	AGENT_UPCALL_FULL,
	/** The thread is not in the table. AGENT_RETRY when it is; AGENT_DONE: pass this event
	 *  through. */
	AGENT_UPCALL_THREAD,
	/** The mode is AGENT_PAUSED. is_busy is 0, frame as at ENTRY or RETURN. AGENT_RETRY when
	 *  it may have changed. */
	AGENT_UPCALL_PAUSE,
	/** want_exit was set: the thread is done, is_busy is 0, and it touches nothing but its
	 *  stack any more. The answer does not matter. */
	AGENT_UPCALL_EXIT,
	AGENT_NUM_UPCALLS,
};

/** What the tracer answers. Nobody else does, so without a tracer it is the first one. */
enum agent_answer {
	AGENT_ORPHANED,
	/** Nothing more is to be done. */
	AGENT_DONE,
	/** Do it again. */
	AGENT_RETRY,
	/** At AGENT_UPCALL_ENTRY with a thread: ask the allocator for the size of the block that is
	 *  to be freed (thread->asked), and do it again. */
	AGENT_ASK,
};

/** What a thread has done so far; the tracer adds up. */
struct agent_counters {
	uint64_t num_events;
	uint64_t abandoned;
	uint64_t truncated;
	uint64_t failed;
	/** Allocations for whose return there was no room. */
	uint64_t num_unexchanged;
	uint64_t upcalls[AGENT_NUM_UPCALLS];
};

/** Any record but the frames of a stack. */
union agent_staged {
	struct ring_record header;
	uint8_t stack[sizeof(struct event_stack)];
	struct event_alloc alloc;
	struct event_free free;
	struct event_take take;
	struct event_abandon abandon;
	struct event_realloc realloc;
	struct event_measure measure;
};

/** A block of which the tracer wants to know the size, and what its allocator says. */
struct agent_asked {
	/** 0: nothing was asked. */
	uint64_t ptr;
	/** 0: not known. */
	uint64_t usable;
};

/** One thread. Made by the tracer, from zeros: tid and index, thread_pointer, producer -1. While
 *  is_busy is set it is the agent's; during an upcall, and outside, it is the tracer's. */
struct agent_thread {
	/** Set first and cleared last by the agent. */
	uint32_t is_busy;
	/** Set by the tracer, which wants AGENT_UPCALL_EXIT when the agent is done. */
	uint32_t want_exit;
	int32_t tid;
	/** Place in agent_shared.threads. */
	uint32_t index;
	uint64_t thread_pointer;
	/** Place in the ring; -1: it has not joined. To be buried by the tracer. */
	int32_t producer;
	uint32_t reserved;
	/** For agent_shared.stamps. */
	uint64_t num_stamps;
	struct agent_counters counters;
	/** Entries of patched functions. */
	uint64_t hits[AGENT_MAX_PROBES];
	struct capture_thread capture;
	struct capture_pending pending[AGENT_PENDING];
	/** At AGENT_UPCALL_MISS. */
	struct walk_frame miss;
	/** The answer to AGENT_ASK. */
	struct agent_asked asked;
	/** The agent's own. */
	union agent_staged staged;
	uint64_t pcs[AGENT_MAX_FRAMES];
	struct eh_room eh_room;
	/** Remembered walks. */
	_Alignas(64) struct capture_memo memo;
};

/** Its room. */
union agent_room {
	struct agent_thread thread;
	uint8_t bytes[AGENT_THREAD_SIZE];
};
_Static_assert(sizeof(union agent_room) == AGENT_THREAD_SIZE, "64 KiB a thread");

/** agent_place.index: several tasks have this thread pointer, each event is an upcall. */
#define AGENT_PLACE_SHARED 0xffffffffu
/** agent_place.thread_pointer of a thread that has ended. */
#define AGENT_PLACE_ENDED 1u
#define AGENT_NUM_PLACES  8192u

/** Which thread is it? Open addressing by agent_place_of(); 0: free, ends a search. */
struct agent_place {
	/** Written last (release) when a thread is put in, first when it is taken out. */
	uint64_t thread_pointer;
	uint32_t index;
	int32_t tid;
};

static inline uint32_t agent_place_of(uint64_t thread_pointer)
{
	return (uint32_t)((thread_pointer >> 6) * 0x9e3779b97f4a7c15ull >> 51);
}
_Static_assert(AGENT_NUM_PLACES == 1u << (64 - 51), "agent_place_of() has so many bits");

/* What tracer and agent share. */

#define AGENT_MAX_COPIES  64u
#define AGENT_KNOWN       (1u << 17)
#define AGENT_KNOWN_WORDS (sizeof(struct capture_known) / 8 + AGENT_KNOWN)
#define AGENT_STAMPS      (1u << 16)

#define AGENT_ROWS (1u << 16)

/** [start, end): copies of instructions (pads, xol areas). An interrupted frame in it is an
 *  upcall. */
struct agent_copies {
	uint64_t start;
	uint64_t end;
};

/** A row that the agent has compiled; key 0: none. */
struct agent_row {
	uint64_t key;
	uint64_t row[sizeof(struct cfi_row) / sizeof(uint64_t)];
};

/** Zero-filled at first. Pages that are never touched cost nothing. */
struct agent_shared {
	/** The agent's copy. num_calls begins at 1 << 62; is_live_unknown is true but with
	 *  sampling, where few blocks are live; the tracer keeps its own for what it does
	 *  itself. */
	struct capture_process process;
	uint32_t num_probes;
	uint32_t num_copies;
	/** More copies than fit: every interrupted frame is an upcall. */
	uint32_t has_more_copies;
	uint32_t reserved;
	struct agent_copies copies[AGENT_MAX_COPIES];
	struct agent_probe probes[AGENT_MAX_PROBES];
	/** struct capture_known of AGENT_KNOWN places; initialised by the tracer. */
	_Alignas(64) uint64_t known[AGENT_KNOWN_WORDS];
	/** By agent_stamp_of(capture_key()): changes when an allocation returns a block of that
	 *  key, or another one of the same place. */
	uint64_t stamps[AGENT_STAMPS];
	struct agent_place places[AGENT_NUM_PLACES];
	/** Of the agent alone. */
	_Alignas(64) struct agent_row rows[AGENT_ROWS];
	/** Blocks that were sampled; with process.is_live_unknown it is not used. */
	struct capture_live live;
	_Alignas(4096) union agent_room threads[AGENT_MAX_THREADS];
};

_Static_assert(sizeof(struct agent_shared) <= AGENT_MEMORY_AGENT_SIZE, "its part");

static inline uint32_t agent_stamp_of(uint64_t key)
{
	return (uint32_t)((key >> 4) * 0x9e3779b97f4a7c15ull >> 48);
}
_Static_assert(AGENT_STAMPS == 1u << (64 - 48), "agent_stamp_of() has so many bits");

#endif
