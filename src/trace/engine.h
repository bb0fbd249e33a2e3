// SPDX-License-Identifier: GPL-3.0-or-later
/** State of the tracer process and the parts that work on it. Internal to trace/. Everything runs
 *  on one thread, the only one that may use ptrace; a second one listens to the supervisor
 *  (trace/life/listen.c).
 *
 *  The tracee can vanish at every call. Functions that touch it return false then and leave the
 *  rest to the exit that waitpid reports. */
#ifndef TRACE_ENGINE_H
#define TRACE_ENGINE_H

#include "arch/arch.h"
#include "base/addrset.h"
#include "base/hmap.h"
#include "base/vec.h"
#include "trace/code/breakpoints.h"
#include "trace/os/threads.h"
#include "trace/tracer.h"
#include "walk/walk.h"
#include "wire/command.h"
#include "wire/event.h"
#include "wire/probe.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

/** Where the blocks of a module's functions come from. */
struct allocator {
	/** As in struct command. */
	struct usable_source usable;
	uint64_t start;
	uint64_t end;
	/** Call the functions of usable; 0: there is none (yet). */
	uint64_t block_stub;
	uint64_t request_stub;
};

/** Executable area in the target for displaced instructions: slots lie in [start + used, start +
 *  size). A cave is the unused end of a module's code, for targets that may not map memory. */
struct area {
	uint64_t start;
	uint64_t size;
	uint64_t used;
	bool is_cave;
	/** Behind the end of a cave's slots lies a stub. */
	bool has_stub;
	/** It begins with a struct area_header, in which each slot is named. */
	bool has_header;
};

/** What an area begins with: its mark, and of each slot the address of the original instruction
 *  with its first byte in the uppermost bits; 0: unused. */
#define AREA_SLOTS 1636
struct area_header {
	char magic[32];
	uint64_t addrs[AREA_SLOTS];
};
/** Names of slots that hold the rescue handler, of those that are out of date, and of those that hold
 *  the stubs of injected system calls. */
#define AREA_NAME_RESCUE UINT64_MAX
#define AREA_NAME_OLD    (UINT64_MAX - 1)
#define AREA_NAME_STUB   (UINT64_MAX - 2)
#define AREA_NAME_SHIFT  56

struct code_range {
	uint64_t start;
	uint64_t end;
};

/** A copy of a piece of the stack of the thread that is being walked: [start, start + size). */
struct stack_window {
	pid_t tid;
	uint64_t start;
	size_t size;
	/** Bytes to read next; grows while a walk goes on. */
	size_t want;
	/** End of the highest word that the walk has asked for. */
	uint64_t top;
	/** The last word that was asked for lies below; it was read alone. */
	bool is_behind;
	uint8_t bytes[64 << 10];
};

/** What is known of a new task. */
enum birth {
	/** Its parent has reported it, its own first stop is still to come: it must be looked at
	 *  before we may leave. */
	BIRTH_EXPECTED,
	/** It has stopped (and may be gone again), its parent has not reported it yet. */
	BIRTH_SEEN,
};

/** So many threads are remembered as having stopped last. */
#define STOPS_RECENT 8

struct process;

/** State of the tracer as a whole: what its processes have in common. */
struct tracer {
	const struct arch *arch;
	/** FOLLOW_*. */
	unsigned follow;
	/** By number, also those that have ended until another takes their place; number 0 is the one
	 *  that the tracer was started for. */
	VEC(struct process *) processes;
	/** tid -> struct process * that has the thread. */
	struct hmap owners;
	/** As in tracer_options. */
	const struct probe_list *user_probes;
	/** As in tracer_options: of process 1 and so on. */
	struct shared *const *spares;
	uint32_t num_spares;
	/** It was told that there are too many processes. */
	bool is_limit_noted;
	/** It was told that children which execute programs are let go. */
	bool is_image_noted;
	/** New tasks of which only half is known yet: tid -> enum birth. The kernel tells of
	 *  each twice, in any order. */
	struct hmap births;
	size_t num_expected;

