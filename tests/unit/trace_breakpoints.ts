// SPDX-License-Identifier: GPL-3.0-or-later
#include "trace_fixture.h"

#include <sys/wait.h>

#define TRAP 0xcc

static const uint8_t function[] = {0x55, 0x48, 0x89, 0xe5, 0x5d, 0xc3};

static void setup(void)
{
	engine_setup();
	put_code(0, function, sizeof(function));
}

static const struct planted *planted_of(const struct breakpoint *b)
{
	return &e->shared->planted[b->planted_index];
}

static struct breakpoint *add(size_t offset)
{
	struct breakpoint *b = breakpoint_add(e, code_addr(offset), PLANT_PROBE);

	ck_assert_ptr_nonnull(b);
	return b;
}

#suite trace_breakpoints

#tcase bytes

#test plant_and_unplant
	struct breakpoint *b = add(0);

	ck_assert(b->is_planted);
	ck_assert_uint_eq(code[0], TRAP);
	ck_assert_uint_eq(code[1], 0x48);
	// What the supervisor would restore.
	ck_assert_uint_eq(e->shared->num_planted, 1);
	ck_assert_uint_eq(planted_of(b)->addr, code_addr(0));
	ck_assert_uint_eq(planted_of(b)->original, 0x55);
	ck_assert_uint_eq(planted_of(b)->is_planted, 1);
	breakpoint_unplant(e, b);
	ck_assert_uint_eq(code[0], 0x55);
	ck_assert(!b->is_planted);
	ck_assert_uint_eq(planted_of(b)->is_planted, 0);
	// Again: nothing happens. The record stays.
	breakpoint_unplant(e, b);
	ck_assert_uint_eq(code[0], 0x55);
	ck_assert_ptr_eq(breakpoint_find(e, code_addr(0)), b);
	ck_assert(breakpoint_plant(e, b));
	ck_assert_uint_eq(code[0], TRAP);

#test roles_add_up
	struct breakpoint *b = add(0);

	ck_assert_ptr_eq(breakpoint_add(e, code_addr(0), ROLE_SITE), b);
	ck_assert_uint_eq(b->roles, PLANT_PROBE | ROLE_SITE);
	ck_assert_uint_eq(planted_of(b)->original, 0x55);
	ck_assert_uint_eq(e->shared->num_planted, 1);

#test nothing_is_planted_before_tracing
	struct breakpoint *b;

	e->is_tracing = false;
	b = add(0);
	ck_assert(!b->is_planted);
	ck_assert_uint_eq(code[0], 0x55);
	breakpoint_plant_all(e);
	ck_assert_uint_eq(code[0], TRAP);

#test traps_of_others_are_left_alone
	const uint8_t trap = TRAP;

	put_code(2, &trap, 1);
	ck_assert_ptr_null(breakpoint_add(e, code_addr(2), PLANT_PROBE));
	ck_assert(!planted_of(breakpoint_find(e, code_addr(2)))->is_planted);
	breakpoint_unplant_all(e);
	ck_assert_uint_eq(code[2], TRAP);

#test unmapped
	uint64_t addr = code_addr(0);

	munmap(code, CODE_SIZE);
	ck_assert_ptr_null(breakpoint_add(e, addr, PLANT_PROBE));
	ck_assert_ptr_null(breakpoint_add(e, 0, PLANT_PROBE));
	ck_assert_uint_eq(e->shared->planted[0].is_planted, 0);

#test text_that_was_replaced_is_not_restored
	struct breakpoint *b = add(0);

	put_code(0, "\x90", 1);
	breakpoint_unplant(e, b);
	ck_assert_uint_eq(code[0], 0x90);
	ck_assert(breakpoint_plant(e, b));
	ck_assert_uint_eq(planted_of(b)->original, 0x90);
	breakpoint_unplant(e, b);
	ck_assert_uint_eq(code[0], 0x90);

#test reading_shows_the_original
	uint8_t bytes[sizeof(function)];

	add(0);
	add(3);
	add(5);
	ck_assert_uint_eq(memory_read_code(e, code_addr(0), bytes, sizeof(bytes)), sizeof(bytes));
	ck_assert_mem_eq(bytes, function, sizeof(function));
	ck_assert_mem_ne(code, function, sizeof(function));

#test reading_at_the_end_of_what_is_mapped
	uint8_t bytes[ARCH_MAX_INSN];

	put_code(4093, "\x48\x89\xe5", 3);
	munmap(code + 4096, 4096);
	add(4093);
	ck_assert_uint_eq(memory_read_code(e, code_addr(4093), bytes, sizeof(bytes)), 3);
	ck_assert_mem_eq(bytes, "\x48\x89\xe5", 3);
	ck_assert_uint_eq(memory_read_code(e, code_addr(4096), bytes, sizeof(bytes)), 0);
	ck_assert_uint_eq(memory_read_some(getpid(), code_addr(4093), bytes, sizeof(bytes)), 3);
	ck_assert(!memory_read(getpid(), code_addr(4093), bytes, 4));

