// SPDX-License-Identifier: GPL-3.0-or-later
/** A session from the inside. Two locks: `lock` guards tables and state, `obj_lock` modules and symbols; whoever needs both takes
 *  `lock` first. Symbol look-ups, which can take long, hold only `obj_lock`. */
#ifndef SUPERVISOR_CORE_STATE_H
#define SUPERVISOR_CORE_STATE_H

#include "arch/arch.h"
#include "base/addr.h"
#include "base/hmap.h"
#include "base/vec.h"
#include "obj/modules.h"
#include "obj/symbolize.h"
#include "supervisor/os/crash.h"
#include "supervisor/session.h"
#include "trace/tracer.h"
#include "wire/event.h"
#include "wire/probe.h"
#include "wire/ring_take.h"

#include <pthread.h>

/** An allocator function that was planted. */
struct planted_probe {
	uint32_t module;
	/** Index for probe_at(). */
	uint32_t probe;
	/** Runtime address. */
	uint64_t addr;
	/** Place in shared->stats.hits[]. */
	uint32_t hit_slot;
	bool is_live;
};

/** Code of an operator new: a stack whose newest frame lies inside belongs to its domain. ELF addresses. */
struct new_range {
	uint32_t module;
	uint32_t domain;
	uint64_t start;
	uint64_t end;
};

/** The newest allocation at a time, for the age of blocks. */
struct seq_time {
	uint64_t seq;
	uint64_t time_ns;
};

/** session_wait_call() in progress. */
struct call_wait {
	/** 0: none. */
	uint32_t id;
	/** As the user typed it; owned by the caller of session_wait_call(). */
	const char *function;
	uint64_t count;
	bool is_exact;
	bool is_reached;
	/** Where it was planted. */
	VEC(uint64_t) addrs;
};

/** Blocks of allocators on top of malloc (probe_is_layered()) have this bit in their address in the heap: one may begin where a
 *  block of malloc does. Addresses of programs end below it. */
#define SESSION_UPPER (1ull << ADDR_BITS)

struct downloads;
struct measuring;
struct storing;
struct family;
struct arrivals;

struct session {
	struct session_options options;
	/** Set once. */
	struct probe_list user_probes;
	/** With the tracer. NULL: of a child that has ended, or a table of several. */
	struct shared *shared;
	/** Of its ring, owned, under lock; NULL before drain_start() and when shared is. */
	struct ring_reader *reader;
	/** What its statistics were in the end, owned; NULL while there is shared memory. */
	struct shared_stats *last_stats;
	/** Not 0: the table of so many children that ran one program; of these have failed, were let go rather than ended. */
	size_t num_folded;
	size_t num_unsuccessful;
	size_t num_left;
	struct tracer_handle tracer;
	/** The session of the first process: itself, or that of which this one is a followed child, whose tracer and socket it
	 *  uses. */
	struct session *first;
	/** The first one, with SESSION_FOLLOW_FORK: its children. */
	struct family *family;
	/** The first one, with family: what its thread has to do. */
	struct arrivals *arrivals;
	pid_t parent;
	/** The tracer process exists and has not been left. */
	bool has_tracer;
	/** A session on a file: there is no process. */
	bool is_stored;
	/** Periodic snapshots, or NULL; of the console's thread. */
	struct storing *storing;
	/** Of the target, to restore its bytes when the tracer dies; -1: none. Atomic. */
	int mem_fd;
	/** The first one, where DEBUGINFOD_URLS names servers; else NULL. */
	struct downloads *downloads;
	/** By module id: its debug file was asked for. Of downloads.c, under its mutex. */
	VEC(bool) debug_asked;
	/** By module id of the archive: the module that has its debug file, 0: none, UINT32_MAX: not asked for. Likewise. */
	VEC(uint32_t) stored_modules;
	/** The tracer died while it was needed. */
	bool has_lost_tracer;
	/** We asked the tracer to leave: its end is no accident. */
	bool is_leaving;