	/** How well it has paid of late to look for the next stop without sleeping: 0 is not at
	 *  all. */
	unsigned spin_credit;
	/** Stops since spinning was last tried without credit. */
	unsigned stops_unspun;
	/** wait.c: threads that stopped last (0: none), whose turn it is, and how often in a row
	 *  they came first. */
	pid_t recent[STOPS_RECENT];
	size_t next_recent;
	size_t oldest_recent;
	unsigned num_favours;
	/* cpu.c */
	/** CPUs of the machine; other work waits for one: do not spin. */
	int num_cpus;
	bool is_crowded;
	/** The two usable CPUs; is_cpu_off: there are not exactly two. The one we are bound to,
	 *  -1: none. */
	int cpus[2];
	bool is_cpu_off;
	int cpu;
	unsigned stops_to_cpu_check;
	/** Looks in a row that found others who want to run; so many that all CPUs were taken. */
	unsigned num_shared_looks;
	unsigned num_crowded_looks;
	uint64_t last_stop_ns;
	/** The thread that keeps the other CPU from being idle; 0: not up (yet). The CPU it is bound
	 *  to. Futex: it shall. */
	bool is_occupant_started;
	pid_t occupant_tid;
	int occupant_cpu;
	uint32_t is_occupying;

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
	/** Set by a command: leave and end. */
	bool want_leave;
	uint64_t leave_cookie;
};

/** One traced process: all that shares a memory, and the children that still do. */
struct process {
	struct tracer *tracer;
	const struct arch *arch;
	struct shared *shared;
	/** As in struct command. */
	uint32_t number;
	/** It runs an image that is ours to trace: the next exec is one to follow or not. */
	bool has_image;
	/** The supervisor is done with it; when it ended (CLOCK_MONOTONIC). */
	bool is_released;
	bool is_ended;
	uint64_t ended_ns;
	pid_t pid;
	int mem_fd;
	/** The leader had ended before we came: nobody reports the end of the process but its
	 *  last thread. */
	bool has_no_leader;
	bool is_tracing;
	uint32_t nframe;
	/** Or NULL: none. */
	const struct probe_list *user_probes;

	/** tid -> struct thread *. */
	struct hmap threads;
	/** Room for the ids of them all: thread_list(). */
	VEC(pid_t) tids;
	/** Address -> struct breakpoint *. */
	struct hmap breakpoints;
	VEC(struct area) areas;
	/** Address of an instruction -> its slot in an area of an earlier tracer. */
	struct hmap old_slots;
	VEC(struct code_range) modules;
	/** Address of a system call instruction, 0: not known. */
	uint64_t syscall_insn;
	/** COMMAND_LINK_STATE; 0: not known. */
	uint64_t link_state;
	/** traceme.c: address of a copy of arch->redo_stub, 0: none yet. */
	uint64_t redo_stub;
	/** mmap in the target was refused: do not try again. */
	bool is_mmap_refused;
	/* inject.c */
	/** Where the stubs are, 0: there is no area for them; the serial number of the last one. */
	uint64_t stubs_addr;
	uint64_t stub_serial;
	/* rescue.c */
	/** Address of the rescue handler and of its data, 0: there is none. */
	uint64_t rescue_addr;
	uint64_t rescue_data;
	/** As its data lists them. */
	uint64_t rescue_areas[ARCH_RESCUE_AREAS];
	size_t num_rescue_areas;
	bool is_rescue_installed;
	/** It cannot be, or must not: the program has one of its own. */
	bool is_rescue_refused;
	unsigned num_rescue_tries;
	unsigned stops_to_rescue_check;
	/** Leaving: takes the rescue handler out when all others are free; until then somebody may
	 *  need it. */
	struct thread *last_thread;

	/** The counted function: id as in PLANT_CALL, entries to go, whether to pause then. */
	uint32_t call_id;
	uint64_t call_remaining;
	bool want_call_pause;
	bool is_paused;

	/** Blocks that we have told the supervisor of and that are not freed; of allocators on
	 *  top of malloc with FREES_UPPER. */
	struct addrset live;
	/** Nothing was allocated before we saw it: what is not live is not older either. */
	bool is_heap_known;
	VEC(struct allocator) allocators;
	/** Of USABLE_CALL: requested size, with the allocator's index from USABLE_SHIFT on -> usable
	 *  size. */
	struct hmap usable_sizes;