#tcase many

#test all
	size_t i;

	for (i = 0; i < 1000; i++)
		add(i);
	for (i = 0; i < 1000; i++)
		ck_assert_uint_eq(code[i], TRAP);
	breakpoint_unplant_all(e);
	ck_assert_mem_eq(code, function, sizeof(function));
	for (i = sizeof(function); i < 1000; i++)
		ck_assert_uint_eq(code[i], 0);
	breakpoint_find(e, code_addr(7))->roles = 0;
	breakpoint_find(e, code_addr(8))->roles = ROLE_SITE;
	breakpoint_find(e, code_addr(9))->roles = ROLE_SITE;
	breakpoint_find(e, code_addr(9))->is_one_shot = true;
	breakpoint_find(e, code_addr(10))->is_one_shot = true;
	breakpoint_plant_all(e);
	// Nobody wants the one; a one-shot site waits for its next call, unless it is more than a
	// site.
	for (i = 0; i < 1000; i++)
		ck_assert_uint_eq(code[i], i == 7 || i == 9 ? 0 : TRAP);

#test full
	size_t i;

	e->is_tracing = false;
	for (i = 0; i < SHARED_MAX_PLANTED; i++)
		if (!breakpoint_add(e, 0x10000 + i, PLANT_PROBE))
			ck_abort_msg("%zu", i);
	ck_assert_ptr_null(breakpoint_add(e, 1, PLANT_PROBE));
	ck_assert_ptr_nonnull(breakpoint_add(e, 0x10000, PLANT_CALL));
	breakpoint_forget_all(e);
	ck_assert_uint_eq(e->shared->num_planted, 0);
	ck_assert_ptr_nonnull(breakpoint_add(e, 1, PLANT_PROBE));

#test module_unloaded
	struct breakpoint *b = add(0), *gone = add(3), *other = add(4096);
	uint8_t original = planted_of(b)->original;

	b->has_relocation = true;
	put_code(3, "\x90", 1);
	breakpoint_drop_range(e, code_addr(0), code_addr(4096));
	// What is there now is a copy of the text with our trap, or something else, which is left alone.
	ck_assert_uint_eq(code[0], original);
	ck_assert_uint_eq(code[3], 0x90);
	ck_assert(!gone->is_planted && !planted_of(gone)->is_planted);
	ck_assert(!b->is_planted && !b->has_relocation && !b->roles);
	ck_assert_uint_eq(planted_of(b)->is_planted, 0);
	ck_assert(other->is_planted);
	breakpoint_plant_all(e);
	put_code(0, "\x41\x54", 2);
	// Another module at the same place.
	ck_assert_ptr_eq(add(0), b);
	ck_assert_uint_eq(planted_of(b)->original, 0x41);
	breakpoint_unplant_all(e);
	ck_assert_mem_eq(code, "\x41\x54", 2);

#test forked_child
	struct breakpoint *b = add(0), *gone = add(3);
	int go[2], ready[2], status;
	pid_t child;
	char c = 0;

	ck_assert_int_eq(pipe(go), 0);
	ck_assert_int_eq(pipe(ready), 0);
	child = fork();
	if (child == 0) {
		// Its copy of the text holds both traps until it is cleaned.
		if (code[0] != TRAP || code[3] != TRAP || write(ready[1], &c, 1) != 1 ||
		    read(go[0], &c, 1) != 1)
			_exit(2);
		_exit(memcmp(code, function, sizeof(function)) != 0);
	}
	ck_assert_int_gt(child, 0);
	ck_assert_int_eq(read(ready[0], &c, 1), 1);
	breakpoint_unplant(e, gone);
	breakpoint_clean_child(e, child);
	ck_assert_int_eq(write(go[1], &c, 1), 1);
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_int_eq(status, 0);
	// Ours is untouched.
	ck_assert_uint_eq(code[0], TRAP);
	ck_assert(b->is_planted);
	// A child that is gone.
	breakpoint_clean_child(e, child);
	close(go[0]);
	close(go[1]);
	close(ready[0]);
	close(ready[1]);

#main-pre
	tcase_add_checked_fixture(tc1_1, setup, engine_teardown);
	tcase_add_checked_fixture(tc1_2, setup, engine_teardown);
	tcase_set_timeout(tc1_2, 30);