	pthread_mutex_t lock;
	pthread_mutex_t obj_lock;
	pthread_t drain_thread;
	bool has_thread;
	pthread_t watch_thread;
	bool has_watcher;
	/** Tells the drain thread to end; atomic. */
	bool want_end;
	/** Bumped (eventfd) whenever something changed that a waiter may wait for, and by session_interrupt(). */
	int wake_fd;
	/** Set by session_interrupt(); atomic. */
	bool is_interrupted;

	/* Under lock. */
	struct heap *heap;
	/** Stack hash of this epoch -> stack id | domain << 32. */
	struct hmap stacks_by_hash;
	/** Pending realloc -> struct block * that it holds. */
	struct hmap taken;
	VEC(struct seq_time) times;
	enum target_state state;
	int exit_status;
	/** The last of exes; those before stay, too, as somebody may be reading one. */
	const char *exe;
	VEC(char *) exes;
	bool is_tracing;
	bool is_from_launch;
	/** It was seen executing an image, or has one from its begin (attach, fork). */
	bool has_executed;
	/** Launch: the program has not been let run by the user; the thread that stands at its begin, 0: not there yet. */
	bool want_hold;
	pid_t held_tid;
	/** The image has no rendezvous: the hit of a rendezvous breakpoint is that of its entry point. */
	bool has_rendezvous;
	/** process_link_state() of the image; 0: not known yet. */
	uint64_t link_state;
	/** What the tracer was told; 0: nothing yet. */
	uint64_t syscall_insn;
	/** The launched image cannot be traced: why. */
	struct err *launch_error;
	uint32_t nframe;
	uint64_t start_ns;
	uint64_t end_ns;
	uint64_t num_events;
	double event_rate;
	uint64_t rate_events;
	uint64_t rate_ns;
	/** Out of memory was reported. */
	bool is_nomem_noted;
	/** Broken events were reported. */
	bool is_broken_noted;
	/** Where blocks count whose stack could not be kept (max_memory), once the heap is closed. */
	uint32_t beyond_stack;
	uint64_t num_cookies;
	uint64_t acked_cookie;
	int ack_result;
	/** The target pauses after session_wait_call(is_exact). */
	bool is_paused;
	struct call_wait call;
	uint32_t num_call_ids;
	VEC(struct planted_probe) probes;
	uint32_t num_hit_slots;
	VEC(struct new_range) new_ranges;
	/** Kept snapshots, oldest first. */
	VEC(struct snapshot *) snapshots;
	unsigned num_default_names;
	VEC(char *) notes;
	int note_fd;
	/** session_on_news(). */
	void (*on_news)(void *ctx);
	void *on_news_ctx;
	/** Functions that are measured; NULL until the first. */
	struct measuring *measuring;

	/** session_loading(); atomic. */
	bool is_loading;
	size_t num_loaded;
	size_t num_modules;

	/* Under obj_lock. */
	/** By module id: counted in num_loaded. */
	VEC(bool) loaded;
	struct modules *modules;
	struct symbolizer *symbolizer;
	/** Frames of loaded snapshots. */
	struct archive *archive;
	struct resolver resolver;
	struct frame_source source;
};

/** Locked scopes. */
static inline void session_lock(struct session *s)
{
	pthread_mutex_lock(&s->lock);
}

static inline void session_unlock(struct session *s)
{
	pthread_mutex_unlock(&s->lock);
}

/** Modules and symbols; see crash.c for what else it does. */
static inline void session_lock_obj(struct session *s)
{
	pthread_mutex_lock(&s->obj_lock);
	crash_enter_libraries();
}

static inline void session_unlock_obj(struct session *s)
{
	crash_leave_libraries();
	pthread_mutex_unlock(&s->obj_lock);
}

/** What the tracer has counted. */
const struct shared_stats *session_stats(const struct session *s);
/** Tracing has ended (the target's end, detach, stop). Under lock. */
void session_mark_end(struct session *s);

#endif
