// SPDX-License-Identifier: GPL-3.0-or-later
/** The tracer, and each of the processes that it traces. Everything runs on one thread, the only
 *  one that may use ptrace; a second one listens to the supervisor (trace/life/listen.c).
 *
 *  The tracee can vanish at every call. Functions that touch it return false then and leave the
 *  rest to the exit that waitpid reports. */
#ifndef TRACE_OS_PROCESS_H
#define TRACE_OS_PROCESS_H

#include "arch/arch.h"
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

struct allocator;
struct capturer;
struct cpu;
struct orphan_handler;
struct process;
struct thread;
struct waiter;
struct xol_area;

/** What the processes have in common. */
struct tracer {
	const struct arch *arch;
	/** FOLLOW_*. */
	unsigned follow;
	/** As in tracer_options. */
	const struct probe_list *user_probes;
	/** By number, also those that have ended until another takes their place; number 0 is the
	 *  one that the tracer was started for. */
	VEC(struct process *) processes;
	/** tid -> struct process * that has the thread. */
	struct hmap owners;
	/** As in tracer_options: of process 1 and so on. */
	struct shared *const *spares;
	uint32_t num_spares;
	/** It was told that there are too many processes. */
	bool is_limit_noted;
	/** It was told that children which execute programs are let go. */
	bool is_exec_noted;
	/** life/new_tasks.c: new tasks of which only half is known yet: tid -> enum new_task; how
	 *  many of them have not stopped yet. */
	struct hmap new_tasks;
	size_t num_expected;
	/** Processes that have has_untold_end. */
	size_t num_untold_ends;

	struct waiter *waiter;
	struct cpu *cpu;
	/** How well it has paid of late to look for the next stop without sleeping: 0 is not at
	 *  all. */
	unsigned spin_credit;
	/** Stops since spinning was last tried without credit. */
	unsigned stops_unspun;

	/** Socket to the supervisor; -1 in tests. */
	int socket;
	/** Commands from the listener; lock guards queue and is_supervisor_gone; has_news is
	 *  read without it. */
	pthread_mutex_t lock;
	VEC(struct command *) queue;
	bool is_supervisor_gone;
	bool has_news;
	/** Signalled with has_news, for the time when there is no thread to wait for. */
	pthread_cond_t news;
	/** Signalled when has_news was taken note of. */
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

/** One traced process: all that shares a memory, its children by vfork too. */
struct process {
	struct tracer *tracer;
	const struct arch *arch;
	/** Not owned. */
	struct shared *shared;
	/** As in struct command. */
	uint32_t number;
	pid_t pid;
	/** /proc/PID/mem, -1: none. */
	int mem_fd;
	/** It runs a process image that is ours to trace: the next exec is one to follow or not. */
	bool has_process_image;
	/** The leader had ended before we came: nobody reports the end of the process but its
	 *  last thread. */
	bool has_no_leader;
	bool is_tracing;
	/** It has ended, then (CLOCK_MONOTONIC), and the supervisor is done with it. */
	bool is_ended;
	uint64_t ended_ns;
	bool is_released;
	/** EVENT_EXIT is still to come, with this status. */
	bool has_untold_end;
	int end_status;
	/** A signal that is ignored has broken off a system call, which it does to tracees alone:
	 *  more of them may come. */
	bool has_ignored_signals;

	/** tid -> struct thread *. */
	struct hmap threads;
	/** Room for the ids of them all: thread_list(). */
	VEC(pid_t) tids;
	/** Detaching: takes the orphan-trap handler out when all others are free; until then
	 *  somebody may need it. */
	struct thread *last_thread;

	/** Address of a system call instruction, 0: not known. */
	uint64_t syscall_insn;
	/** os/inject.c: where the stubs are, 0: there is no area for them; the serial number of the
	 *  last one; where one is in a code cave as long as there are none, 0: nowhere. */
	uint64_t stubs_addr;
	uint64_t stub_serial;
	uint64_t cave_stub;

	/** Address -> struct breakpoint *. */
	struct hmap breakpoints;
	/** Code of all modules. */
	VEC(struct code_range) modules;
	/** code/xol_areas.c; address of an instruction -> its slot in one of them, also of an
	 *  earlier tracer. */
	VEC(struct xol_area) xol_areas;
	struct hmap xol_slots;
	/** mmap in the target was refused: do not try again. */
	bool is_mmap_refused;
	struct orphan_handler *orphan;
	/** life/traceme.c: address of a copy of arch->redo_stub, 0: none yet. */
	uint64_t redo_stub;

	/** COMMAND_LINK_STATE; 0: not known. */
	uint64_t link_state;
	/** The counted function: id as in PLANT_CALL, entries to go, whether to pause then. */
	uint32_t call_id;
	uint64_t call_remaining;
	bool want_call_pause;
	bool is_paused;

	/** Or NULL: none. */
	const struct probe_list *user_probes;
	VEC(struct allocator) allocators;
	/** Of USABLE_CALL: requested size, with the allocator's index from USABLE_SHIFT on ->
	 *  usable size. */
	struct hmap usable_sizes;
	/** What the capture core knows, and glue/capturer.c about it. */
	struct capture_process capture;
	struct capturer *capturer;
};

#endif
