// SPDX-License-Identifier: GPL-3.0-or-later
/** Walks of a thread's stack, and what they send. The thread is this process with registers of our
 *  choice. */
#include "trace_fixture.h"

#include <stdlib.h>

#define SITE 0x401000ull
/** Words in a frame. */
#define FRAME 4

static struct thread thread;
static uint64_t stack[16384] __attribute__((aligned(16)));

static uint64_t addr_of(size_t word)
{
	return (uint64_t)(uintptr_t)&stack[word];
}

static struct cfi_row plain_row(int32_t cfa_offset)
{
	struct cfi_row row = {
		.kind = CFI_ROW_REG, .cfa_reg = WALK_SP, .cfa_offset = cfa_offset, .ra_offset = -8};
	unsigned i;

	for (i = 0; i <= WALK_R15; i++)
		row.reg_offset[i] = CFI_ROW_SAME;
	return row;
}

static void put_row(uint64_t pc, bool is_call_site, struct cfi_row row)
{
	cfi_rows_put(e->shared->rows, cfi_rows_key(pc, is_call_site), &row);
}

static const struct cfi_row end_row = {.kind = CFI_ROW_END};

/** The thread at the entry of a function that SITE has called, SITE's caller is at SITE + 1, and so
 *  on. */
static void put_chain(size_t depth)
{
	size_t i;

	cfi_rows_clear(e->shared->rows);
	memset(stack, 0, sizeof(stack));
	stack[0] = SITE;
	for (i = 0; i < depth; i++) {
		put_row(SITE + i, true, i + 1 == depth ? end_row : plain_row(FRAME * 8));
		stack[(i + 1) * FRAME] = SITE + i + 1;
	}
	thread.regs.word[WORD_RSP] = addr_of(0);
}

static void setup(void)
{
	engine_setup();
	memset(&thread, 0, sizeof(thread));
	thread.tid = thread.tgid = getpid();
	put_chain(5);
}

static uint64_t capture(void)
{
	uint64_t hash, site;

	ck_assert(stacks_capture(e, &thread, &hash, &site));
	ck_assert_uint_eq(site, SITE);
	return hash;
}

/** The next event is this stack. */
static void check_stack(uint64_t hash, uint32_t total, uint32_t num)
{
	const struct event_stack *event = next_event(EVENT_STACK);
	uint32_t i;

	ck_assert_uint_eq(event->hash, hash);
	ck_assert_uint_eq(event->total, total);
	ck_assert_uint_eq(event->num_pcs, num);
	ck_assert_uint_eq(event->is_truncated, 0);
	for (i = 0; i < num; i++)
		ck_assert_uint_eq(event->pcs[i], SITE + i - 1);
	consume_event(event);
}

#suite trace_stacks

#tcase capture

#test sent_once
	uint64_t hash = capture(), other;

	check_stack(hash, 5, 5);
	ck_assert_uint_eq(capture(), hash);
	check_no_event();
	// Another place: another stack.
	put_row(SITE + 7, true, end_row);
	stack[FRAME] = SITE + 7;
	other = capture();
	ck_assert_uint_ne(other, hash);
	ck_assert_uint_eq(((const struct event_stack *)next_event(EVENT_STACK))->total, 2);

#test again_in_another_epoch
	uint64_t hash = capture();

	check_stack(hash, 5, 5);
	hmap_deinit(&e->known_stacks);
	e->epoch++;
	ck_assert_uint_ne(capture(), hash);
	ck_assert_ptr_nonnull(next_event(EVENT_STACK));

#test frame_limit
	uint64_t deep, deeper;

	put_chain(20);
	deep = capture();
	check_stack(deep, 20, 16);
	// The same frames, but more below them: not the same stack.
	put_row(SITE + 20, true, end_row);
	cfi_rows_withdraw(e->shared->rows, SITE + 18, SITE + 19);
	put_row(SITE + 19, true, plain_row(FRAME * 8));
	deeper = capture();
	ck_assert_uint_ne(deep, deeper);
	check_stack(deeper, 21, 16);

#test deeper_than_a_window
	// 2048 bytes are read first, 64 KiB at most at a time; this one has 120 KiB.
	put_chain(3800);
	check_stack(capture(), 3800, 16);
	ck_assert_uint_eq(e->shared->stats.num_truncated, 0);

#test truncated
	const struct event_stack *event;

	cfi_rows_withdraw(e->shared->rows, SITE + 1, SITE + 2);
	put_row(SITE + 2, true, (struct cfi_row){.kind = CFI_ROW_NONE});
	capture();
	event = next_event(EVENT_STACK);
	ck_assert_uint_eq(event->is_truncated, 1);
	ck_assert_uint_eq(event->total, 3);
	ck_assert_uint_eq(e->shared->stats.num_truncated, 1);
	ck_assert_uint_eq(e->shared->stats.num_failed, 0);

#test failed
	cfi_rows_withdraw(e->shared->rows, SITE - 1, SITE);
	put_row(SITE, true, (struct cfi_row){.kind = CFI_ROW_NONE});
	capture();
	ck_assert_uint_eq(e->shared->stats.num_truncated, 1);
	ck_assert_uint_eq(e->shared->stats.num_failed, 1);

#test unreadable_stack
	const struct event_stack *event;
	uint64_t hash, site = 1;

	thread.regs.word[WORD_RSP] = 16;
	ck_assert(stacks_capture(e, &thread, &hash, &site));
	ck_assert_uint_eq(site, 0);
	event = next_event(EVENT_STACK);
	ck_assert_uint_eq(event->num_pcs, 0);
	ck_assert_uint_eq(event->is_truncated, 1);
	ck_assert_uint_eq(e->shared->stats.num_failed, 1);

