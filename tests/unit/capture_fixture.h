// SPDX-License-Identifier: GPL-3.0-or-later
/** A made-up process for the capture core: threads with stacks in an array, functions that are only
 *  numbers, and a reader that keeps the books which the records ask for. Every row is missing until
 *  a walk asks for it. The machine knows each thread's calls itself, so a test (or a model) can say
 *  what should come out without walking. */
#ifndef TESTS_UNIT_CAPTURE_FIXTURE_H
#define TESTS_UNIT_CAPTURE_FIXTURE_H

#include "base/hmap.h"
#include "base/vec.h"
#include "capture/capture.h"
#include "test_util.h"

#include <string.h>

#define NUM_THREADS 8
#define STACK_WORDS 16384
#define NUM_ROWS    1024
#define NFRAME      16
/** Words of a frame: from the stack pointer in its body to behind its return address. */
#define FRAME_WORDS 4

/** Function n is at FUNCTION(n). What it calls at its site i returns to i bytes behind; code at
 *  which it may be interrupted is half way up. */
#define FUNCTION(n)   (0x100000ull + (n)*0x1000)
#define MIDDLE        0x800
#define TRAMPOLINE    0x4000ull
#define THREAD_START  0x5000ull
#define STACK_ADDR(i) (0x7f0000000000ull + (i)*0x1000000ull)
/** Memory besides the stacks. */
#define DATA_ADDR  0x900000ull
#define DATA_WORDS 64
/** Bytes below the stack pointer that the kernel leaves alone (psABI x86-64, 3.2.2). */
#define RED_ZONE     128
#define SIGNAL_WORDS 64
/** Several blocks have the same stamp. */
#define NUM_STAMPS 16

/** The functions that the tests call, by number. */
enum function {
	MAIN,
	HANDLER,
	MALLOC,
	CALLOC,
	REALLOC,
	REALLOCARRAY,
	MEMALIGN,
	FREE,
	DELETE_SIZED,
	DELETE,
	ARENA_ALLOC,
	ARENA_REALLOC,
	ARENA_FREE,
	INNER,
	/** Like MALLOC, but it has no size. */
	NEW_NODE,
	NUM_FUNCTIONS,
};

static const struct probe fake_probes[NUM_FUNCTIONS] = {
	[MALLOC] = {"malloc", PROBE_ALLOC, 0, ARG_NONE, ARG_NONE, 0, DOMAIN_MALLOC},
	[CALLOC] = {"calloc", PROBE_ALLOC, 1, 0, ARG_NONE, 0, DOMAIN_MALLOC},
	[REALLOC] = {"realloc", PROBE_REALLOC, 1, ARG_NONE, 0, 0, DOMAIN_MALLOC},
	[REALLOCARRAY] = {"reallocarray", PROBE_REALLOC, 2, 1, 0, 0, DOMAIN_MALLOC},
	[MEMALIGN] = {"posix_memalign", PROBE_ALLOC_OUT, 2, ARG_NONE, 0, 0, DOMAIN_MALLOC},
	[FREE] = {"free", PROBE_FREE, ARG_NONE, ARG_NONE, 0, 0, DOMAIN_MALLOC},
	[DELETE_SIZED] = {"_ZdlPvm", PROBE_FREE, ARG_NONE, ARG_NONE, 0, 1, DOMAIN_MALLOC},
	[DELETE] = {"_ZdlPv", PROBE_FREE, ARG_NONE, ARG_NONE, 0, 1, DOMAIN_MALLOC},
	[ARENA_ALLOC] = {"arena_alloc", PROBE_ALLOC, 0, ARG_NONE, ARG_NONE, 0, DOMAIN_USER},
	[ARENA_REALLOC] = {"arena_realloc", PROBE_REALLOC, 1, ARG_NONE, 0, 0, DOMAIN_USER},
	[ARENA_FREE] = {"arena_free", PROBE_FREE, ARG_NONE, ARG_NONE, 0, 0, DOMAIN_USER},
	[NEW_NODE] = {"new_node", PROBE_ALLOC, ARG_NONE, ARG_NONE, ARG_NONE, 0, DOMAIN_MALLOC},
};

/** A call in progress, or a handler. */
struct fake_call {
	enum function function;
	/** Where its return address is. */
	uint64_t entry_sp;
	uint64_t return_addr;
};

