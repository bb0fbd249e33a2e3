// SPDX-License-Identifier: GPL-3.0-or-later
/** What the threads of the made-up process do: they call, jump, return, are interrupted, and leave
 *  by longjmp. Calls of allocators and returns go through the capture core. */
#ifndef TESTS_UNIT_CAPTURE_MACHINE_H
#define TESTS_UNIT_CAPTURE_MACHINE_H

#include "capture_fixture.h"

#include "arch/arch.h"

static inline struct cfi_row fake_row(enum cfi_row_kind kind)
{
	struct cfi_row row = {
		.kind = kind,
		.cfa_reg = WALK_SP,
		.cfa_offset = 8 * FRAME_WORDS,
		.ra_offset = -8,
	};
	unsigned i;

	for (i = 0; i < WALK_MAX_SAVED; i++)
		row.reg_offset[i] = CFI_ROW_SAME;
	return row;
}

/** The missing row, as call-frame information would say. */
static inline void fake_supply_row(uint64_t pc, bool is_call_site)
{
	struct cfi_row row = fake_row(CFI_ROW_REG);

	if (pc == THREAD_START)
		row.kind = CFI_ROW_END;
	else if (pc == TRAMPOLINE)
		row.kind = CFI_ROW_SIGNAL;
	cfi_rows_put((struct cfi_rows *)m.capture.rows, cfi_rows_key(pc, is_call_site), &row);
	m.num_misses++;
}

/** From now on everything is about thread i. */
static inline void fake_use(size_t i)
{
	m.now = &m.threads[i];
	m.capture.thread = &m.now->state;
	m.capture.pending = m.now->pending;
	m.capture.pending_cap = m.now->pending_cap;
	m.capture.measured = m.now->measured;
	m.capture.measured_cap = m.now->measured_cap;
	m.capture.needs_slow = false;
	m.capture.memo = m.now->memo;
	m.capture.stack_end = STACK_ADDR(i) + 8 * STACK_WORDS;
	m.capture.stack_bias = (uintptr_t)m.now->stack - STACK_ADDR(i);
}

/** Threads remember their walks from now on, and each is walked as well. */
static inline void fake_remember(void)
{
	size_t i;

	for (i = 0; i < NUM_THREADS; i++) {
		m.threads[i].memo = calloc(1, sizeof(struct capture_memo));
		ck_assert_ptr_nonnull(m.threads[i].memo);
	}
	m.capture.checks_memo = true;
	fake_use(0);
}

static inline struct fake_call *fake_top(void)
{
	return &m.now->calls.items[m.now->calls.num - 1];
}

static inline bool has_link(void)
{
	return m.capture.arch->link != ARCH_NO_REG;
}

/** The stack pointer after the return of a call. */
static inline uint64_t fake_cfa(const struct fake_call *call)
{
	return call->entry_sp + m.capture.arch->call_size;
}

/** The stack pointer in the body of the function that runs. */
static inline uint64_t fake_sp(void)
{
	return fake_cfa(fake_top()) - 8 * FRAME_WORDS;
}

/** The registers at the entry of the function that runs. */
static inline struct capture_entry fake_entry(void)
{
	struct capture_entry at = {.regs = {[WALK_SP] = fake_top()->entry_sp}};

	if (has_link())
		at.regs[m.capture.arch->link] = fake_top()->return_addr;
	at.addr = FUNCTION(fake_top()->function);
	at.probe_id = fake_top()->function;
	at.probe = &fake_probes[at.probe_id];
	return at;
}

/** As an owner does that samples, and can read the stack directly. */
static inline bool fake_short_way(const struct capture_entry *at)
{
	uint64_t ptr = at->probe->kind == PROBE_REALLOC ? m.now->args[at->probe->ptr_arg] : 0;
	struct capture_passed now = {
		.sp = fake_cfa(fake_top()),
		.return_addr = fake_top()->return_addr,
		.entries = {at->addr},
		.is_layered = probe_is_layered(at->probe),
	};

	if (!m.takes_short_way || at->probe->kind == PROBE_FREE || m.now->state.num_pending ||
	    (ptr && hmap_find(&m.live, capture_key(now.is_layered, ptr))))
		return false;
	now.size = at->probe->size_arg == ARG_NONE ? 0 : m.now->args[at->probe->size_arg];
	if (at->probe->factor_arg != ARG_NONE)
		now.size *= m.now->args[at->probe->factor_arg];
	if (!capture_pass_at_once(&m.now->state, m.capture.arch, &now, fake_read))
		return false;
	m.num_short++;
	return true;
}

