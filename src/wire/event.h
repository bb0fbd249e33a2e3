// SPDX-License-Identifier: GPL-3.0-or-later
/** What the tracer tells the supervisor: records of the ring, in the order in which things
 *  happened. */
#ifndef WIRE_EVENT_H
#define WIRE_EVENT_H

#include "walk/walk.h"
#include "wire/ring.h"

#include <stdint.h>

enum event_kind {
	/** struct event_stack: a stack that was not seen in this epoch yet; precedes its first
	 *  use. */
	EVENT_STACK,
	/** struct event_alloc: an allocation returned. */
	EVENT_ALLOC,
	/** struct event_free: a block is about to be freed (entry). */
	EVENT_FREE,
	/** struct event_usable: what an allocation of that size gets; it concerns one that was reported
	 *  without. */
	EVENT_USABLE,
	/** struct event_take: realloc was entered; the old block is held by the pending call. */
	EVENT_TAKE,
	/** struct event_realloc: realloc returned: a new block in place of the taken one; addr 0:
	 *  it goes back unchanged. */
	EVENT_REALLOC,
	/** struct event_abandon: the taken block is gone without another one in its place: the pending
	 *  call was abandoned (longjmp, end of thread), or a realloc to 0 bytes has freed it. */
	EVENT_ABANDON,
	/** struct event_call: a function of the user's interest was entered as often as was asked
	 *  for. */
	EVENT_CALL,
	/** struct event_measure: a measured function was entered, or has returned (flags:
	 *  MEASURE_UNWOUND: it was left by longjmp, an exception or the end of its thread, some time
	 *  before). */
	EVENT_ENTER,
	EVENT_RETURN,
	/** struct event_miss: the walk needs a row; the thread waits for COMMAND_RELEASE. */
	EVENT_MISS,
	/** struct event_thread: the thread stands at the dynamic linker's rendezvous and waits for
	 *  COMMAND_RELEASE. */
	EVENT_MODULES,
	/** struct event_thread: the thread has just mapped code (only while RELEASE_WATCH_MAPS) and
	 *  waits likewise. */
	EVENT_MAPPED,
	/** struct event_thread: a new image was executed; nothing is planted any more; waits for
	 *  COMMAND_RELEASE. */
	EVENT_EXEC,
	/** struct event_exit: the target has ended. */
	EVENT_EXIT,
	/** struct event_child: a child of the target is followed; it waits for COMMAND_RELEASE. With
	 *  CHILD_SPAWNED an EVENT_EXEC in its own ring says so, too. */
	EVENT_CHILD,
	/** struct event_text: the target was let go for the reason given ("": the user need not know), it runs on without
	 *  us. */
	EVENT_RELEASED,
	/** struct event_ack: COMMAND with this cookie was carried out. */
	EVENT_ACK,
	/** struct event_ack: stack hashes begin anew: forget the known ones. */
	EVENT_EPOCH,
	/** struct event_ack: COMMAND_CLEAR was carried out between the events before and behind. */
	EVENT_CLEAR,
	/** struct event_text: something the user may want to know. */
	EVENT_NOTE,
};

/** Frames 1 to so many of a stack come with what they call. */
#define STACK_CALLEES 3

struct event_stack {
	struct ring_record header;
	uint64_t hash;
	/** Depth in all; more than num_pcs when the frame limit cut the stack. */
	uint32_t total;
	uint32_t num_pcs;
	/** 1: the walk ended early. */
	uint32_t is_truncated;
	uint32_t reserved;
	/** What frame i + 1 calls, as in struct arch: the function of frame i need not be it, if that was reached by a jump. */
	uint64_t callees[STACK_CALLEES][2];
	/** Look-up addresses, most recent first. */
	uint64_t pcs[];
};

/** What the allocator gives a block; size 0: not known. */
struct event_size {
	uint64_t usable;
	/** The smallest request that gets as much. */
	uint64_t low;
};

struct event_alloc {
	struct ring_record header;
	int32_t tid;
	uint32_t probe;
	uint64_t addr;
	uint64_t size;
	uint64_t stack_hash;
	/** For the estimate of older blocks; not looked up where there can be none. */
	struct event_size usable;
};

/** Flag of EVENT_FREE, EVENT_REALLOC and EVENT_ABANDON: the old block was allocated before the tracing began, as far as the tracer
 *  knows. */
#define FREE_OLDER 1u

struct event_free {
	struct ring_record header;
	int32_t tid;
	uint32_t probe;
	uint64_t addr;
	/** With FREE_OLDER. */
	struct event_size usable;
};

struct event_usable {
	struct ring_record header;
	uint64_t requested;
	struct event_size usable;
};

struct event_take {
	struct ring_record header;
	int32_t tid;
	uint32_t probe;
	/** Number of the pending call, unique in the session. */
	uint64_t call;
	uint64_t addr;
};

struct event_abandon {
	struct ring_record header;
	int32_t tid;
	uint32_t probe;
	uint64_t call;
	/** With FREE_OLDER: of the block. */
	struct event_size old;
};

struct event_realloc {
	struct ring_record header;
	int32_t tid;
	uint32_t probe;
	uint64_t call;
	/** The new block; 0: failed. */
	uint64_t addr;
	uint64_t size;
	uint64_t stack_hash;
	/** As in struct event_alloc. */
	struct event_size usable;
	/** With FREE_OLDER: of the old block. */
	struct event_size old;
};

struct event_call {
	struct ring_record header;
	int32_t tid;
	/** Number of the call probe, as given with COMMAND_PLANT. */
	uint32_t id;
};

#define MEASURE_UNWOUND 1u

struct event_measure {
	struct ring_record header;
	int32_t tid;
	/** As given with COMMAND_PLANT. */
	uint32_t id;
	/** Unique number of the call. */
	uint64_t call;
	/** CLOCK_MONOTONIC. */
	uint64_t time_ns;
};

struct event_miss {
	struct ring_record header;
	int32_t tid;
	uint32_t reserved;
	/** Where the walk stood when it had no row. */
	struct walk_frame frame;
};

struct event_thread {
	struct ring_record header;
	int32_t tid;
	uint32_t reserved;
};

struct event_exit {
	struct ring_record header;
	/** As from waitpid(2). */
	int32_t status;
	uint32_t reserved;
};

/** It did not copy our memory, but has executed a program (vfork, posix_spawn). */
#define CHILD_SPAWNED 1u
/** Its allocators will be traced: they were in its parent. */
#define CHILD_TRACING 2u

struct event_child {
	struct ring_record header;
	int32_t pid;
	/** Its number from 1: its memory is the spare of that number less one. */
	uint32_t process;
	uint32_t flags;
	uint32_t reserved;
};

struct event_ack {
	struct ring_record header;
	uint64_t cookie;
	/** 0, or errno. */
	int32_t result;
	uint32_t reserved;
};

struct event_text {
	struct ring_record header;
	/** NUL-terminated. */
	char text[];
};

#endif