struct fake_thread {
	struct capture_thread state;
	struct capture_pending *pending;
	uint32_t pending_cap;
	struct capture_measured *measured;
	uint32_t measured_cap;
	uint64_t *stack;
	uint64_t base;
	uint64_t args[6];
	VEC(struct fake_call) calls;
	/** NULL: nothing is remembered. */
	struct capture_memo *memo;
};

/** A record that a test may look at. */
union fake_record {
	struct ring_record header;
	struct event_stack stack;
	struct event_alloc alloc;
	struct event_free free;
	struct event_take take;
	struct event_abandon abandon;
	struct event_realloc realloc;
	struct event_measure measure;
	uint8_t bytes[sizeof(struct event_stack) + NFRAME * sizeof(uint64_t)];
};

/** What the records say. Blocks by capture_key(); those that a realloc holds by call. */
struct fake_reader {
	struct hmap live;
	struct hmap taken;
	struct hmap stacks;
	VEC(union fake_record) log;
	size_t num_older;
	size_t num_unknown;
	size_t num_replaced;
};

static struct fake_machine {
	struct capture capture;
	struct capture_process process;
	struct fake_thread threads[NUM_THREADS];
	struct fake_thread *now;
	struct fake_reader reader;
	/** The record is being filled in. */
	bool is_emitting;
	uint64_t data[DATA_WORDS];
	uint64_t pcs[NFRAME];
	struct hmap live;
	/** With is_live_unknown. */
	uint64_t stamps[NUM_STAMPS];
	uint64_t num_stamps;
	/** Return address -> calls that will return there. */
	struct hmap armed;
	uint64_t time;
	/** What the ops are to do, and what they have done. */
	bool refuses_growth;
	/** Owners that sample may take it: how often they did. */
	bool takes_short_way;
	unsigned num_short;
	bool grows_known;
	bool refuses_return;
	bool is_far_memory_slow;
	bool has_no_reader;
	/** So many times an older block's size is asked for before it is known. */
	unsigned questions;
	uint64_t copy_pc;
	/** The word there is a return address that was replaced; that is the true one. */
	uint64_t translated_addr;
	uint64_t true_word;
	unsigned num_misses;
	unsigned num_stack_reads;
	unsigned num_word_reads;
	unsigned num_pair_reads;
	unsigned num_pcs_asked;
	unsigned num_counted[CAPTURE_MEMO_WRONG + 1];
	/** Last, since it may end with a stack of any length. */
	union fake_record record;
} m;

/* Memory. */

static inline uint64_t *fake_find_word(uint64_t addr)
{
	size_t i;

	if (addr >= DATA_ADDR && addr < DATA_ADDR + 8 * DATA_WORDS)
		return &m.data[(addr - DATA_ADDR) / 8];
	for (i = 0; i < NUM_THREADS; i++)
		if (addr >= STACK_ADDR(i) && addr < STACK_ADDR(i) + 8 * STACK_WORDS)
			return &m.threads[i].stack[(addr - STACK_ADDR(i)) / 8];
	return NULL;
}

/** The word at an address where there is one. */
__attribute__((returns_nonnull, noinline, unused)) static uint64_t *fake_word(uint64_t addr)
{
	uint64_t *word = fake_find_word(addr);

	ck_assert_ptr_nonnull(word);
	return word;
}

static inline bool fake_read(uint64_t addr, uint64_t *ret)
{
	const uint64_t *word = fake_find_word(addr);

	if (!word)
		return false;
	*ret = *word;
	return true;
}

static inline bool op_read_stack(void *owner, uint64_t addr, uint64_t *ret)
{
	(void)owner;
	m.num_stack_reads++;
	if (addr && addr == m.translated_addr) {
		m.capture.has_translated = true;
		*ret = m.true_word;
		return true;
	}
	return fake_read(addr, ret);
}

static inline bool op_read_word(void *owner, uint64_t addr, uint64_t *ret)
{
	(void)owner;
	m.num_word_reads++;
	if (m.is_far_memory_slow)
		m.capture.needs_slow = true;
	return fake_read(addr, ret);
}

static inline bool op_read_two(void *owner, const uint64_t addrs[2], uint64_t ret[2])
{
	(void)owner;
	m.num_pair_reads++;
	return fake_read(addrs[0], &ret[0]) && fake_read(addrs[1], &ret[1]);
}

/* The other ops. */

static inline uint64_t op_arg(void *owner, unsigned i)
{
	(void)owner;
	return m.now->args[i];
}

