// SPDX-License-Identifier: GPL-3.0-or-later
/** What the supervisor tells the tracer: one message each over a SOCK_SEQPACKET socket. The end of
 *  the socket means that the supervisor is gone: the tracer then restores everything and leaves. */
#ifndef WIRE_COMMAND_H
#define WIRE_COMMAND_H

#include "wire/probe.h"

#include <stdint.h>

enum command_kind {
	/** Plant breakpoints: items[]. With PLANT_PROBE all of one module: usable tells how the sizes of its
	 *  blocks are found out; [start, end) is code of the allocator itself, whose
	 *  frees of blocks that nobody has allocated are its own business. With PLANT_CALL: EVENT_CALL when they were entered `value`
	 *  times in all; flags: PLANT_PAUSE. */
	COMMAND_PLANT,
	/** Take the roles items[].role (PLANT_CALL, PLANT_MEASURE) at items[].addr out. */
	COMMAND_UNPLANT,
	/** End the pause that PLANT_PAUSE has brought about. */
	COMMAND_UNPAUSE,
	/** Forget breakpoints and pending sites in [start, end): the module is gone. Stack hashes
	 *  begin anew. */
	COMMAND_DROP,
	/** Code of a module: [start, end). Return sites inside keep their breakpoints; elsewhere
	 *  they are planted for one return only (code made at run time may change). */
	COMMAND_MODULE,
	/** [start, end) is unused executable memory in a module: room for displaced instructions
	 *  where none can be mapped. */
	COMMAND_CODE_CAVE,
	/** An area for displaced instructions that an earlier tracer has left at `start`. */
	COMMAND_XOL_AREA,
	/** Let thread tid, which waits after an event, go on. flags: RESUME_*. */
	COMMAND_RELEASE,
	/** Plant everything (again), with `value` as frame limit. Acknowledged. */
	COMMAND_START,
	/** Take everything out, stay attached. Acknowledged. */
	COMMAND_STOP,
	/** Restore, release, end. Acknowledged. */
	COMMAND_DETACH,
	/** SIGKILL to the target. Acknowledged. */
	COMMAND_KILL,
	/** Nothing is read of this process, a child, any more: its shared memory may serve another.
	 *  If it stands in its first stop it is let go. */
	COMMAND_FORGET,
	/** `value` is an address of a system call instruction in the target. */
	COMMAND_SYSCALL_INSN,
	/** All that was allocated so far is forgotten. Acknowledged after the last event of before. */
	COMMAND_CLEAR,
	/** `value` is the address of the dynamic linker's r_debug.r_state: a rendezvous is reported
	 *  only when that says that its list is complete. Until the next exec. */
	COMMAND_LINK_STATE,
};

/** Report code that the thread maps (launch of a dynamic executable): EVENT_MAPPED. */
#define RELEASE_WATCH_MAPS 1u
/** Stop watching. */
#define RELEASE_UNWATCH 2u

/** When the count is reached everything pauses: that thread at the entry, every other one at its
 *  next breakpoint, until COMMAND_UNPAUSE. The ring then ends exactly with that call. */
#define PLANT_PAUSE 1u

enum plant_role {
	/** Entry of an allocator function; id is the index for probe_at() | place in
	 *  shared_stats.hits[] << 16. */
	PLANT_PROBE = 1,
	/** Rendezvous of the dynamic linker. */
	PLANT_RENDEZVOUS = 2,
	/** Function whose calls are counted; id is given back in EVENT_CALL. */
	PLANT_CALL = 4,
	/** Function whose calls are measured: EVENT_ENTER and EVENT_RETURN with its id. */
	PLANT_MEASURE = 8,
	/** ptrace of a C library: a child that shares the target's memory may ask there to be traced
	 *  by it. */
	PLANT_PTRACE = 16,
};

struct command_plant {
	uint64_t addr;
	uint32_t role;
	uint32_t id;
};

/** Items in one message at most. */
#define COMMAND_MAX_ITEMS 200

/** Areas for displaced instructions outlive their tracer, since a signal frame may still lead into
 *  them; the next one finds them by this, at their begin, and uses their slots again. */
#define XOL_AREA_SIZE  (64u << 10)
#define XOL_AREA_MAGIC "malloscope slots 1"

struct command {
	uint32_t kind;
	uint32_t num_items;
	int32_t tid;
	uint32_t flags;
	/** Which of the followed processes: 0 the first one, else event_child.process. */
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
