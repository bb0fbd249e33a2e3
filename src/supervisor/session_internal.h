// SPDX-License-Identifier: GPL-3.0-or-later
/** A session from the inside. Two locks: `lock` guards tables and state, `obj_lock` modules and symbols; whoever needs both takes
 *  `lock` first. Symbol look-ups, which can take long, hold only `obj_lock`. */
#ifndef SUPERVISOR_SESSION_INTERNAL_H
#define SUPERVISOR_SESSION_INTERNAL_H

#include "arch/arch.h"
#include "base/hmap.h"
#include "base/vec.h"
#include "obj/modules.h"
#include "obj/symbolize.h"
#include "supervisor/session.h"
#include "trace/tracer.h"
#include "wire/event.h"
#include "wire/probe.h"

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
#define SESSION_UPPER (1ull << 47)

struct downloads;
struct measuring;
struct storing;
struct family;

struct session {
	struct session_options options;
	/** Set once. */
	struct probe_list user_probes;
	/** With the tracer. NULL: of a child that has ended, or a table of several. */
	struct shared *shared;
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
	pthread_t watch_thread;
	bool has_threads;
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

/** Runtime addresses. */
struct images_addrs {
	VEC(uint64_t) list;
};

/* limits.c: session_options.max_memory. All under lock. */
/** Memory of the tables, as counted against the limit. */
size_t limits_used(const struct session *s);
/** Close the tables when they have grown so large. Cheap; called as they grow. */
void limits_check(struct session *s);
/** The stack that stands for those which are not kept. */
struct err *limits_beyond(struct session *s, uint32_t *ret) __must_check;

/* crash.c */
/** From now on a crash inside of libdw and libelf ends the process in order: a line on standard error, and exit status 1. Idempotent. */
void crash_install(void);
/** The calling thread is in those libraries, or not any more. They do not nest. */
void crash_enter_libraries(void);
void crash_leave_libraries(void);

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

/* control.c */
/** Send without waiting. Errors are forgotten: a tracer that is gone is noticed elsewhere. */
void control_send(struct session *s, const struct command *command);
/** Send, drain until it is acknowledged. Without lock. &err_gone: the tracer is gone. ERR_OTHER: it failed there. */
struct err *control_call(struct session *s, struct command *command) __must_check;
void control_resume(struct session *s, pid_t tid, unsigned flags);
/** End the pause of session_wait_call(is_exact), if there is one. Under lock. */
void control_unpause(struct session *s);
/** Something a waiter may wait for has changed. Async-signal-safe. */
void control_wake(struct session *s);
/** Sleep until control_wake() or ns have passed. */
void control_sleep(struct session *s, uint64_t ns);

/* drain.c */
/** Process what is in the ring up to position limit. Under lock. */
void drain_to(struct session *s, uint64_t limit);
/** Everything that is in the ring now. Under lock. */
void drain_now(struct session *s);
/** Forget what was allocated so far. Under lock. */
void drain_clear(struct session *s);
/** Start the threads that drain the ring and (first session) watch the tracer. */
struct err *drain_start(struct session *s) __must_check;
void drain_end(struct session *s);
/** Start a thread that no signal reaches; returns errno. */
int drain_create_thread(pthread_t *ret, void *(*main_fn)(void *), void *ctx) __must_check;
/** Take out the breakpoints that a tracer has left in the target when it died. One that left as it
 *  should has left none. */
void drain_restore_bytes(struct session *s);
/** (Re)open the target's memory: a descriptor of it is good for one image, and for no process that
 *  gets the target's number after it. */
void drain_open_memory(struct session *s);
/** A note for the user. Under lock. */
void session_note(struct session *s, const char *format, ...) __printf(2, 3);
/** Tracing has ended (the target's end, detach, stop). Under lock. */
void session_mark_end(struct session *s);

/* measure.c: what the drain tells while functions are measured. All under lock. */
void measuring_enter(struct session *s, const struct event_measure *event);
void measuring_leave(struct session *s, const struct event_measure *event);
/** The newest block of the heap is addr. */
void measuring_alloc(struct session *s, int32_t tid, uint64_t addr);
/** The block at addr is about to be freed, or taken by a realloc, by tid. */
void measuring_free(struct session *s, int32_t tid, uint64_t addr);
/** tid frees a block that is older than the tracing, of about that size. */
void measuring_free_older(struct session *s, int32_t tid, uint64_t size);
/** A realloc failed, the block is back. */
void measuring_put_back(struct session *s, int32_t tid, uint64_t addr);
/** The target has ended: what was summed up so far is a result. */
void measuring_finish(struct session *s);
/** A new image, or stop: as that, and nothing is measured any more. */
void measuring_reset(struct session *s);
void measuring_destroy(struct session *s);
/** Wake a reader of session_note_fd(), and a wait. */
void session_notify(struct session *s);

/* family.c: followed children; s is the first session */
/** Memory for them, before the tracer is forked. */
struct err *family_create(struct session *s, struct tracer_options *options) __must_check;
/** Begin to take children up; the first session is complete. Without family nothing is done. */
struct err *family_start(struct session *s) __must_check;
/** The tracer follows a child of parent. Under lock of the parent. */
void family_add(struct session *parent, const struct event_child *event);
/** A child has ended or was let go, or its state has changed otherwise. Under its lock. */
void family_wake(struct session *s);
/** No child is taken up any more. Without lock. */
void family_close(struct session *s);
/** The tracer is gone: the children have ended or go on without us. Without lock. */
void family_left(struct session *s);
void family_destroy(struct session *s);

/* downloads.c */
/** For the first session, while DEBUGINFOD_URLS is in the environment still. */
struct err *downloads_create(struct session *s) __must_check;
void downloads_destroy(struct session *s);
/** A frame of this module is about to be looked up for a report: see to it, once, that there is debug information. May take as long as
 *  session_options.debuginfod_ns. Without any lock. */
void downloads_provide(struct session *s, uint32_t id);
/** The same for a module of the archive whose frame has no line. Returns the module to look it up in, or 0. */
uint32_t downloads_provide_stored(struct session *s, uint32_t stored);

/* folding.c: the tables of children that have ended, put together */
/** One for each program; the last one possible is for all other programs. */
#define FOLDS_MAX 256
struct folds {
	struct session *items[FOLDS_MAX];
	uint32_t num;
};
/** Which of the members has to be put to others now, NULL: none. chosen: not that one. */
struct session *folding_next(struct session *const *members, uint32_t num,
			     const struct folds *folds, const struct session *chosen);
/** Add what s has counted to the table of its program, which is made if need be. s is as it was, but can only be destroyed. Nobody
 *  else may use s meanwhile. */
struct err *folding_add(struct folds *folds, struct session *s) __must_check;

/* frames.c */
/** Begin to answer for frames; modules and symbolizer exist. */
struct err *frames_init(struct session *s) __must_check;

/* session.c */
/** What the tracer has counted. */
const struct shared_stats *session_stats(const struct session *s);
/** A session without target, tracer and tables. */
struct err *session_new(const struct session_options *options, struct session **ret) __must_check;
/** Heap, modules, symbols: what a session needs to answer. */
struct err *session_create_tables(struct session *s) __must_check;

/* sanitizer.c */
/** Say so when the image has LeakSanitizer, which fails under a tracer. Under lock. */
void sanitizer_note(struct session *s);

/* storing.c */
/** End the periodic snapshots, after the last one. Without lock. ERR_OTHER: none of them could be stored, with the cause. */
struct err *storing_end(struct session *s) __must_check;

/* queries.c */
/** Keep a snapshot, in place of one of the same name. Takes it over, in any case. Under lock. */
struct err *queries_keep(struct session *s, struct snapshot *snapshot) __must_check;
/** A snapshot of this moment. Under lock. */
struct err *queries_take_snapshot(struct session *s, const char *name,
				  struct snapshot **ret) __must_check;

/* images.c */
/** Addresses of a function as the user names it, in live modules; *name_ret (to be freed) is its full name. ERR_USAGE: ambiguous;
 *  &err_not_found. module_id 0: all. */
struct err *images_find_function(struct session *s, const char *function, uint32_t module_id,
				 struct images_addrs *ret) __must_check;
/** Look at the module list again: plant in what is new, withdraw what is gone. Under lock. */
void images_update(struct session *s);
/** A new image was executed: everything begins anew. Under lock. */
void images_exec(struct session *s, pid_t tid);
/** Thread tid stands at the rendezvous (or at the entry point of an image without one). Under lock. */
void images_rendezvous(struct session *s, pid_t tid);
/** Find out which program the target executes. Under lock. */
void images_set_exe(struct session *s);
/** Tell the tracer of what an earlier one has left mapped in the target. */
void images_send_areas(struct session *s);
/** Say so when the image has no allocator that we know. Under lock. */
void images_note_allocators(struct session *s);
/** Rows for the stack that begins with frame in thread tid, which stands still. Under lock. */
void images_fill_rows(struct session *s, pid_t tid, const struct walk_frame *frame);
/** Frames and domain of a stack. Under lock. */
void images_frames(struct session *s, const struct event_stack *stack, uint64_t *frames_ret,
		   uint32_t *domain_ret);
/** Plant the call probe of s->call in a module, or in all. Under lock. ERR_USAGE: ambiguous. &err_not_found. */
struct err *images_plant_call(struct session *s, uint32_t module_id) __must_check;

/** Let the tracer know of calls of ptrace, if it is defined in a module. Under both locks. */
void images_plant_ptrace(struct session *s, uint32_t module_id);

/* process.c: what memory and auxiliary vector of a process tell */
/** Read target memory. False: not all of it is there. */
bool process_read(pid_t pid, uint64_t addr, void *buf, size_t size) __must_check;
/** Its executable names a dynamic linker. */
bool process_has_interpreter(pid_t pid);
/** Address of the dynamic linker's r_debug.r_state (32 bits). False: there is none, or not yet. */
bool process_link_state(pid_t pid, uint64_t *ret) __must_check;
/** The dynamic linker is in the middle of changing its list, as its r_state says. Unknown counts as no. */
bool process_is_linking(pid_t pid, uint64_t link_state);
/** Entry point of the executable. False: unknown. */
bool process_entry(pid_t pid, uint64_t *ret) __must_check;

/* shim.c */
#define SHIM_MAX 16
/** found[0, num) are all allocator functions of one module that have a symbol: are they a shim as chromium's? The functions of
 *  the shim that have none go to ret, each with the probe of one that does the same. Returns their number, 0 without memory. */
size_t shim_find(const struct session *s, const struct planted_probe *found, size_t num,
		 struct planted_probe ret[SHIM_MAX]);

/* functions.c: see images_find_function(), images_plant_call(), images_plant_ptrace() */

/* precheck.c */
/** Can pid be attached to? Errors as session_attach() promises. */
struct err *precheck_attach(pid_t pid) __must_check;
/** Turn a failed tracer_start() into words. */
struct err *precheck_explain(pid_t pid, const char *program, enum tracer_stage stage,
			     int errnum) __must_check;
/** The file that program names, searched on PATH as execvp(3) does; can it be launched? The caller frees the path. */
struct err *precheck_launch(const char *program, char **ret) __must_check;
/** Are there file descriptors enough? */
struct err *precheck_files(void) __must_check;
/** Does pid execute a file that gives privileges (setuid), which the kernel withholds from who is traced without
 *  CAP_SYS_PTRACE? */
bool precheck_lacks_privileges(pid_t pid);
/** The ELF header of the image that pid executes names 64-bit x86? */
struct err *precheck_image(pid_t pid) __must_check;

#endif