	/** Stack hashes that the supervisor knows; epoch seeds the hash. */
	struct hmap known_stacks;
	uint64_t epoch;
	uint64_t num_calls;
	/** Room for nframe look-up addresses. */
	uint64_t *pcs;
	struct stack_window window;
	/** The last walk came through a frame that was interrupted in a slot. */
	bool has_slot_frame;

	/** A signal that is ignored has broken off a system call, which it does to tracees alone:
	 *  more of them may come. */
	bool has_ignored_signals;
};

/* process.c */
/** A process of that number with nothing in it yet; its stacks are cut after nframe frames. shared stays the caller's. NULL: out of
 *  memory. */
struct process *process_create(struct tracer *tracer, uint32_t number, struct shared *shared,
			       uint32_t nframe);
/** It has no threads any more. */
void process_destroy(struct process *p);
/** Forget everything about its memory: there is another one, or none. */
void process_forget_memory(struct process *p);

/* follow.c */
/** Process number i. NULL: there is none (yet). */
struct process *follow_get(struct tracer *tracer, uint32_t i);
/** Is the program that p executes in its place to be followed? */
bool follow_executed(const struct process *p);
/** Whose thread tid is; of a new task: of whose thread it is a copy. */
struct process *follow_owner(struct tracer *tracer, pid_t tid);
/** Does a task share p's memory (vfork, CLONE_VM)? */
bool follow_shares_memory(struct process *p, pid_t tid);
/** The forked child tid of p stands before its first instruction, its text is clean: hold it and
 *  tell the supervisor. False: it is not to be followed. */
bool follow_forked(struct process *p, pid_t tid);
/** The same for a child that shared p's memory and stands in PTRACE_EVENT_EXEC; it is no thread of
 *  p any more. */
bool follow_spawned(struct process *p, pid_t tid);
/** p is gone for us. Only the list of planted bytes is kept, which is that of children of
 *  its own that were not seen yet. */
void follow_ended(struct process *p);
/** The supervisor is done with p: its place may be taken once it has ended. If it stands in its first
 *  stop it is let go. */
void follow_release(struct process *p);
/** p has executed a program that is not to be followed: let it go from t. */
void follow_let_go_image(struct process *p, struct thread *t);
/** Let p, which stands in thread t with nothing planted, go for the reason given; "": of which nobody needs to
 *  be told. */
void follow_let_go(struct process *p, struct thread *t, const char *format, ...) __printf(3, 4);

/* setid.c */
/** Must the execve of children that share our memory be looked at? A traced process gets no
 *  privileges from a setuid file, unless its tracer has CAP_SYS_PTRACE. */
bool setid_must_watch(void);
/** t, registers fetched, is in a system call stop. If it is about to execute a file that would give
 *  it privileges, it is let go and forgotten: true. */
bool setid_let_go(struct process *p, struct thread *t);
/** t, registers fetched, is in a system call stop: is it about to execute a file? Our path of it. */
bool setid_is_exec(struct process *p, const struct thread *t, char *buf, size_t size);

/* traceme.c */
/** t, registers fetched, which shares p's memory, is in a system call stop. If it is about to
 *  execute a program and to be traced by its parent then, it is let go and forgotten: true. */
bool traceme_let_go(struct process *p, struct thread *t);

/* memory.c */
/** Read size bytes at addr through a stopped or running thread. False: not all of it is there. */
bool memory_read(pid_t tid, uint64_t addr, void *buf, size_t size) __must_check;
/** At most size bytes; returns how many could be read (0: none), whole pages' ends only. */
size_t memory_read_some(pid_t tid, uint64_t addr, void *buf, size_t size);
/** One word of a stopped thread's memory, cheaper than memory_read(). */
bool memory_peek(pid_t tid, uint64_t addr, uint64_t *ret) __must_check;
/** Two words at different places, for little more than the price of one. */
bool memory_read_two(pid_t tid, const uint64_t addrs[2], uint64_t ret[2]) __must_check;
/** Write into code or read-only data. False: refused or gone; errno tells. */
bool memory_write_code(struct process *p, uint64_t addr, const void *buf, size_t size) __must_check;
/** The same to the memory behind mem_fd. Where the kernel refuses that the write goes through
 *  stopped_tid, or through any thread of ours when it is 0: one is stopped for it if need be. */
