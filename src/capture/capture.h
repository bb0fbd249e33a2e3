// SPDX-License-Identifier: GPL-3.0-or-later
/** The capture core: what a call of an allocator function means. It knows which call is the
 *  outermost one, what a realloc holds, what a failed call changes, which frees belong together,
 *  and which blocks are older than the tracing. It makes the records of the ring from that.
 *
 *  It knows neither ptrace nor a process. Its **owner** stops or patches the thread, tells the core
 *  of entries and returns, and answers its questions through struct capture_ops. The tracer is one
 *  owner. Code inside the traced process can be another one. So the core takes no lock, allocates
 *  nothing, and needs no C library: scripts/check-freestanding compiles it that way.
 *
 *  All functions work on one thread, the one in struct capture. One at a time may work on a thread,
 *  and on the state of a process, but for the counters and the known stacks. */
#ifndef CAPTURE_CAPTURE_H
#define CAPTURE_CAPTURE_H

#include "capture/memo.h"
#include "capture/state.h"
#include "walk/walk.h"
#include "wire/cfi_rows.h"
#include "wire/event.h"
#include "wire/probe_kind.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum capture_result {
	/** The thread may go on. */
	CAPTURE_DONE,
	/** A row is missing, for the frame in capture.miss. Nothing has changed: call again when
	 *  the row is there. */
	CAPTURE_MISS,
	/** An op lets the thread run to find something out. Nothing has changed: call again when it
	 *  is back. */
	CAPTURE_AGAIN,
	/** The owner cannot do it here (capture.needs_slow), a table is full, or the return cannot
	 *  be arranged. Nothing is pending for the call; who has no slower way loses it. */
	CAPTURE_SLOW,
};

enum capture_table {
	CAPTURE_TABLE_PENDING,
	CAPTURE_TABLE_MEASURED,
	CAPTURE_TABLE_KNOWN,
};

enum capture_count {
	/** Pending calls that were left without a return. */
	CAPTURE_ABANDONED,
	/** Walks that ended early; those of them with one frame at most. */
	CAPTURE_TRUNCATED,
	CAPTURE_FAILED,
	/** With checks_memo: remembered walks that were taken for unchanged, but were not. */
	CAPTURE_MEMO_WRONG,
};

/** A thread stands at the first instruction of a function. */
struct capture_entry {
	/** Its registers, those of a walk. */
	uint64_t regs[WALK_MAX_REGS];
	/** The address of the instruction. */
	uint64_t addr;
	/** What the function does, and its index; capture_enter() only. */
	const struct probe *probe;
	uint32_t probe_id;
	/** The allocator that it belongs to: means something to the owner only; capture_enter()
	 *  only. */
	uint32_t allocator;
	/** The code of that allocator, [start, end); end 0: it may be anywhere. */
	uint64_t code_start;
	uint64_t code_end;
};

/** A thread stands where a function has returned to. */
struct capture_return {
	uint64_t addr;
	uint64_t sp;
	/** The function's integer result. */
	uint64_t result;
};

/** What has returned there. */
struct capture_returned {
	/** Pending calls, and the outermost of them, which is there until the thread begins another
	 *  one; one of the other family may have come with it. */
	uint32_t num_calls;
	const struct capture_pending *last;
	/** Its block; 0: none. */
	uint64_t block;
	/** A measured call as well. */
	bool is_measured;
};

/** What the core asks its owner. An op that cannot answer without a slower way may set
 *  capture.needs_slow and answer anything. */
struct capture_ops {
	/** Word at an address of the thread's stack, whose neighbours will be asked for as well.
	 *  False: unreadable. */
	bool (*read_stack)(void *owner, uint64_t addr, uint64_t *ret);
	/** A single word anywhere. False: unreadable. */
	bool (*read_word)(void *owner, uint64_t addr, uint64_t *ret);
	/** Two words, for little more than the price of one. False: one of them is unreadable. */
	bool (*read_two)(void *owner, const uint64_t addrs[2], uint64_t ret[2]);
	/** Integer argument i of the function at whose entry the thread stands. */
	uint64_t (*arg)(void *owner, unsigned i);
	/** The program's own pc for one at which a thread was interrupted: copies of instructions
	 *  stand for the originals. */
	uint64_t (*original_pc)(void *owner, uint64_t pc);
	/** A row of the owner's own, for a pc of the program. False: it has none, but there may be
	 *  one in capture.rows. NULL: it never has. */
	bool (*own_row)(void *owner, uint64_t pc, bool is_call_site, struct cfi_row *ret);
	/** As struct arch's callee: what the call before return_addr calls. 0: unknown. */
	void (*callee)(void *owner, uint64_t return_addr, uint64_t targets_ret[2]);

	/** One call more will return to addr: capture_return() is to be called then. False: that
	 *  cannot be arranged. */
	bool (*arm)(void *owner, uint64_t return_addr);
	/** One call less. Not asked for a call that is_exchanged. */
	void (*disarm)(void *owner, uint64_t return_addr);

	/** Room for a record, its header filled in. There is one at a time. NULL: nobody reads
	 *  it. */
	void *(*emit_begin)(void *owner, enum event_kind kind, size_t size);
	/** Send it. tail, a multiple of 8 bytes, follows it as its last part. */
	void (*emit_end)(void *owner, void *record, const void *tail, size_t tail_size);
	/** CLOCK_MONOTONIC, for measured calls. */
	uint64_t (*now_ns)(void *owner);