/** The core looks at the entry until it needs no more rows. */
static inline enum capture_result fake_look(const struct capture_entry *at)
{
	enum capture_result result;

	m.capture.needs_slow = false;
	if (fake_short_way(at))
		return CAPTURE_DONE;
	while ((result = capture_enter(&m.capture, at)) == CAPTURE_MISS)
		fake_supply_row(m.capture.miss.pc, m.capture.miss.is_call_site);
	return result;
}

/** A function is entered from where the stack pointer is sp. A call pushes the return address. With
 *  a link register the function saves it before it does anything else, at the same place. */
static inline void fake_push_at(enum function function, uint64_t sp, uint64_t return_addr)
{
	struct fake_call call = {function, sp - m.capture.arch->call_size, return_addr};

	if (!has_link())
		*fake_word(sp - 8) = return_addr;
	else if (m.now->calls.num)
		*fake_word(fake_cfa(fake_top()) - 8) = fake_top()->return_addr;
	ck_assert(vec_push(&m.now->calls, call));
}

/** The function that runs calls another one. */
static inline void fake_push(enum function function, uint64_t return_addr)
{
	fake_push_at(function, fake_sp(), return_addr);
}

static inline enum capture_result fake_enter(void)
{
	struct capture_entry at = fake_entry();

	return at.probe->symbol ? fake_look(&at) : CAPTURE_DONE;
}

/** The function that runs calls another one, from its call site number site. */
static inline enum capture_result fake_call(enum function function, unsigned site)
{
	fake_push(function, FUNCTION(fake_top()->function) + site);
	return fake_enter();
}

/** The function that runs jumps to another one as its last act. */
static inline enum capture_result fake_jump(enum function function)
{
	fake_top()->function = function;
	return fake_enter();
}

static inline void fake_set_args(uint64_t a, uint64_t b, uint64_t c)
{
	m.now->args[0] = a;
	m.now->args[1] = b;
	m.now->args[2] = c;
}

/** A call with arguments. */
static inline enum capture_result fake_call_with(enum function function, uint64_t a, uint64_t b,
						 uint64_t c)
{
	fake_set_args(a, b, c);
	return fake_call(function, 1);
}

/** The thread is where that call returned to. */
static inline struct capture_returned fake_come_back(const struct fake_call *call, uint64_t result)
{
	struct capture_return at = {call->return_addr, fake_cfa(call), result};
	struct capture_returned ret = {0};
	const uint64_t *armed = hmap_find(&m.armed, at.addr);

	m.capture.needs_slow = false;
	// A trap that stays: it is met by who returns there for other reasons, too.
	if (armed)
		ck_assert_int_eq(capture_return(&m.capture, &at, &ret), CAPTURE_DONE);
	return ret;
}

/** The function that runs returns. */
static inline struct capture_returned fake_return(uint64_t result)
{
	struct fake_call call = *fake_top();

	m.now->calls.num--;
	return fake_come_back(&call, result);
}

/** A signal comes at pc: the handler runs, on top of a frame from which the kernel restores all. */
static inline void fake_signal_at(uint64_t pc, uint64_t sp)
{
	uint64_t frame = sp - RED_ZONE - 8 * SIGNAL_WORDS;
	const struct arch_unwind *arch = m.capture.arch;

	memset(fake_word(frame), 0, 8 * SIGNAL_WORDS);
	*fake_word(frame + arch->signal_regs[WALK_SP]) = sp;
	*fake_word(frame + arch->signal_pc) = pc;
	fake_push_at(HANDLER, frame, TRAMPOLINE);
}

static inline void fake_signal(void)
{
	fake_signal_at(FUNCTION(fake_top()->function) + MIDDLE, fake_sp());
}

/** The function that runs returns, and a signal comes before that is seen: fake_come_back() with
 *  the call, after the handler. */
static inline struct fake_call fake_signal_behind(void)
{
	struct fake_call call = *fake_top();

	m.now->calls.num--;
	fake_signal_at(call.return_addr, fake_cfa(&call));
	return call;
}

static inline void fake_sigreturn(void)
{
	ck_assert_int_eq(fake_top()->function, HANDLER);
	m.now->calls.num--;
}

/** Back to the call of that depth, in the middle of it. */
static inline void fake_longjmp(size_t depth)
{
	ck_assert_uint_ge(m.now->calls.num, depth);
	m.now->calls.num = depth;
}