bool memory_write(struct process *p, int mem_fd, pid_t stopped_tid, uint64_t addr, const void *buf,
		  size_t size) __must_check;
/** Read code as it is without our breakpoints. Returns the number of bytes. */
size_t memory_read_code(struct process *p, uint64_t addr, uint8_t *buf, size_t size);

/* filter.c */
struct sock_filter;
struct seccomp_data;
/** What a program of seccomp(2) returns for the data: SECCOMP_RET_*. Malformed ones kill. */
uint32_t filter_run(const struct sock_filter *insns, size_t num, const struct seccomp_data *data);
/** Has t a seccomp filter? True as well when nobody knows. */
bool filter_exists(const struct thread *t);
/** Do all filters of t, which is stopped, let it make that system call at pc? False as well when they cannot be
 *  had: the kernel gives them to CAP_SYS_ADMIN. */
bool filter_allows(struct process *p, const struct thread *t, long nr, const uint64_t args[6],
		   uint64_t pc);
/** No filter of t is asked until filter_resume(). False: not possible; it takes CAP_SYS_ADMIN. */
bool filter_suspend(const struct thread *t);
void filter_resume(const struct thread *t);

/* inject.c */
/** An area has come: a place for the stubs, unless there is one already. */
void inject_add_area(struct process *p, struct area *area);
/** Run one system call on a thread, registers fetched, that stands in user mode or behind a system call: at a trap, at
 *  PTRACE_EVENT_STOP, at the exit of a system call. Its registers and signal mask are as before afterwards, also when we
 *  are killed meanwhile: it makes the call in a stub that brings them back, if there is room for one, in an area or in a
 *  cave. -EPERM without a call when a seccomp filter is in the way and cannot be suspended. False: the thread vanished, or
 *  the call was not made because other stops came without end. */
bool inject_syscall(struct process *p, struct thread *t, long nr, const uint64_t args[6],
		    int64_t *result_ret);
/** Let t, whose signals but SIGTRAP are blocked, go on to its next stop by request
 *  (PTRACE_SINGLESTEP, PTRACE_SYSCALL). A group-stop that comes in between lets it go on all the
 *  same; *has_stop is set then, and the caller ends with inject_stop_again(). False: t vanished, its
 *  end not waited for, or other stops came without end. */
bool inject_step(struct thread *t, int request, bool *has_stop);
/** When the thread goes on it comes into its group-stop once more, before it executes anything. */
void inject_stop_again(struct thread *t, bool has_stop);

/* rescue.c */
/** Before the first breakpoint is planted: if a thread does not sleep, stop it for a moment to map the areas and install
 *  the handler. */
void rescue_prepare(struct process *p);
/** An area has come: the handler that saves threads from their traps when we are killed is put
 *  into the first one and told of the others. */
void rescue_add_area(struct process *p, struct area *area);
/** The handler is still to be installed, and t is a thread that can do it. */
bool rescue_is_wanted(const struct process *p, const struct thread *t);
/** t, registers fetched, stands where inject_syscall() can use it: map the areas and install the handler if that is
 *  still to be done. Its registers are as before. */
void rescue_on_stop(struct process *p, struct thread *t);
/** t, registers fetched, stands in user mode at a stop that delivers no signal: if the handler of
 *  SIGTRAP is ours, it becomes the default one. */
void rescue_remove(struct process *p, struct thread *t);

/* areas.c */
/** An area, or a cave, with room for a slot that reaches addr. NULL: none. */
struct area *area_near(struct process *p, uint64_t addr, bool want_cave);
/** What an area at start is before anything is in it. */
struct area area_new(uint64_t start);
/** It has become one of p->areas: stubs and rescue handler go into the first one. */
void area_use(struct process *p, struct area *area);
/** Map one that reaches addr, by a system call run on t. NULL: not possible. */
struct area *area_map(struct process *p, struct thread *t, uint64_t addr);
/** Map areas for all code there is, by system calls run on t. */
void area_map_all(struct process *p, struct thread *t);