static inline uint64_t op_original_pc(void *owner, uint64_t pc)
{
	(void)owner;
	m.num_pcs_asked++;
	return m.copy_pc && pc == m.copy_pc ? FUNCTION(INNER) + MIDDLE : pc;
}

static inline void op_callee(void *owner, uint64_t return_addr, uint64_t targets_ret[2])
{
	(void)owner;
	targets_ret[0] = return_addr + 1;
	targets_ret[1] = return_addr + 2;
}

static inline bool op_arm(void *owner, uint64_t return_addr)
{
	uint64_t *num = hmap_find(&m.armed, return_addr);

	(void)owner;
	if (m.refuses_return)
		return false;
	return hmap_set(&m.armed, return_addr, num ? *num + 1 : 1);
}

static inline void op_disarm(void *owner, uint64_t return_addr)
{
	uint64_t *num = hmap_find(&m.armed, return_addr);

	(void)owner;
	ck_assert(num && *num);
	(*num)--;
}

static inline void *op_emit_begin(void *owner, enum event_kind kind, size_t size)
{
	(void)owner;
	if (m.has_no_reader)
		return NULL;
	ck_assert_uint_le(size, sizeof(m.record));
	ck_assert(!m.is_emitting);
	m.is_emitting = true;
	// What the core leaves out must not look like anything.
	memset(&m.record, 0xee, sizeof(m.record));
	m.record.header = (struct ring_record){.size = size, .kind = kind};
	return &m.record;
}

static inline uint64_t record_key(uint32_t probe, uint64_t addr)
{
	return capture_key(probe_is_layered(&fake_probes[probe]), addr);
}

static inline void reader_add(uint32_t probe, uint64_t addr, uint64_t size, uint64_t hash)
{
	ck_assert_msg(hmap_find(&m.reader.stacks, hash), "a stack that was not sent");
	m.reader.num_replaced += hmap_find(&m.reader.live, record_key(probe, addr)) != NULL;
	ck_assert(hmap_set(&m.reader.live, record_key(probe, addr), size));
}

static inline void reader_realloc(const struct event_realloc *event)
{
	uint64_t *taken = hmap_find(&m.reader.taken, event->call);
	uint64_t key = record_key(event->probe, event->addr);

	m.reader.num_older += event->addr && !taken && event->header.flags & FREE_OLDER;
	ck_assert(!taken || !(event->header.flags & FREE_OLDER) || m.process.is_live_unknown);
	if (event->addr)
		reader_add(event->probe, event->addr, event->size, event->stack_hash);
	else if (taken)
		ck_assert(hmap_set(&m.reader.live, *taken >> 16 | (key & CAPTURE_KEY_LAYERED),
				   *taken & 0xffff));
	hmap_remove(&m.reader.taken, event->call);
}

static inline void reader_take(const struct event_take *event)
{
	uint64_t key = record_key(event->probe, event->addr);
	uint64_t *size = hmap_find(&m.reader.live, key);

	if (!size)
		return;
	ck_assert(hmap_set(&m.reader.taken, event->call, event->addr << 16 | *size));
	hmap_remove(&m.reader.live, key);
}

static inline void reader_free(const struct event_free *event)
{
	uint64_t key = record_key(event->probe, event->addr);

	// As long as the live set is kept, older blocks are known to be none of ours.
	if (event->header.flags & FREE_OLDER && !m.process.is_live_unknown)
		ck_assert_ptr_null(hmap_find(&m.reader.live, key));
	if (hmap_remove(&m.reader.live, key) || event->header.flags & FREE_IF_LIVE)
		return;
	if (event->header.flags & FREE_OLDER)
		m.reader.num_older++;
	else
		m.reader.num_unknown++;
}

static inline void op_emit_end(void *owner, void *record, const void *tail, size_t tail_size)
{
	const union fake_record *r = record;

	(void)owner;
	ck_assert_ptr_eq(record, &m.record);
	ck_assert(m.is_emitting);
	m.is_emitting = false;
	ck_assert_uint_le(r->header.size + tail_size, sizeof(m.record));
	if (tail_size)
		memcpy(m.record.bytes + r->header.size, tail, tail_size);
	ck_assert(vec_push(&m.reader.log, m.record));
	switch (r->header.kind) {
	case EVENT_STACK:
		// Behind the record, not before: the hash is not known yet.
		ck_assert(!capture_known_has(m.capture.known, r->stack.hash));
		ck_assert(hmap_set(&m.reader.stacks, r->stack.hash, 1));
		break;
	case EVENT_ALLOC:
		reader_add(r->alloc.probe, r->alloc.addr, r->alloc.size, r->alloc.stack_hash);
		break;
	case EVENT_FREE:
		reader_free(&r->free);
		break;
	case EVENT_TAKE:
		reader_take(&r->take);
		break;
	case EVENT_REALLOC:
		reader_realloc(&r->realloc);
		break;
	case EVENT_ABANDON:
		m.reader.num_older += r->header.flags & FREE_OLDER &&
				      !hmap_find(&m.reader.taken, r->abandon.call);
		hmap_remove(&m.reader.taken, r->abandon.call);
		break;
	default:
		break;
	}
}

