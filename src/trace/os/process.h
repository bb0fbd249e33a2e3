// SPDX-License-Identifier: GPL-3.0-or-later
/** The tracer, and each process that it traces. One thread does everything, because only that
 *  thread may use ptrace. A second thread listens to the supervisor (trace/life/listen.c).
 *
 *  The tracee can vanish at every call. Functions that touch it then return false. They leave the
 *  rest to the exit that waitpid reports. */
#ifndef TRACE_OS_PROCESS_H
#define TRACE_OS_PROCESS_H

#include "arch/arch.h"
#include "base/engine.h"
#include "base/hmap.h"
#include "base/vec.h"
#include "capture/state.h"
#include "wire/command.h"
#include "wire/probe.h"
#include "wire/shared.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct agent_memory;
struct allocator;
struct capturer;
struct cpu;
struct orphan_handler;
struct process;
struct process_agent;
struct rooms;
struct thread;
struct waiter;
struct xol_area;

/** What all processes share. */
struct tracer {
	const struct arch *arch;
	/** FOLLOW_*. */
	unsigned follow;
	/** As in tracer_options. */
	enum engine engine;
	uint64_t sample_rate;
	/** As in tracer_options. */
	const struct probe_list *user_probes;
	/** By number. A process that has ended stays until another one takes its place. Number 0 is
	 *  the process that the tracer was started for. */
	VEC(struct process *) processes;
	/** tid -> struct process * that has the thread. */
	struct hmap owners;
	/** As in tracer_options: the channels of process 1 and so on. */
	struct shared *const *channels;
	uint32_t num_channels;
	/** A note said that there are too many processes. */
	bool is_limit_noted;
	/** A note said that children are released when they execute a program. */
	bool is_exec_noted;
	/** life/new_tasks.c: new tasks of which only half is known, tid -> enum new_task; and how
	 *  many of them have not stopped yet. */
	struct hmap new_tasks;
	size_t num_expected;
	/** Processes that have has_untold_end. */
	size_t num_untold_ends;

	struct waiter *waiter;
	struct cpu *cpu;
	/** How well it paid lately to look for the next stop without sleeping. 0: not at all. */
	unsigned spin_credit;
	/** Stops since the tracer last spun without credit. */
	unsigned stops_unspun;

	/** Socket to the supervisor; -1 in tests. */
	int socket;
	/** Commands from the listener. lock guards queue and is_supervisor_gone. has_news is also
	 *  read without it. */
	pthread_mutex_t lock;
	VEC(struct command *) queue;
	bool is_supervisor_gone;
	bool has_news;
	/** Signalled with has_news, for times when there is no thread to wait for. */
	pthread_cond_t news;
	/** Signalled when the main thread has seen has_news. */
	pthread_cond_t heard;
	pthread_t main_thread;
	/** Set by a command: detach from everything and end. */
	bool want_detach;
	uint64_t detach_cookie;
};

/** Code of a module: [start, end). */
struct code_range {
	uint64_t start;
	uint64_t end;
};

/** One traced process: all tasks that share a memory, with its children by vfork. */
struct process {
	struct tracer *tracer;
	const struct arch *arch;
	/** Not owned. */
	struct shared *shared;
	/** NULL, or the memory that the agent in the target uses; owned. Events of blocks go to its
	 *  ring (os/emit.c). */
	struct agent_memory *agent_memory;
	/** Of that ring: the position that was told last, and whether it looked full when it was
	 *  not. */
	uint64_t told_position;
	bool is_agent_ring_spoilt;
	/** As in struct command. */
	uint32_t number;
	pid_t pid;
	/** /proc/PID/mem, -1: none. */
	int mem_fd;
	/** It runs a process image that we trace. So its next exec is followed or not. */
	bool has_process_image;
	/** The leader had ended before we came. So only the last thread reports the end of the
	 *  process. */
	bool has_no_leader;
	bool is_tracing;
	/** The engine in use: not ENGINE_AUTO. */
	enum engine engine;
	/** It has ended, at ended_ns (CLOCK_MONOTONIC). is_released: the supervisor needs it no
	 *  more. */
	bool is_ended;
	uint64_t ended_ns;
	bool is_released;
	/** EVENT_EXIT is still to come, with this status. */
	bool has_untold_end;
	int end_status;
	/** An ignored signal broke off a system call, which happens to tracees only. More of them
	 *  may come. */
	bool has_ignored_signals;

	/** tid -> struct thread *. */
	struct hmap threads;
	/** Room for the ids of all threads: thread_list(). */
	VEC(pid_t) tids;
	/** Detaching: this thread removes the orphan-trap handler when all others are free. Until
	 *  then somebody may need the handler. */
	struct thread *last_thread;

	/** Address of a system call instruction, 0: not known. */
	uint64_t syscall_insn;
	/** os/inject.c: where the stubs are, 0: there is no area for them; the serial number of the
	 *  last one; where a stub in a code cave is, which is used while there are no others, 0:
	 *  nowhere. */
	uint64_t stubs_addr;
	uint64_t stub_serial;
	uint64_t cave_stub;

	/** Address -> struct breakpoint *. */
	struct hmap breakpoints;
	/** Code of all modules. */
	VEC(struct code_range) modules;
	/** code/xol_areas.c; and where the slot of an instruction is, by its address, also in areas
	 *  of an earlier tracer. */
	VEC(struct xol_area) xol_areas;
	struct hmap xol_slots;
	/** code/pads.c: where pads are, and which parts of that are taken. code/jumps.c: address of
	 *  the jump -> struct patch *, also of jumps that are out again. */
	VEC(uint64_t) pad_areas;
	VEC(struct code_range) pads;
	struct hmap patches;
	/** The process is registered for membarrier(2). */
	bool has_membarrier;
	/** Tests: functions are patched, with pads that do nothing. */
	bool has_empty_pads;
	/** mmap in the target was refused: do not try again. */
	bool is_mmap_refused;
	struct orphan_handler *orphan;
	/** life/traceme.c: address of a copy of arch->redo_stub, 0: none yet. */
	uint64_t redo_stub;

	/** COMMAND_LINK_STATE; 0: not known. */
	uint64_t link_state;
	/** The function whose calls are counted: its id as in PLANT_CALL, how many entries are
	 *  left, whether to pause then. */
	uint32_t call_id;
	uint64_t call_remaining;
	bool want_call_pause;
	bool is_paused;

	/** Probes of the user's own, or NULL. */
	const struct probe_list *user_probes;
	VEC(struct allocator) allocators;
	/** For USABLE_CALL: requested size, with the allocator's index from bit USABLE_SHIFT on ->
	 *  usable size. */
	struct hmap usable_sizes;
	/** What the capture core knows of the process, and what glue/capturer.c needs for it. */
	struct capture_process capture;
	struct capturer *capturer;

	/** The agent (trace/agent/), the rooms of threads in its memory. NULL: there is none. */
	struct process_agent *agent;
	struct rooms *rooms;
	/** Where the functions return to whose return addresses the agent has exchanged, and where
	 *  it keeps those (struct agent_private); 0: nowhere. */
	uint64_t trampoline;
	uint64_t agent_private;
	/** It has functions that unwind stacks, and we see them called (PLANT_UNWIND). */
	bool has_unwinder;
	/** It was tried to put it in. */
	bool is_agent_tried;
};

#endif