/* displaced.c */
/** Note in an area with a header whose slot comes next, and take it. False: not possible. */
bool displaced_take_slot(struct process *p, struct area *area, uint64_t name, const void *code,
			 size_t size);
/** The same for as many slots as the code needs, one behind the other. Returns their address, 0: not possible. */
uint64_t displaced_take_slots(struct process *p, struct area *area, uint64_t name,
			      const uint8_t *code, size_t size);
/** Make b's slot if there is an area for it: nobody needs to stop for that. */
void displaced_prepare(struct process *p, struct breakpoint *b);
/** A thread stands in b's trap, and there is no area yet: make b's slot in a cave, so that it can be parked where it
 *  goes on whatever happens. */
void displaced_shelter(struct process *p, struct breakpoint *b);
/** Where thread t, stopped at b's trap, continues to execute b's instruction and what follows.
 *  Maps the area if need be, by a system call run on t. 0: cannot be done. */
uint64_t displaced_resume_pc(struct process *p, struct thread *t, struct breakpoint *b);
/** Use the area that an earlier tracer has left at start, if it is one. */
void displaced_adopt(struct process *p, uint64_t start);
/** Execute the instruction under b's trap in its own place: the byte is lifted for one step of
 *  t, in which other threads can pass unseen. For return sites that can be displaced nowhere.
 *  False: t vanished. */
bool displaced_step_over(struct process *p, struct thread *t, struct breakpoint *b);
/** Put code into an area, where nobody takes it for a slot. 0: no room. */
uint64_t displaced_place(struct process *p, const uint8_t *code, size_t size);
/** The original address of a pc that lies in a slot, or pc. */
uint64_t displaced_original_pc(struct process *p, uint64_t pc);
void displaced_forget(struct process *p);
/** t, registers fetched, stands before the delivery of a signal, which is a fault of the instruction
 *  itself or not. If that is in a slot it is put back to the original, so that a handler, a core
 *  dump and an unwinder see the program's own pc. When it comes back there,
 *  displaced_is_undone() knows that its hit was counted. */
void displaced_undo(struct process *p, struct thread *t, bool is_fault);
/** t, registers fetched, stands behind the trap of b: again, with nothing changed since it was put
 *  back? It forgets that. */
bool displaced_is_undone(struct process *p, struct thread *t, const struct breakpoint *b);

/* stacks.c */
/** Walk the stack of a thread at an allocator's entry; *site_ret is the address it returns to, 0
 *  when the stack is unreadable. False: a row is missing and EVENT_MISS was sent. */
bool stacks_capture(struct process *p, struct thread *t, uint64_t *hash_ret, uint64_t *site_ret);
enum nesting {
	/** Not inside that call: it was left by other ways. */
	NESTING_NONE,
	/** Called by it. */
	NESTING_INSIDE,
	/** In a signal handler that interrupted it. */
	NESTING_HANDLER,
	/** A row is missing and EVENT_MISS was sent. */
	NESTING_MISS,
};
/** How the entry at which t stands relates to an earlier call that would return to site with
 *  stack pointer sp. */
enum nesting stacks_nesting(struct process *p, struct thread *t, uint64_t site, uint64_t sp);
/** False: the call of t that would return to site with stack pointer sp was left: its return address
 *  is gone. */
bool stacks_may_return(const struct process *p, const struct thread *t, uint64_t site, uint64_t sp);

/* probes.c */
/** Thread t, registers fetched, stands behind the trap of b. Ends with the thread running or
 *  held. is_retry: its hit was looked at before, a row was missing. */
void probes_hit(struct process *p, struct thread *t, struct breakpoint *b, bool is_retry);
/** Let t, which stands behind b's trap, go on with the instruction under it. */
void probes_resume_past(struct process *p, struct thread *t, struct breakpoint *b);
/** Drop pending calls from index on: their threads have left them. */
void probes_abandon(struct process *p, struct thread *t, size_t from);

