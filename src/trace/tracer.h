// SPDX-License-Identifier: GPL-3.0-or-later
/** The tracer process. It does everything that needs ptrace, and nothing else. It is forked from
 *  the supervisor, seizes or launches the target, plants traps and takes them out, and writes
 *  events into the shared ring. It reads no file of the target. When the supervisor's end of the
 *  socket closes, for whatever reason, the tracer takes out every trap, releases every thread and
 *  ends. */
#ifndef TRACE_TRACER_H
#define TRACE_TRACER_H

#include "base/engine.h"
#include "base/err.h"
#include "wire/command.h"
#include "wire/shared.h"

#include <stdbool.h>
#include <sys/types.h>

/** What is followed: new process images and children. Children that are not followed are left
 *  alone. */
#define FOLLOW_EXEC 1u
/** Follow new process images of the first process, and children by fork. Children that share the
 *  target's memory until they execute a program (vfork, posix_spawn) are followed only with
 *  FOLLOW_EXEC. */
#define FOLLOW_FORK 2u

struct tracer_options {
	struct shared *shared;
	/** FOLLOW_*. */
	unsigned follow;
	/** FOLLOW_FORK: preallocated channels from shared_reserve(), one for each child that can be
	 *  followed. The array must stay valid in the tracer. */
	struct shared *const *channels;
	uint32_t num_channels;
	/** Attach to this process, or 0: launch the program at path with argv. */
	pid_t pid;
	const char *path;
	char *const *argv;
	/** Launch: whether to make a process group for it; its standard input, or NULL. */
	bool want_own_group;
	const char *stdin_path;
	uint32_t nframe;
	/** Allocations are sampled: as in struct capture_process. 0: all are recorded. */
	uint64_t sample_rate;
	/** The engine that is wanted, of every process. */
	enum engine engine;
	/** Probes of the user's own, or NULL. */
	const struct probe_list *probes;
};

/** What the supervisor has of its tracer. */
struct tracer_handle {
	/** The tracer process; a child of the caller, to be waited for. */
	pid_t pid;
	/** SOCK_SEQPACKET. Commands go in. Owned. */
	int socket;
	/** The target. */
	pid_t target;
	/** As in struct command. */
	uint32_t process;
};

/** At which stage starting failed. */
enum tracer_stage {
	TRACER_STARTED,
	/** fork, socket, /proc. */
	TRACER_FAILED_SETUP,
	/** PTRACE_SEIZE. */
	TRACER_FAILED_SEIZE,
	/** execve of the launched program. */
	TRACER_FAILED_EXEC,
	/** Opening /proc/PID/mem. */
	TRACER_FAILED_MEM,
};

/** Fork the tracer, and wait until it has seized the target, or the launched program was executed.
 *  On failure *stage_ret and *errnum_ret tell why. The tracer is then gone and the target is
 *  untouched; a launched program has not run. Must be called while the process has one thread. */
bool tracer_start(const struct tracer_options *options, struct tracer_handle *ret,
		  enum tracer_stage *stage_ret, int *errnum_ret) __must_check;

/** Send a command. &err_gone: the tracer is gone. */
struct err *tracer_send(const struct tracer_handle *tracer,
			const struct command *command) __must_check;

#endif
