// SPDX-License-Identifier: GPL-3.0-or-later
/** Commands of the supervisor to the tracer: one message each over a SOCK_SEQPACKET socket. The end
 *  of the socket means that the supervisor is gone. The tracer then restores everything and
 *  ends. */
#ifndef WIRE_COMMAND_H
#define WIRE_COMMAND_H

#include "wire/probe.h"

#include <stdint.h>

enum command_kind {
	/** Plant breakpoints: items[].
	 *
	 *  With PLANT_PROBE: all items belong to one module. usable says how to find out the sizes
	 *  of its blocks. [start, end) is the code of the allocator itself: a free from there of an
	 *  unknown block does not count.
	 *
	 *  With PLANT_CALL: EVENT_CALL comes when the items were entered `value` times in all.
	 *  flags: PLANT_PAUSE. */
	COMMAND_PLANT,
	/** Take the roles items[].role (PLANT_CALL, PLANT_MEASURE) from the breakpoints at
	 *  items[].addr. */
	COMMAND_UNPLANT,
	/** End the pause that PLANT_PAUSE began. */
	COMMAND_UNPAUSE,
	/** Forget the breakpoints in [start, end), and the calls that would return there: the
	 *  module is gone. Stack hashes begin anew. */
	COMMAND_DROP,
	/** [start, end) is the code of a module. Return breakpoints in it stay. Elsewhere they are
	 *  planted for one return only, because code made at run time may change. */
	COMMAND_MODULE,
	/** [start, end) is unused executable memory in a module: a code cave, for slots where no
	 *  memory can be mapped. */
	COMMAND_CODE_CAVE,
	/** An earlier tracer left a xol area at `start`. */
	COMMAND_XOL_AREA,
	/** Release thread tid, which waits after an event. flags: RELEASE_*. */
	COMMAND_RELEASE,
	/** Plant everything (again). `value` is the frame limit. Acknowledged. */
	COMMAND_START,
	/** Take all breakpoints out, and stay attached. Acknowledged. */
	COMMAND_STOP,
	/** Restore all bytes, release all threads, and end. Acknowledged. */
	COMMAND_DETACH,
	/** Send SIGKILL to the target. Acknowledged. */
	COMMAND_KILL,
	/** The supervisor is done with this process, a child: its shared memory may serve another
	 *  one. If the child stands in its first stop, it is released. */
	COMMAND_FORGET,
	/** `value` is an address of a system call instruction in the target. */
	COMMAND_SYSCALL_INSN,
	/** Forget all that was allocated so far. Acknowledged after the last event from before. */
	COMMAND_CLEAR,
	/** `value` is the address of the dynamic linker's r_debug.r_state. From now on a rendezvous
	 *  is reported only when r_state says that the list is complete. Until the next exec. */
	COMMAND_LINK_STATE,
	/** Bring the statistics in shared memory up to date: the agent counts for itself.
	 *  Acknowledged. */
	COMMAND_COUNT,
};

/** Report when the thread maps code (launch of a dynamic executable): EVENT_MAPPED. */
#define RELEASE_WATCH_MAPS 1u
/** Stop watching. */
#define RELEASE_UNWATCH 2u
/** After EVENT_AGENT: the supervisor cannot use that memory. */
#define RELEASE_NO_AGENT 4u

/** When the count is reached, everything pauses until COMMAND_UNPAUSE: that thread at the entry,
 *  every other one at its next breakpoint. So the ring ends exactly with that call. */
#define PLANT_PAUSE 1u

enum plant_role {
	/** Entry of an allocator function. id is the index for probe_at() | the place in
	 *  shared_stats.hits[] << 16. */
	PLANT_PROBE = 1,
	/** The rendezvous of the dynamic linker. */
	PLANT_RENDEZVOUS = 2,
	/** A function whose calls are counted. EVENT_CALL has its id. */
	PLANT_CALL = 4,
	/** A function whose calls are measured. EVENT_ENTER and EVENT_RETURN have its id. */
	PLANT_MEASURE = 8,
	/** ptrace() of a C library. A child that shares the target's memory may ask there to be
	 *  traced by the target. */
	PLANT_PTRACE = 16,
	/** A function that looks at the return addresses on the stack: it is to find those of the
	 *  program there, not the agent's. */
	PLANT_UNWIND = 32,
};

struct command_plant {
	uint64_t addr;
	uint32_t role;
	uint32_t id;
	/** PLANT_PROBE: bytes of the function, 0: not known. */
	uint64_t size;
};

/** How many items a message can have. */
#define COMMAND_MAX_ITEMS 200

/** Xol areas outlive their tracer, because a signal frame may still lead into them. The next tracer
 *  finds them by this mark at their beginning, and uses their slots again. */
#define XOL_AREA_SIZE  (64u << 10)
#define XOL_AREA_MAGIC "malloscope slots 1"

struct command {
	uint32_t kind;
	uint32_t num_items;
	int32_t tid;
	uint32_t flags;
	/** The number of the process: 0 for the first one, else event_child.process. */
	uint32_t process;
	uint32_t reserved;
	struct usable_source usable;
	/** Given back in EVENT_ACK unless 0. */
	uint64_t cookie;
	uint64_t value;
	uint64_t start;
	uint64_t end;
	struct command_plant items[COMMAND_MAX_ITEMS];
};

#endif
