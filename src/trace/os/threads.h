// SPDX-License-Identifier: GPL-3.0-or-later
/** Threads of the target, and what each of them is in the middle of. */
#ifndef TRACE_OS_THREADS_H
#define TRACE_OS_THREADS_H

#include "arch/arch.h"
#include "base/cleanup.h"
#include "capture/state.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct process;

enum hold_reason {
	NOT_HELD,
	/** A row is missing; the hit of an allocator's entry will be looked at again. */
	HELD_MISS,
	/** At the rendezvous breakpoint. */
	HELD_RENDEZVOUS,
	/** In a ptrace stop that is no breakpoint (exec, mmap at launch). */
	HELD_STOP,
	/** At the entry that brought about a pause. */
	HELD_CALL,
	/** At a breakpoint, not looked at yet, because of a pause. */
	HELD_PAUSE,
};

/** A thread that is on its way through a stub (usable.c). */
struct size_query {
	bool is_asked;
	/** A breakpoint, and the stack pointer there: it will be met again. */
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
	/** In a ptrace stop that we have seen and not yet ended. */
	bool is_stopped;
	enum hold_reason hold;
	/** Between the entry and the exit of a system call, only kept while is_watching_maps. */
	bool is_in_syscall;
	bool is_watching_maps;
	/** A child that shares our memory: its system calls are looked at before they are done,
	 *  from its begin (trace/life/setid.c) or from its call of ptrace
	 *  (trace/life/traceme.c). */
	bool is_watching_exec;
	/** It was told that its parent traces it, which is to come true when it executes a
	 *  program. */
	bool wants_parent;
	/** Attaching, leaving: PTRACE_INTERRUPT was sent, its stop has not come. */
	bool is_interrupted;
	/** On its way to the end of a clone, fork or vfork, where the orphan-trap handler can be
	 *  installed. */
	bool is_led;
	/** Attaching: it cannot be in the middle of making a task that the kernel would not
	 *  attach for us. */
	bool is_settled;
	struct arch_regs regs;
	/** Registers before restart_syscall() changed them, and that it did. */
	struct arch_regs interrupted;
	bool has_restarted;
	/** Instructions whose slots the thread was at when a signal came, registers as they stood
	 *  before the breakpoint (displaced_rewind_pc()). The oldest is overwritten. */
	struct rewound rewound[4];
	unsigned num_rewound;
	/** The breakpoint whose instruction displaced_is_rewound() has just let t begin once
	 *  more. */
	uint64_t redone_addr;
	/** Stopped: the pc that the thread itself has by now, when it differs from the one in regs;
	 *  else 0. */
	uint64_t parked_pc;
	/** End of what its last walk needed of its stack; 0: none yet. */
	uint64_t stack_top;
	struct size_query query;
	/** What the capture core knows, and its tables. */
	struct capture_thread capture;
	struct capture_pending *pending;
	uint32_t pending_cap;
	struct capture_measured *measured;
	uint32_t measured_cap;
};

/** The thread of that id, or NULL. */
struct thread *thread_find(struct process *p, pid_t tid);
/** NULL: out of memory. */
struct thread *thread_add(struct process *p, pid_t tid, pid_t tgid);
/** Its record goes, and t with it; what it is in the middle of must be settled. */
void thread_remove(struct process *p, struct thread *t);
/** Let a stopped thread go on, delivering sig (0: none). */
void thread_continue(struct thread *t, int sig);
/** Registers into t->regs. */
bool thread_fetch(struct thread *t) __must_check;
/** Registers of a stopped thread become those of t->regs. */
bool thread_store(struct thread *t) __must_check;
/** Set the pc of a stopped thread, but not the one in regs: there it will go on if nothing else
 *  comes, our death for instance. */
bool thread_park(struct process *p, struct thread *t, uint64_t pc) __must_check;
/** Set the pc of a stopped thread. */
bool thread_set_pc(struct process *p, struct thread *t, uint64_t pc) __must_check;
/** Ask a running thread for a stop; is_interrupted is set. False: it is gone. */
bool thread_interrupt(struct thread *t);
/** Threads in an array (tids) that changes with the next call only, for loops that remove. No
 *  memory is needed for it: it grows when threads are added. */
const pid_t *thread_list(struct process *p, size_t *num_ret);

#endif