#test broken_frame_pointer
	// The word at -8 is asked for.
	struct cfi_row row = plain_row(0);

	row.kind = CFI_ROW_DEREF;
	row.cfa_reg = WALK_BP;
	row.deref_offset = -8;
	cfi_rows_withdraw(e->shared->rows, SITE - 1, SITE);
	put_row(SITE, true, row);
	thread.regs.word[WORD_RBP] = 0;
	capture();
	ck_assert_uint_eq(e->shared->stats.num_failed, 1);

#test missing_row
	const struct event_miss *event;
	uint64_t hash, site;

	cfi_rows_withdraw(e->shared->rows, SITE + 1, SITE + 2);
	ck_assert(!stacks_capture(e, &thread, &hash, &site));
	ck_assert_int_eq(thread.hold, HELD_MISS);
	event = next_event(EVENT_MISS);
	ck_assert_int_eq(event->tid, thread.tid);
	ck_assert_uint_eq(event->frame.pc, SITE + 2);
	ck_assert(event->frame.is_call_site);
	ck_assert_uint_eq(event->frame.regs[WALK_SP], addr_of(1 + 2 * FRAME));
	consume_event(event);
	check_no_event();
	// As the supervisor would answer.
	put_row(SITE + 2, true, plain_row(FRAME * 8));
	thread.hold = NOT_HELD;
	check_stack(capture(), 5, 5);

#tcase nesting

#test inside
	// SITE + 1 is where the call that is looked for returns to; its return address stands one
	// word below its sp.
	ck_assert_int_eq(stacks_nesting(e, &thread, SITE + 1, addr_of(1 + FRAME)), NESTING_INSIDE);
	ck_assert_int_eq(stacks_nesting(e, &thread, SITE + 2, addr_of(1 + 2 * FRAME)),
			 NESTING_INSIDE);
	check_no_event();

#test left
	// Another call stands there now.
	ck_assert_int_eq(stacks_nesting(e, &thread, SITE + 9, addr_of(1 + FRAME)), NESTING_NONE);
	// The words are still there, but the stack has shrunk beyond them.
	put_chain(5);
	thread.regs.word[WORD_RSP] = addr_of(2 * FRAME);
	ck_assert_int_eq(stacks_nesting(e, &thread, SITE + 1, addr_of(1 + FRAME)), NESTING_NONE);

#test in_a_handler
	// A signal frame between: words 100 on are the handler's stack, the context leads back to
	// the chain.
	const struct cfi_row signal_row = {.kind = CFI_ROW_SIGNAL};

	put_row(0x500000, true, signal_row);
	put_row(SITE + 1, false, plain_row(FRAME * 8));
	stack[100] = 0x500000;
	stack[101 + 5 + 15] = addr_of(1);
	stack[101 + 5 + 16] = SITE + 1;
	thread.regs.word[WORD_RSP] = addr_of(100);
	ck_assert_int_eq(stacks_nesting(e, &thread, SITE + 1, addr_of(1 + FRAME)), NESTING_HANDLER);

#test missing_row_there
	cfi_rows_withdraw(e->shared->rows, SITE - 1, SITE);
	ck_assert_int_eq(stacks_nesting(e, &thread, SITE + 1, addr_of(1 + FRAME)), NESTING_MISS);
	ck_assert_uint_eq(((const struct event_miss *)next_event(EVENT_MISS))->frame.pc, SITE);

#test broken_walk
	// What is intact on the stack above counts.
	cfi_rows_withdraw(e->shared->rows, SITE - 1, SITE);
	put_row(SITE, true, (struct cfi_row){.kind = CFI_ROW_NONE});
	ck_assert_int_eq(stacks_nesting(e, &thread, SITE + 1, addr_of(1 + FRAME)), NESTING_INSIDE);

#tcase events

#test records
	const struct event_ack *ack;
	const struct event_thread *at;

	emit_thread(e, EVENT_MODULES, 1234);
	emit_ack(e, EVENT_ACK, 77, 3);
	at = next_event(EVENT_MODULES);
	ck_assert_int_eq(at->tid, 1234);
	ck_assert_uint_eq(at->header.flags, 0);
	ck_assert_uint_eq(at->header.size, sizeof(*at));
	consume_event(at);
	ack = next_event(EVENT_ACK);
	ck_assert_uint_eq(ack->cookie, 77);
	ck_assert_int_eq(ack->result, 3);

#test notes
	const struct event_text *note;
	unsigned len;

	for (len = 0; len < 300; len++) {
		emit_note(e, "%.*s", (int)len,
			  "0123456789012345678901234567890123456789012345678901234567890123456789"
			  "0123456789012345678901234567890123456789012345678901234567890123456789"
			  "0123456789012345678901234567890123456789012345678901234567890123456789"
			  "0123456789012345678901234567890123456789012345678901234567890123456789"
			  "01234567890123456789012345");
		note = next_event(EVENT_NOTE);
		ck_assert_uint_eq(note->header.size % 8, 0);
		ck_assert_uint_eq(strlen(note->text), len < 255 ? len : 255);
		consume_event(note);
	}

#test nobody_listens
	// The ring is full and the supervisor gone: no waiting for ever.
	while (ring_reserve(e->shared->ring, 1024))
		ring_commit(e->shared->ring, emit_begin(e, EVENT_NOTE, 1024));
	e->is_supervisor_gone = true;
	ck_assert_ptr_null(emit_begin(e, EVENT_ALLOC, sizeof(struct event_alloc)));
	emit_thread(e, EVENT_MODULES, 1);
	emit_note(e, "text");
	capture();

#main-pre
	tcase_add_checked_fixture(tc1_1, setup, engine_teardown);
	tcase_add_checked_fixture(tc1_2, setup, engine_teardown);
	tcase_add_checked_fixture(tc1_3, setup, engine_teardown);