	/** The set of live blocks, by capture_key(). Take: false if it was not there. With
	 *  is_live_unknown they are false, and add makes the key's stamp another one. */
	bool (*live_has)(void *owner, uint64_t key);
	bool (*live_take)(void *owner, uint64_t key);
	void (*live_add)(void *owner, uint64_t key);
	/** With is_live_unknown only. As long as the key's stamp is the same no allocation has
	 *  returned that block. It may change for no reason, too. */
	uint64_t (*live_stamp)(void *owner, uint64_t key);

	/** What the allocator gave the older block at ptr, which is freed or resized at this entry;
	 *  0 sizes: unknown. before: the word in front of the block, NULL: not read yet.
	 *  CAPTURE_DONE, _AGAIN or _SLOW. */
	enum capture_result (*size_of_older)(void *owner, const struct capture_entry *at,
					     uint64_t ptr, const uint64_t *before,
					     struct event_size *ret);
	/** What it gave the block at addr, which the call returns. */
	struct event_size (*size_of_new)(void *owner, const struct capture_pending *call,
					 uint64_t addr);

	/** Make the table at least twice as large and tell struct capture of it. False: it stays as
	 *  it is. */
	bool (*grow)(void *owner, enum capture_table table);
	void (*count)(void *owner, enum capture_count what);
};

/** What the core works with: one process, and in it the thread of the present event. */
struct capture {
	const struct capture_ops *ops;
	void *owner;
	const struct arch_unwind *arch;
	const struct cfi_rows *rows;
	struct capture_process *process;
	struct capture_known *known;
	/** Room for process->nframe look-up addresses; one walk at a time uses it. */
	uint64_t *pcs;
	/** Less room than that: so many. Deeper stacks are CAPTURE_SLOW. 0: there is room. */
	uint32_t pcs_cap;
	/** Ops arm calls without a place of their own for each return address: its end is noticed
	 *  wherever the call returns. */
	bool is_exchanging;

	struct capture_thread *thread;
	/** Tables of the thread, innermost call last, and how many calls fit in. */
	struct capture_pending *pending;
	uint32_t pending_cap;
	struct capture_measured *measured;
	uint32_t measured_cap;

	/** Remembered walks of the thread; NULL: none are. It is for owners that can read the
	 *  stack directly: words from the stack pointer of an entry up to stack_end, at stack_bias
	 *  from their addresses (0 in the process itself). */
	struct capture_memo *memo;
	uint64_t stack_end;
	uint64_t stack_bias;
	/** Walk each time, too, and compare: for tests. */
	bool checks_memo;

	/** After CAPTURE_MISS. */
	struct walk_frame miss;
	/** See struct capture_ops. Every event begins with false. */
	bool needs_slow;
	/** read_stack gave another word than the one in memory: a return address that was replaced.
	 *  The op sets it; such a walk is not remembered. */
	bool has_translated;
};

/** The thread enters an allocator function. */
enum capture_result capture_enter(struct capture *c, const struct capture_entry *at);
/** A short way for capture_enter() with sampling, where the thread has no pending calls, and enters
 *  an allocation that takes no sampled block: `now`, with one entry. If a look tells that it is
 *  neither sampled nor a part of another one, it is remembered as such. read: a word anywhere,
 *  false if it is unreadable. False: take the long way. */
bool capture_pass_at_once(struct capture_thread *t, const struct arch_unwind *arch,
			  const struct capture_passed *now,
			  bool (*read)(uint64_t addr, uint64_t *ret));
/** The thread enters measured function id. CAPTURE_DONE or _SLOW. */
enum capture_result capture_measure_enter(struct capture *c, const struct capture_entry *at,
					  uint32_t id);
/** The thread stands at an address that calls return to. CAPTURE_DONE; or _SLOW, then some may have
 *  returned and the others are as before. *ret, zero before the first try, adds up. */
enum capture_result capture_return(struct capture *c, const struct capture_return *at,
				   struct capture_returned *ret);
/** The thread has left all its calls in other ways: it ends, executes a program, or nothing is
 *  traced any more. What it has freed is forgotten as well. */
void capture_thread_end(struct capture *c);
/** Everything so far is older than what comes. The live set is the owner's to empty. Once, and then
 *  for each thread. */
void capture_clear(struct capture *c);
void capture_clear_thread(struct capture *c);
/** Stacks are to be told anew: modules have gone, a program was executed, the frame limit is
 *  another one. Returns the number of the epoch that begins. */
uint64_t capture_new_epoch(struct capture *c);
/** Changes with everything that the result of a walk depends on besides the thread's registers and
 *  stack: rows withdrawn or cleared, modules, the frame limit, the epoch. Whoever remembers a walk
 *  remembers this number with it. */
static inline uint64_t capture_generation(const struct capture *c)
{
	return c->process->epoch + cfi_rows_changes(c->rows);
}

/** Blocks of layered allocators (probe_is_layered()) have this bit in their key: one may begin
 *  where one of malloc does. */
#define CAPTURE_KEY_LAYERED (1ull << 63)

/** The member of the live set that a block at addr is. */
static inline uint64_t capture_key(bool is_layered, uint64_t addr)
{
	return is_layered ? addr | CAPTURE_KEY_LAYERED : addr;
}

#endif
