// SPDX-License-Identifier: GPL-3.0-or-later
/** The threads of the target, and what each of them is in the middle of. */
#ifndef TRACE_OS_THREADS_H
#define TRACE_OS_THREADS_H

#include "arch/arch.h"
#include "base/cleanup.h"
#include "capture/state.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct agent_thread;
struct process;

enum hold_reason {
	NOT_HELD,
	/** A row is missing. The hit of an allocator's entry will be looked at again. */
	HELD_MISS,
	/** At the rendezvous breakpoint. */
	HELD_RENDEZVOUS,
	/** In a stop that is no breakpoint (exec, mmap at launch). */
	HELD_STOP,
	/** At the entry that began a pause. */
	HELD_CALL,
	/** At a breakpoint that was not looked at yet, because of a pause. */
	HELD_PAUSE,
	/** At a breakpoint that was not looked at yet: the supervisor is to map agent memory. */
	HELD_AGENT,
};

/** What a thread was sent through a stub for (glue/usable.c). */
struct size_query {
	bool is_asked;
	/** The breakpoint that it will meet again, and its stack pointer there. */
	uint64_t entry;
	uint64_t sp;
	/** At an entry: the block. */
	uint64_t ptr;
	/** At a return breakpoint: the size that was asked for. */
	uint64_t requested;
	uint32_t allocator;
};

/** An instruction that the pc of a thread was rewound to. */
struct rewound {
	uint64_t addr;
	struct arch_regs regs;
};

struct thread {
	pid_t tid;
	pid_t tgid;
	/** In a stop that we have seen and not ended yet. */
	bool is_stopped;
	enum hold_reason hold;
	/** Between the entry and the exit of a system call. Known only while is_watching_maps. */
	bool is_in_syscall;
	bool is_watching_maps;
	/** A child that shares our memory. Its system calls are looked at before they are made,
	 *  from its beginning (trace/life/setid.c) or from its call of ptrace
	 *  (trace/life/traceme.c). */
	bool is_watching_exec;
	/** It was told that its parent traces it. This becomes true when it executes a program. */
	bool wants_parent;
	/** Attaching, detaching: PTRACE_INTERRUPT was sent, and its stop has not come yet. */
	bool is_interrupted;
	/** Led: on its way to the end of a clone, fork or vfork, where the orphan-trap handler can
	 *  be installed. */
	bool is_led;
	/** Attaching: it is not in the middle of making a task that the kernel would not attach for
	 *  us. */
	bool is_settled;
	struct arch_regs regs;
	/** Registers before restart_syscall() changed them; and whether it did. */
	struct arch_regs interrupted;
	bool has_restarted;
	/** Instructions in whose slots the thread was when a signal came, and its registers before
	 *  the breakpoint (displaced_rewind_pc()). The oldest is overwritten. */
	struct rewound rewound[4];
	unsigned num_rewound;
	/** The breakpoint whose instruction displaced_is_rewound() has just let the thread begin
	 *  again. */
	uint64_t redone_addr;
	/** Stopped: the thread's own pc, if it differs from the one in regs; else 0. */
	uint64_t parked_pc;
	/** The end of what its last walk needed of its stack; 0: none yet. */
	uint64_t stack_top;
	struct size_query query;
	/** What the capture core knows of the thread, and its tables. */
	struct capture_thread capture;
	struct capture_pending *pending;
	uint32_t pending_cap;
	struct capture_measured *measured;
	uint32_t measured_cap;
	/** Its room in agent memory (glue/rooms.h), where the state is while it runs; NULL: none.
	 *  The thread pointer by which the agent finds it, 0: it does not. */
	struct agent_thread *room;
	uint32_t room_index;
	uint64_t thread_pointer;
	/** It stands in the agent, at an upcall. */
	bool is_at_upcall;
	/** There, the agent works with its room, and can ask the allocator (AGENT_ASK). */
	bool may_ask;
};

/** The thread of that id, or NULL. */
struct thread *thread_find(struct process *p, pid_t tid);
/** Add a thread. NULL: out of memory. */
struct thread *thread_add(struct process *p, pid_t tid, pid_t tgid);
/** Remove the record of a thread, which frees t. What t is in the middle of must be settled
 *  before. */
void thread_remove(struct process *p, struct thread *t);
/** Let a stopped thread go on, delivering sig (0: none). */
void thread_continue(struct thread *t, int sig);
/** Fetch the registers of a stopped thread into t->regs. False: it is gone. */
bool thread_fetch(struct thread *t) __must_check;
/** Give a stopped thread the registers in t->regs. False: it is gone. */
bool thread_store(struct thread *t) __must_check;
/** Set the pc of a stopped thread, but not the one in t->regs. The thread goes on there if nothing
 *  else comes, for example after our death. False: it is gone. */
bool thread_park(struct process *p, struct thread *t, uint64_t pc) __must_check;
/** Set the pc of a stopped thread, and in t->regs. False: it is gone. */
bool thread_set_pc(struct process *p, struct thread *t, uint64_t pc) __must_check;
/** Ask a running thread for a stop, and set is_interrupted. False: it is gone. */
bool thread_interrupt(struct thread *t);
/** The ids of all threads, in an array that changes only with the next call: for loops that remove
 *  threads. It needs no memory, because the array grows when threads are added. */
const pid_t *thread_list(struct process *p, size_t *num_ret);

#endif