/** The breakpoint at a return address, planted. NULL: cannot be. */
struct breakpoint *probes_plant_site(struct process *p, uint64_t addr);
/** One pending or measured call less returns to site. */
void probes_release_site(struct process *p, uint64_t site);

/* frees.c */
/** Blocks of allocators on top of malloc (probe_is_layered()) have this bit in engine.live: one may
 *  begin where a block of malloc does. */
#define FREES_UPPER (1ull << 63)
/** The member of engine.live for a block of probe. */
uint64_t frees_key(const struct probe *probe, uint64_t addr);
/** Tell the supervisor of a free; older: what the allocator gave a block that is older than the
 *  tracing, else NULL. */
void frees_emit(struct process *p, const struct thread *t, uint32_t probe, uint64_t ptr,
		const struct event_size *older);
/** The supervisor was told of a new block. */
void frees_add_live(struct process *p, const struct probe *probe, uint64_t addr);
/** Thread t stands at the entry of a function that frees. If the block is one of engine.live it is
 *  freed, wherever the call comes from: true. */
bool frees_live(struct process *p, struct thread *t, const struct breakpoint *b);
/** The same with a block that is not, outside of all calls of its family that are pending. False: a
 *  row is missing, t is held; or t runs, to come here again. */
bool frees_unknown(struct process *p, struct thread *t, const struct breakpoint *b);
/** What t has freed is forgotten. */
void frees_forget(struct thread *t);

/* usable.c: sizes of blocks as their allocator knows them */
#define USABLE_SHIFT 48
/** The index of the allocator that c tells of. */
uint32_t usable_allocator(struct process *p, const struct command *c);
/** Thread t stands at the entry b of a function that takes an older block; *ret is what the
 *  allocator gave it. before: the word before the block, NULL: not read yet. False: t runs to find
 *  it out, and meets b again. */
bool usable_of_block(struct process *p, struct thread *t, const struct breakpoint *b, uint64_t ptr,
		     const uint64_t *before, struct event_size *ret);
/** call has returned the block at addr, t stands at the return site. Sizes of allocations are
 *  of use only where there are older blocks; else, and where it is not known yet, it is 0. */
struct event_size usable_of_call(struct process *p, struct thread *t, const struct pending *call,
				 uint64_t addr);
/** The size is not known yet, but can be found out: t runs to do so, and meets return site b again.
 *  False: t stands where it stood. */
bool usable_learn(struct process *p, struct thread *t, const struct breakpoint *b,
		  const struct pending *call, uint64_t addr);
/** Thread t, registers fetched, stands at b: it has come back from there. */
bool usable_is_back(struct process *p, const struct thread *t, const struct breakpoint *b);
/** It has from usable_learn(): note what it brings. */
void usable_learned(struct process *p, struct thread *t);
/** What t may bring is worth nothing: a signal handler comes in between. */
void usable_forget(struct thread *t);

/* measure.c */
/** Thread t, registers fetched, enters a measured function. */
void measure_enter(struct process *p, struct thread *t, const struct breakpoint *b);
/** t stands at return site b. Returns whether a measured call ended there. */
bool measure_return(struct process *p, struct thread *t, const struct breakpoint *b);
/** The measured calls of t from index on were left by other ways. */
void measure_abandon(struct process *p, struct thread *t, size_t from);

/* emit.c */
/** Room for a record in the ring, header filled in; waits for it. NULL: the supervisor is gone. */
void *emit_begin(struct process *p, enum event_kind kind, size_t size);
void emit_end(struct process *p, void *record);
/** emit_end(), and the supervisor is woken at once. */
void emit_end_now(struct process *p, void *record);
void emit_thread(struct process *p, enum event_kind kind, pid_t tid);
void emit_ack(struct process *p, enum event_kind kind, uint64_t cookie, int result);
void emit_note(struct process *p, const char *format, ...) __printf(2, 3);