static inline uint64_t op_now_ns(void *owner)
{
	(void)owner;
	return ++m.time;
}

static inline bool op_live_has(void *owner, uint64_t key)
{
	(void)owner;
	return !m.process.is_live_unknown && hmap_find(&m.live, key);
}

static inline bool op_live_take(void *owner, uint64_t key)
{
	(void)owner;
	return !m.process.is_live_unknown && hmap_remove(&m.live, key);
}

static inline void op_live_add(void *owner, uint64_t key)
{
	(void)owner;
	if (m.process.is_live_unknown)
		m.stamps[key / 16 % NUM_STAMPS] = ++m.num_stamps;
	else
		ck_assert(hmap_set(&m.live, key, 1));
}

static inline uint64_t op_live_stamp(void *owner, uint64_t key)
{
	(void)owner;
	ck_assert(m.process.is_live_unknown);
	return m.stamps[key / 16 % NUM_STAMPS];
}

/** What the allocator gave: recognisable. */
static inline enum capture_result op_size_of_older(void *owner, const struct capture_entry *at,
						   uint64_t ptr, const uint64_t *before,
						   struct event_size *ret)
{
	(void)owner;
	(void)at;
	if (m.questions) {
		m.questions--;
		return CAPTURE_AGAIN;
	}
	*ret = (struct event_size){ptr + 2, before ? *before : 0};
	return CAPTURE_DONE;
}

static inline struct event_size op_size_of_new(void *owner, const struct capture_pending *call,
					       uint64_t addr)
{
	(void)owner;
	return (struct event_size){call->size + 8, addr};
}

static inline bool fake_grow(void *table, uint32_t *cap, size_t size)
{
	uint32_t more = *cap * 2 + 1;
	void *p = realloc(*(void **)table, more * size);

	ck_assert_ptr_nonnull(p);
	*(void **)table = p;
	*cap = more;
	return true;
}

/** A set of twice the size, which is empty: whatever was in it is sent again. */
static inline bool grow_known(void)
{
	uint64_t cap = m.capture.known->cap * 2;

	if (!m.grows_known)
		return false;
	free(m.capture.known);
	m.capture.known = calloc(1, capture_known_size(cap));
	ck_assert_ptr_nonnull(m.capture.known);
	capture_known_init(m.capture.known, cap);
	return true;
}

static inline bool op_grow(void *owner, enum capture_table table)
{
	(void)owner;
	if (m.refuses_growth)
		return false;
	if (table == CAPTURE_TABLE_KNOWN)
		return grow_known();
	if (table == CAPTURE_TABLE_PENDING) {
		fake_grow(&m.now->pending, &m.now->pending_cap, sizeof(*m.now->pending));
		m.capture.pending = m.now->pending;
		m.capture.pending_cap = m.now->pending_cap;
	} else {
		fake_grow(&m.now->measured, &m.now->measured_cap, sizeof(*m.now->measured));
		m.capture.measured = m.now->measured;
		m.capture.measured_cap = m.now->measured_cap;
	}
	return true;
}

static inline void op_count(void *owner, enum capture_count what)
{
	(void)owner;
	m.num_counted[what]++;
}

static const struct capture_ops fake_ops = {
	.read_stack = op_read_stack,
	.read_word = op_read_word,
	.read_two = op_read_two,
	.arg = op_arg,
	.original_pc = op_original_pc,
	.callee = op_callee,
	.arm = op_arm,
	.disarm = op_disarm,
	.emit_begin = op_emit_begin,
	.emit_end = op_emit_end,
	.now_ns = op_now_ns,
	.live_has = op_live_has,
	.live_take = op_live_take,
	.live_add = op_live_add,
	.live_stamp = op_live_stamp,
	.size_of_older = op_size_of_older,
	.size_of_new = op_size_of_new,
	.grow = op_grow,
	.count = op_count,
};

#endif
