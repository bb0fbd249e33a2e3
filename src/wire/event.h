// SPDX-License-Identifier: GPL-3.0-or-later
/** Events of the tracer for the supervisor: records of the ring, in the order in which things
 *  happened. */
#ifndef WIRE_EVENT_H
#define WIRE_EVENT_H

#include "base/engine.h"
#include "walk/walk.h"
#include "wire/plant_why.h"
#include "wire/ring.h"

#include <stdbool.h>
#include <stdint.h>

enum event_kind {
	/** struct event_stack: a stack that was not seen in this epoch. It comes before its first
	 *  use. */
	EVENT_STACK,
	/** struct event_alloc: an allocation returned. */
	EVENT_ALLOC,
	/** struct event_free: a block is about to be freed (entry). */
	EVENT_FREE,
	/** struct event_usable: what an allocation of that size gets. It is about an allocation
	 *  that was reported without. */
	EVENT_USABLE,
	/** struct event_take: realloc was entered. The pending call holds the old block. */
	EVENT_TAKE,
	/** struct event_realloc: realloc returned. A new block replaces the taken one; with addr 0
	 *  the taken block is put back unchanged. */
	EVENT_REALLOC,
	/** struct event_abandon: the taken block is gone, and no other block replaces it. The
	 *  pending call was abandoned (longjmp, end of its thread), or a realloc to 0 bytes has
	 *  freed the block. */
	EVENT_ABANDON,
	/** struct event_call: a function that the user named was entered as often as was asked
	 *  for. */
	EVENT_CALL,
	/** struct event_measure: a measured function was entered, or has returned. flags:
	 *  MEASURE_UNWOUND: it did not return; some time ago longjmp, an exception or the end of
	 *  its thread ended it. */
	EVENT_ENTER,
	EVENT_RETURN,
	/** struct event_miss: the walk needs a row; the thread waits for COMMAND_RELEASE. */
	EVENT_MISS,
	/** struct event_thread: the thread stands at the rendezvous of the dynamic linker, and
	 *  waits for COMMAND_RELEASE. */
	EVENT_MODULES,
	/** struct event_thread: the thread has just mapped code, and waits for COMMAND_RELEASE.
	 *  Only with RELEASE_WATCH_MAPS. */
	EVENT_MAPPED,
	/** struct event_thread: a new program was executed, and nothing is planted any more. The
	 *  thread waits for COMMAND_RELEASE. */
	EVENT_EXEC,
	/** struct event_exit: the target has ended. */
	EVENT_EXIT,
	/** struct event_child: a child of the target is followed, and waits for COMMAND_RELEASE.
	 *  With CHILD_SPAWNED, an EVENT_EXEC in its own ring comes, too. */
	EVENT_CHILD,
	/** struct event_text: the target was released for this reason, and runs on untraced. "":
	 *  the user need not know. */
	EVENT_RELEASED,
	/** struct event_ack: the command with this cookie was carried out. */
	EVENT_ACK,
	/** struct event_ack: stack hashes begin anew. Forget the known ones. */
	EVENT_EPOCH,
	/** struct event_ack: COMMAND_CLEAR was carried out here, between two events. */
	EVENT_CLEAR,
	/** struct event_text: something the user may want to know. */
	EVENT_NOTE,
	/** struct event_engine: from now on that engine captures the calls of the process. */
	EVENT_ENGINE,
	/** struct event_planted: from now on that is how the function is entered by us. */
	EVENT_PLANTED,
	/** struct event_agent: from now on events of blocks come through the ring of the agent's
	 *  memory, or no longer. With a memory the thread waits for COMMAND_RELEASE
	 *  (RELEASE_NO_AGENT: go on without). */
	EVENT_AGENT,
	/** struct event_position: what follows in this ring happened after the events before that
	 *  position of the agent's ring. */
	EVENT_POSITION,
	NUM_EVENT_KINDS,
};

/** Events that come through the ring of the agent's memory while there is one: what happens to
 *  blocks. All others come from the tracer alone, through the ring that no target can write. */
static inline bool event_is_heap(unsigned kind)
{
	return kind <= EVENT_ABANDON;
}

/** For frames 1 to STACK_CALLEES of a stack, what they call is known. */
#define STACK_CALLEES 3

struct event_stack {
	struct ring_record header;
	uint64_t hash;
	/** The whole depth. It is more than num_pcs if the frame limit cut the stack. */
	uint32_t total;
	uint32_t num_pcs;
	/** Not 0: the walk ended early, for this reason (enum walk_stop). */
	uint32_t stop;
	/** Frames from this one on were found by the frame pointer of code without call-frame
	 *  information; total: none. */
	uint32_t num_sure;
	/** With it: look-up address of the oldest frame, also if the frame limit cut it off. */
	uint64_t last_pc;
	/** What frame i + 1 calls, as in struct arch. This need not be the function of frame i,
	 *  which may have been reached by a jump. */
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
	/** For the estimate of older blocks. It is 0 where there can be none. */
	struct event_size usable;
};

/** A flag of EVENT_FREE, EVENT_REALLOC and EVENT_ABANDON: as far as the tracer knows, the old block
 *  was allocated before the tracing began. */
#define FREE_OLDER 1u
/** A flag of EVENT_FREE: who told it does not know whether the block is freed here, or was freed
 *  before, as a part of the same call. If it is live it is freed, else this is nothing. */
#define FREE_IF_LIVE 2u

/** A flag of EVENT_FREE: addr is the handle of a pool, and all its blocks are freed. */
#define FREE_POOL 4u
/** A flag of EVENT_ALLOC and EVENT_REALLOC: usable.usable is the handle of the pool that the new
 *  block belongs to. */
#define ALLOC_POOL 8u

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

/** The child did not copy our memory. It has executed a program (vfork, posix_spawn). */
#define CHILD_SPAWNED 1u
/** Its allocators will be traced, because they were in its parent. */
#define CHILD_TRACING 2u

struct event_child {
	struct ring_record header;
	int32_t pid;
	/** Its number, from 1. Its shared memory is the preallocated one of that number less
	 *  one. */
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

struct event_agent {
	struct ring_record header;
	/** A descriptor of the tracer for wire/agent_map.h, open until the release; -1: the agent
	 *  is gone. */
	int32_t fd;
	/** The thread that waits. */
	int32_t tid;
};

struct event_position {
	struct ring_record header;
	uint64_t position;
};

struct event_text {
	struct ring_record header;
	/** NUL-terminated. */
	char text[];
};

/** Longest reason, with its NUL. */
#define EVENT_REASON_MAX 128

struct event_engine {
	struct ring_record header;
	/** enum engine: ENGINE_BREAKPOINT or ENGINE_AGENT. */
	uint32_t engine;
	uint32_t reserved;
	/** Why it is not the one that was asked for, "" if it is. NUL-terminated. */
	char reason[];
};

struct event_planted {
	struct ring_record header;
	/** As in struct command_plant. */
	uint64_t addr;
	/** enum plant_how, enum plant_why. */
	uint32_t how;
	uint32_t why;
};

#endif
