// SPDX-License-Identifier: GPL-3.0-or-later
/** The agent in one process, as the tracer knows it (agent/agent.h is what it is). Internal to
 *  trace/agent/.
 *
 *  It is put in by the first thread that meets the breakpoint of an allocator function
 *  (install.h), works, makes upcalls (upcall.h), stands still when something has to change for all
 *  threads at one moment (quiesce.h), and is left (leave.h). The image stays in the target. */
#ifndef TRACE_AGENT_PROCESS_AGENT_H
#define TRACE_AGENT_PROCESS_AGENT_H

#include "agent/agent.h"
#include "base/cleanup.h"

#include <stdbool.h>
#include <stdint.h>

struct agent_memory;
struct breakpoint;
struct life_word;
struct process;

struct process_agent {
	/** Where the image is in the target, and what it looks like. */
	uint64_t image;
	const struct agent_image *layout;
	/** Where its memory is in the target, and here; the descriptor is for the supervisor, -1
	 *  when that has it. */
	uint64_t memory_addr;
	struct agent_memory *memory;
	struct agent_shared *shared;
	int memory_fd;
	/** Tells the agent that we live. */
	struct life_word *life;
	/** The breakpoint of upcalls. */
	struct breakpoint *upcall;
	/** Somebody was at an upcall in the middle of its work when the agent was left: it goes on,
	 *  with the memory. */
	bool is_memory_needed;
	/** The supervisor has mapped the memory: it may be used. */
	bool is_ready;
	/** As it was last written. */
	enum agent_mode mode;
	/** The epoch that the agent knows. */
	uint64_t epoch;
	/** Patched functions, or such as cannot be, by their index in agent_shared.probes. */
	struct breakpoint *functions[AGENT_MAX_PROBES];
	uint32_t num_functions;
};

/** Write the mode. False: the process is gone. */
bool agent_set_mode(struct process *p, enum agent_mode mode);
/** Address of a place of the image. */
static inline uint64_t agent_at(const struct process_agent *a, uint64_t offset)
{
	return a->image + offset;
}

#endif
