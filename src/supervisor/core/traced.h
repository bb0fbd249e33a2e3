// SPDX-License-Identifier: GPL-3.0-or-later
/** A traced process from the inside. It has two locks: `lock` guards tables and state, `obj_lock`
 *  modules and symbols. Who needs both takes `lock` first. Looking up symbols can take long, and
 *  needs only `obj_lock`. */
#ifndef SUPERVISOR_CORE_TRACED_H
#define SUPERVISOR_CORE_TRACED_H

#include "arch/arch.h"
#include "base/addr.h"
#include "base/hmap.h"
#include "base/vec.h"
#include "heap/archive.h"
#include "heap/heap.h"
#include "heap/snapshot.h"
#include "obj/modules.h"
#include "obj/symbolize.h"
#include "supervisor/core/run.h"
#include "supervisor/os/crash.h"
#include "supervisor/traced.h"
#include "wire/eh_areas.h"
#include "wire/event.h"
#include "wire/ring_take.h"

#include <pthread.h>

/** Blocks of layered allocators (probe_is_layered()) have this bit in their address in the heap,
 *  because one may begin where a block of malloc does. Addresses of programs end below it. */
#define BLOCK_LAYERED (1ull << ADDR_BITS)

struct agent_memory;
struct agent_ring;
struct alloc_site_cache;
struct event_batch;
struct probe_table;
struct calls;
struct downloads_asked;
struct history;
struct loading;
struct measuring;
struct storing;

struct traced {
	struct session *session;
	pid_t pid;
	/** Its number with the tracer, as in struct command. */
	uint32_t number;
	/** For a followed child, the process that made it; else 0. */
	pid_t parent;
	/** Shared with the tracer; borrowed. NULL for a child that has ended, for merged processes,
	 *  and for a file. */
	struct shared *shared;
	/** The reader of its ring; owned, under lock. NULL before drain_start(), and when shared is
	 *  NULL. */
	struct ring_reader *reader;
	/** NULL, or the memory of the agent in the process, and what is read of its ring; owned,
	 *  under lock. drain/agent_ring.c makes and destroys both. */
	struct agent_memory *agent_memory;
	struct agent_ring *agent_ring;
	/** What an agent is told of call-frame information (core/row_tables.h), under lock. */
	struct eh_areas eh_areas;
	/** What it reads at a time; owned, under lock. NULL as reader is. */
	struct event_batch *batch;
	/** Its last statistics, owned. NULL while there is shared memory. */
	struct shared_stats *last_stats;
	/** Not 0: this is the table of so many merged children, which ran one program.
	 *  num_unsuccessful of them failed, and num_left of them were released before they
	 *  ended. */
	size_t num_folded;
	size_t num_unsuccessful;
	size_t num_left;
	/** This is what a file tells, without a process. */
	bool is_stored;
	/** Periodic snapshots, or NULL; of the console's thread. */
	struct storing *storing;
	/** For core/memory.c; -1: none. Atomic. */
	int mem_fd;

	pthread_mutex_t lock;
	pthread_mutex_t obj_lock;
	/** Empties the ring. */
	pthread_t drain_thread;
	bool has_thread;
	/** Tells that thread to end; atomic. */
	bool want_end;

	/* Under lock. */
	/** The tracer carries out commands for it. */
	bool has_tracer;
	enum target_state state;
	int exit_status;
	/** The last of exes. The earlier ones stay, because somebody may be reading one. */
	const char *exe;
	VEC(char *) exes;
	bool is_tracing;
	bool is_from_launch;
	/** It was seen executing a program, or had one from its beginning (attach, fork). */
	bool has_executed;
	/** Launch: the user has not let the program run yet; held_tid is the thread that stands at
	 *  its beginning, 0: not there yet. */
	bool want_hold;
	pid_t held_tid;
	/** Why the launched program cannot be traced, or NULL. */
	struct err *launch_error;
	/** The target pauses after traced_wait_call(is_exact). */
	bool is_paused;
	uint32_t nframe;
	/** As in struct traced_status. */
	enum engine engine;
	char engine_reason[TRACED_REASON_MAX];
	uint64_t start_ns;
	uint64_t end_ns;

	/** The process image has a rendezvous. If not, a hit of a rendezvous breakpoint is a hit of
	 *  the entry point. */
	bool has_rendezvous;
	/** process_link_state() of the image; 0: not known yet. */
	uint64_t link_state;
	/** What the tracer was told; 0: nothing yet. */
	uint64_t syscall_insn;
	struct probe_table *probes;
	struct calls *calls;

	struct heap *heap;
	/** Stack hash of this epoch -> stack id | domain << 32. */
	struct hmap stacks_by_hash;
	/** Sites that were looked up by hash lately; NULL: none yet. */
	struct alloc_site_cache *site_cache;
	/** Pending realloc -> struct block * that it holds. */
	struct hmap taken;
	/** Handle -> struct pool *, of drain/pools.c. */
	struct hmap pools;
	uint64_t num_events;
	/** The target had waited so long when tracing began (struct shared_stats). */
	uint64_t first_wait_ns;
	struct history *history;
	/** For code/silence.c: since when nothing was called, 0: not begun; when to look again; of
	 *  the beginning: how many calls there had been, CPU time and private memory of the
	 *  process. is_over: there is nothing to be told any more. */
	struct {
		uint64_t since_ns;
		uint64_t next_ns;
		uint64_t num_calls;
		uint64_t cpu_ns;
		uint64_t private;
		bool is_over;
	} silence;
	/** Out of memory was reported. */
	bool is_nomem_noted;
	/** Broken events were reported. */
	bool is_broken_noted;
	/** Once the heap is closed: the stack that stands for stacks that could not be kept
	 *  (max_memory). */
	uint32_t beyond_stack;
	/** Functions that are measured; NULL until the first. */
	struct measuring *measuring;

	/** The number of commands that want an answer, and the last answer. */
	uint64_t num_cookies;
	uint64_t acked_cookie;
	int ack_result;
	/** Kept snapshots, oldest first. */
	VEC(struct snapshot *) snapshots;
	unsigned num_default_names;
	VEC(char *) notes;

	/* Under obj_lock. */
	struct modules *modules;
	struct symbolizer *symbolizer;
	/** Frames of loaded snapshots. */
	struct archive *archive;
	struct resolver resolver;
	struct frame_source source;
	struct loading *loading;
	/** For code/downloads.c, under its mutex. */
	struct downloads_asked *asked;
};

/** Locked scopes. */
static inline void traced_lock(struct traced *t)
{
	pthread_mutex_lock(&t->lock);
}

static inline void traced_unlock(struct traced *t)
{
	pthread_mutex_unlock(&t->lock);
}

/** Lock modules and symbols. os/crash.c says what else this does. */
static inline void traced_lock_obj(struct traced *t)
{
	pthread_mutex_lock(&t->obj_lock);
	crash_enter_libraries();
}

static inline void traced_unlock_obj(struct traced *t)
{
	crash_leave_libraries();
	pthread_mutex_unlock(&t->obj_lock);
}

/** What the tracer has counted. */
const struct shared_stats *traced_stats(const struct traced *t);
/** Tracing has ended (the target's end, detach, stop). Under lock. */
void traced_mark_end(struct traced *t);

#endif
