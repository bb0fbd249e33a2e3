// SPDX-License-Identifier: GPL-3.0-or-later
/** For os/cpu.c and its tests. */
#ifndef TRACE_OS_CPU_INTERNAL_H
#define TRACE_OS_CPU_INTERNAL_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct cpu {
	/** As in cpu_create(). */
	int socket;
	/** How many CPUs the machine has; whether other work waits for one. */
	int num_cpus;
	bool is_crowded;
	/** The two usable CPUs; is_off: there are not exactly two; the one that we are bound to,
	 *  -1: none. */
	int cpus[2];
	bool is_off;
	int bound_to;
	unsigned stops_to_check;
	/** How many looks in a row found others who want to run, and how many found so many others
	 *  that all CPUs were taken. */
	unsigned num_shared_looks;
	unsigned num_crowded_looks;
	uint64_t last_stop_ns;
	/** The keep-busy thread: its id, 0: it does not run (yet); the CPU that it is bound to.
	 *  is_keeping_busy is a futex: it is to keep the CPU busy. */
	bool is_keeper_started;
	pid_t keeper_tid;
	int keeper_cpu;
	uint32_t is_keeping_busy;
};

#endif