/** A whole call of malloc or its like: the block. */
static inline uint64_t fake_malloc(uint64_t size, uint64_t block)
{
	ck_assert_int_eq(fake_call_with(MALLOC, size, 0, 0), CAPTURE_DONE);
	fake_return(block);
	return block;
}

static inline void fake_free(uint64_t block)
{
	ck_assert_int_eq(fake_call_with(FREE, block, 0, 0), CAPTURE_DONE);
	fake_return(0);
}

static inline void fake_realloc(uint64_t old, uint64_t size, uint64_t block)
{
	ck_assert_int_eq(fake_call_with(REALLOC, old, size, 0), CAPTURE_DONE);
	fake_return(block);
}

/* What should have come out. */

/** The block is live and of that size; there are num live ones. */
static inline void check_block(uint64_t key, uint64_t size, size_t num)
{
	const uint64_t *found = hmap_find(&m.reader.live, key);

	ck_assert_msg(found, "%#llx is not live", (unsigned long long)key);
	ck_assert_uint_eq(*found, size);
	ck_assert_uint_eq(m.reader.live.num, num);
}

static inline void check_none(void)
{
	ck_assert_uint_eq(m.reader.live.num, 0);
	ck_assert_uint_eq(m.reader.taken.num, 0);
}

/** The last record. */
static inline const union fake_record *last_record(enum event_kind kind)
{
	const union fake_record *r = &m.reader.log.items[m.reader.log.num - 1];

	ck_assert_uint_gt(m.reader.log.num, 0);
	ck_assert_int_eq(r->header.kind, (int)kind);
	return r;
}

static inline size_t count_records(enum event_kind kind)
{
	size_t i, num = 0;

	for (i = 0; i < m.reader.log.num; i++)
		num += m.reader.log.items[i].header.kind == kind;
	return num;
}

/** Nothing is in progress any more: no call waits, and no return address is armed. */
static inline void check_idle(void)
{
	size_t i;

	for (i = 0; i < NUM_THREADS; i++)
		ck_assert_uint_eq(m.threads[i].state.num_pending, 0);
	for (i = 0; i < m.armed.cap; i++)
		if (m.armed.slots[i].key != HMAP_NO_KEY)
			ck_assert_uint_eq(m.armed.slots[i].value, 0);
	ck_assert_uint_eq(m.reader.taken.num, 0);
}

static inline void machine_setup_for(const struct arch_unwind *arch)
{
	struct cfi_rows *rows = calloc(1, CFI_ROWS_SHM_SIZE(NUM_ROWS));
	struct capture_known *known = calloc(1, capture_known_size(1024));
	size_t i;

	memset(&m, 0, sizeof(m));
	ck_assert(rows && known);
	cfi_rows_init(rows, NUM_ROWS);
	capture_known_init(known, 1024);
	m.process = (struct capture_process){.nframe = NFRAME, .is_heap_known = true};
	m.capture = (struct capture){
		.ops = &fake_ops,
		.arch = arch,
		.rows = rows,
		.process = &m.process,
		.known = known,
		.pcs = m.pcs,
	};
	for (i = 0; i < NUM_THREADS; i++) {
		m.threads[i].state.tid = 100 + (int)i;
		m.threads[i].stack = calloc(STACK_WORDS, sizeof(uint64_t));
		ck_assert_ptr_nonnull(m.threads[i].stack);
		fake_use(i);
		fake_push_at(MAIN, STACK_ADDR(i) + 8 * (STACK_WORDS - 4), THREAD_START);
	}
	fake_use(0);
}

static inline void machine_setup(void)
{
	machine_setup_for(arch_host()->unwind);
}

static inline void machine_teardown(void)
{
	size_t i;

	ck_assert_uint_eq(m.num_counted[CAPTURE_MEMO_WRONG], 0);
	for (i = 0; i < NUM_THREADS; i++) {
		free(m.threads[i].stack);
		free(m.threads[i].pending);
		free(m.threads[i].measured);
		free(m.threads[i].memo);
		vec_deinit(&m.threads[i].calls);
	}
	free((void *)m.capture.rows);
	free(m.capture.known);
	hmap_deinit(&m.live);
	hmap_deinit(&m.armed);
	hmap_deinit(&m.reader.live);
	hmap_deinit(&m.reader.taken);
	hmap_deinit(&m.reader.stacks);
	vec_deinit(&m.reader.log);
}

#endif