/* wait.c */
/** The next thing that happened to a tracee; flags: 0 or WNOHANG. Returns as waitpid() does. A stop
 *  is looked at, not consumed: the kernel drops the SIGTRAP of a stop that was consumed, and should
 *  we be killed then, the thread would go on behind our trap, in the middle of the instruction.
 *  Left as it is the signal reaches the rescue handler. The stop is over when the thread
 *  continues. */
pid_t stops_wait(int flags, int *status_ret);
/** With many threads: the next stop of one of those that stopped last, which is found without going
 *  through all. 0: none, ask stops_wait(). */
pid_t stops_wait_recent(struct tracer *tracer, int *status_ret);
/** tid is one that stopped last. */
void stops_note_recent(struct tracer *tracer, pid_t tid);
/** A stop that is to last must be consumed, or it would be reported for ever. */
void stops_consume(pid_t tid);

/* stops.c */
/** Options of every seize. */
#define ENGINE_PTRACE_OPTIONS                                                                  \
	(PTRACE_O_TRACECLONE | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACEEXEC | \
	 PTRACE_O_TRACESYSGOOD)
/** Act on one result of waitpid(). */
void stops_handle(struct process *p, pid_t tid, int status);
/** A parent reports a new task, or that one has stopped for the first time. */
void stops_birth(struct tracer *tracer, pid_t tid, enum birth birth);
/** The task that a clone, fork or vfork event of tid is about. */
void stops_parent_event(struct tracer *tracer, pid_t tid);
/** A held thread may go on (COMMAND_RELEASE). */
void stops_resume(struct process *p, struct thread *t, unsigned flags);
/** Thread t stands behind a trap of ours? Its breakpoint, or NULL. Registers must be fetched. */
struct breakpoint *stops_our_trap(struct process *p, struct thread *t);

/* commands.c */
/** Carry out what the listener has queued. */
void commands_run(struct tracer *tracer);

/* listen.c */
/** Start the thread that reads the socket. */
bool listen_start(struct tracer *tracer);

/* interrupt.c */
/** A thread asleep in a system call: no trap of ours can be on its way, no new task either, and
 *  an interrupt would only disturb it. Callers of clone, fork and vfork do not count: a task is
 *  on its way. */
bool interrupt_is_needless(pid_t tid);
/** A SIGTRAP waits for this very thread. */
bool interrupt_has_trap(pid_t tid);
/** t, registers fetched, stands in the stop that PTRACE_INTERRUPT brought about. Had it begun,
 *  between our look and the interrupt, a system call that the kernel does not restart by itself
 *  (epoll_wait and semop return EINTR), it begins it again. */
void interrupt_undo(struct process *p, struct thread *t);
/** A signal with a handler comes before t has begun that system call again: it was broken off
 *  rightly. */
void interrupt_redo(struct process *p, struct thread *t);
/** t, registers fetched, comes out of a system call with EINTR. */
bool interrupt_is_here(struct process *p, const struct thread *t);

/* signals.c */
/** A set of signals in /proc/TID/status ("SigBlk", "SigCgt", "SigIgn" ...): signal n is bit n - 1. 0: there is no such thread. */
uint64_t signals_set(pid_t tid, const char *key);
/** Is sig in that set? */
bool signals_has(pid_t tid, const char *key, int sig);
/** t stands before the delivery of a signal: it shall find, and leave behind, what it would without
 *  us. Its registers are fetched, and changed where they must. */
void signals_deliver(struct process *p, struct thread *t, int sig);

/* cpu.c */
void cpu_init(struct tracer *tracer);
/** t has stopped; is_busy: stops come thick and fast. */
void cpu_on_stop(struct tracer *tracer, const struct thread *t, bool is_busy);

/* start.c */
enum tracer_stage start_attach(struct process *p, pid_t pid, int *errnum_ret);
enum tracer_stage start_launch(struct process *p, const struct tracer_options *options,
			       int *errnum_ret);
/** Open /proc/PID/mem of the present image. */
bool start_open_mem(struct process *p);

/* leave.c */
/** Restore every byte in all processes, release every thread that must be looked at. The others
 *  are released by the end of this thread. */
void leave(struct tracer *tracer);

#endif
