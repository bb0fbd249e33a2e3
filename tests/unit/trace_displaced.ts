// SPDX-License-Identifier: GPL-3.0-or-later
/** Slots for displaced instructions, in an area that is there already. */
#include "trace_fixture.h"

#define NUM_SLOTS 4

static struct thread thread;
static uint8_t *area;

static void map_area(size_t slots, bool is_cave)
{
	struct area a = {.size = slots * ARCH_SLOT_SIZE, .is_cave = is_cave};

	area = mmap(code + (64 << 20), 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ck_assert_ptr_ne(area, MAP_FAILED);
	a.start = (uint64_t)(uintptr_t)area;
	ck_assert(vec_push(&e->areas, a));
}

static void setup(void)
{
	engine_setup();
	memset(&thread, 0, sizeof(thread));
	thread.tid = thread.tgid = getpid();
	// No system call is run on anybody here.
	e->syscall_insn = 0;
}

static void teardown(void)
{
	if (area)
		munmap(area, 4096);
	area = NULL;
	engine_teardown();
}

static struct breakpoint *plant(size_t offset, const void *bytes, size_t size)
{
	struct breakpoint *b;

	put_code(offset, bytes, size);
	b = breakpoint_add(e, code_addr(offset), PLANT_PROBE);
	ck_assert_ptr_nonnull(b);
	return b;
}

static uint64_t slot_addr(size_t i)
{
	return (uint64_t)(uintptr_t)area + i * ARCH_SLOT_SIZE;
}

#suite trace_displaced

#tcase slots

#test executes
	// lea 1(%rdi),%rax; ret: called by its slot it returns what it always does, with the trap
	// in place.
	struct breakpoint *b = plant(0, "\x48\x8d\x47\x01\xc3", 5);
	long (*function)(long);
	uint64_t pc;

	map_area(NUM_SLOTS, false);
	pc = displaced_resume_pc(e, &thread, b);
	ck_assert_uint_eq(pc, slot_addr(0));
	function = (long (*)(long))(uintptr_t)pc;
	ck_assert_int_eq(function(41), 42);
	ck_assert_uint_eq(code[0], 0xcc);

#test one_slot_for_each
	struct breakpoint *a = plant(0, "\x55\xc3", 2), *b = plant(16, "\x53\xc3", 2);

	map_area(NUM_SLOTS, false);
	ck_assert_uint_eq(displaced_resume_pc(e, &thread, a), slot_addr(0));
	ck_assert_uint_eq(displaced_resume_pc(e, &thread, b), slot_addr(1));
	ck_assert_uint_eq(displaced_resume_pc(e, &thread, a), slot_addr(0));
	ck_assert_uint_eq(e->areas.items[0].used, 2 * ARCH_SLOT_SIZE);
	ck_assert_uint_eq(area[0], 0x55);
	ck_assert_uint_eq(area[ARCH_SLOT_SIZE], 0x53);

#test no_slot_for_jumps
	// endbr64, and jmp to the next but one byte: no area is needed.
	struct breakpoint *a = plant(0, "\xf3\x0f\x1e\xfa", 4), *b = plant(16, "\xeb\x01", 2);

	ck_assert_uint_eq(displaced_resume_pc(e, &thread, a), code_addr(4));
	ck_assert_uint_eq(displaced_resume_pc(e, &thread, b), code_addr(19));
	ck_assert_uint_eq(e->areas.num, 0);

#test other_breakpoints_inside
	// The copy is of the instruction as it was, though another trap stands in the middle of it.
	struct breakpoint *a = plant(0, "\x48\xc7\xc0\x07\x00\x00\x00\xc3", 8);
	long (*function)(void);

	ck_assert_ptr_nonnull(breakpoint_add(e, code_addr(3), PLANT_PROBE));
	map_area(NUM_SLOTS, false);
	function = (long (*)(void))(uintptr_t)displaced_resume_pc(e, &thread, a);
	ck_assert_int_eq(function(), 7);

#test original_pc
	struct breakpoint *a = plant(0, "\x48\x8d\x47\x01\xc3", 5), *b = plant(16, "\x55\xc3", 2);
	uint64_t pc;

	map_area(NUM_SLOTS, false);
	pc = displaced_resume_pc(e, &thread, a);
	ck_assert_uint_eq(displaced_resume_pc(e, &thread, b), pc + ARCH_SLOT_SIZE);
	ck_assert_uint_eq(displaced_original_pc(e, pc), code_addr(0));
	// At the way back.
	ck_assert_uint_eq(displaced_original_pc(e, pc + 4), code_addr(4));
	ck_assert_uint_eq(displaced_original_pc(e, pc + ARCH_SLOT_SIZE), code_addr(16));
	ck_assert_uint_eq(displaced_original_pc(e, pc + ARCH_SLOT_SIZE + 1), code_addr(17));
	// Elsewhere, and in a slot that nobody has.
	ck_assert_uint_eq(displaced_original_pc(e, code_addr(2)), code_addr(2));
	ck_assert_uint_eq(displaced_original_pc(e, slot_addr(3)), slot_addr(3));

#test no_room
	// Not even for one, and none can be mapped.
	struct breakpoint *b = plant(0, "\x55\xc3", 2);

	ck_assert_uint_eq(displaced_resume_pc(e, &thread, b), 0);
	map_area(0, false);
	ck_assert_uint_eq(displaced_resume_pc(e, &thread, b), 0);
	ck_assert(!b->has_relocation);

#test full_area
	struct breakpoint *b[NUM_SLOTS + 1];
	size_t i;

	map_area(NUM_SLOTS, false);
	for (i = 0; i <= NUM_SLOTS; i++)
		b[i] = plant(i * 16, "\x55\xc3", 2);
	for (i = 0; i < NUM_SLOTS; i++)
		ck_assert_uint_eq(displaced_resume_pc(e, &thread, b[i]), slot_addr(i));
	ck_assert_uint_eq(displaced_resume_pc(e, &thread, b[NUM_SLOTS]), 0);

#test cave_when_nothing_can_be_mapped
	struct breakpoint *b = plant(0, "\x55\xc3", 2);

	map_area(NUM_SLOTS, true);
	ck_assert_uint_eq(displaced_resume_pc(e, &thread, b), slot_addr(0));

#test not_movable
	// call *%rsp
	struct breakpoint *b = plant(0, "\xff\xd4", 2);

	map_area(NUM_SLOTS, false);
	ck_assert_uint_eq(displaced_resume_pc(e, &thread, b), 0);
	ck_assert_uint_eq(e->areas.items[0].used, 0);

#test area_too_far_away
	struct breakpoint *b = plant(0, "\x55\xc3", 2);

	map_area(NUM_SLOTS, false);
	e->areas.items[0].start += 2ull << 30;
	ck_assert_uint_eq(displaced_resume_pc(e, &thread, b), 0);
	e->areas.items[0].start -= 2ull << 30;
	ck_assert_uint_eq(displaced_resume_pc(e, &thread, b), slot_addr(0));

#test text_that_was_replaced
	// Another instruction in the same place needs another copy.
	struct breakpoint *b = plant(0, "\x55\xc3", 2);

	map_area(NUM_SLOTS, false);
	ck_assert_uint_eq(displaced_resume_pc(e, &thread, b), slot_addr(0));
	breakpoint_unplant(e, b);
	put_code(0, "\x53\xc3", 2);
	ck_assert(breakpoint_plant(e, b));
	ck_assert_uint_eq(displaced_resume_pc(e, &thread, b), slot_addr(1));
	ck_assert_uint_eq(area[ARCH_SLOT_SIZE], 0x53);

#main-pre
	tcase_add_checked_fixture(tc1_1, setup, teardown);
