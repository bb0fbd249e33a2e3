// SPDX-License-Identifier: GPL-3.0-or-later
#include "walk_fixture.h"

/** Stack of the tests, and code whose rows are CODE + small numbers. */
#define STACK       0x7fff0000ull
#define STACK_WORDS 4096
#define CODE        0x401000ull
#define MAX_PCS     64

static struct fake fake;
static struct walk_ops ops;
static struct walk_frame frame;
static uint64_t pcs[MAX_PCS];
static struct walk_stack stack;

static void setup(void)
{
	unsigned i;

	memset(&fake, 0, sizeof(fake));
	memset(pcs, 0, sizeof(pcs));
	fake_map(&fake, STACK, STACK_WORDS);
	ops = fake_ops(&fake);
	frame = (struct walk_frame){.pc = CODE, .is_call_site = false};
	for (i = 0; i < WALK_NUM_REGS; i++)
		frame.regs[i] = 0xbad0000 + i;
	frame.regs[WALK_SP] = STACK;
	stack = (struct walk_stack){.pcs = pcs, .cap = MAX_PCS};
}

static void teardown(void)
{
	fake_deinit(&fake);
}

static struct cfi_row same_row(uint8_t kind, uint8_t cfa_reg, int32_t cfa_offset)
{
	struct cfi_row row = {
		.kind = kind, .cfa_reg = cfa_reg, .cfa_offset = cfa_offset, .ra_offset = -8};
	unsigned i;

	for (i = 0; i <= WALK_R15; i++)
		row.reg_offset[i] = CFI_ROW_SAME;
	return row;
}

static struct cfi_row sp_row(int32_t cfa_offset)
{
	return same_row(CFI_ROW_REG, WALK_SP, cfa_offset);
}

/** CFA = bp + 16, bp saved below the return address. */
static struct cfi_row bp_row(void)
{
	struct cfi_row row = same_row(CFI_ROW_REG, WALK_BP, 16);

	row.reg_offset[WALK_BP] = -16;
	return row;
}

static struct cfi_row kind_row(uint8_t kind)
{
	return (struct cfi_row){.kind = kind};
}

static enum walk_result step(void)
{
	bool is_interrupted;
	enum walk_result result = walk_step(&frame, &ops, &is_interrupted);

	ck_assert(!is_interrupted);
	return result;
}

/** A step that must fail and leave the frame alone. */
static void check_no_step(enum walk_result expected)
{
	struct walk_frame before = frame;
	bool is_interrupted;

	ck_assert_int_eq(walk_step(&frame, &ops, &is_interrupted), expected);
	ck_assert_uint_eq(frame.pc, before.pc);
	ck_assert_int_eq(frame.is_call_site, before.is_call_site);
	ck_assert_mem_eq(frame.regs, before.regs, sizeof(frame.regs));
}

/** With a row for CODE. */
static void check_no_step_with(struct cfi_row row, enum walk_result expected)
{
	fake.rows.num = 0;
	fake_add_row(&fake, CODE, false, row);
	check_no_step(expected);
}

static void check_frame(uint64_t pc, uint64_t sp)
{
	ck_assert_uint_eq(frame.pc, pc);
	ck_assert(frame.is_call_site);
	ck_assert_uint_eq(frame.regs[WALK_SP], sp);
}

/** CODE was called from CODE + 1, that from CODE + 2, and so on, each with a frame of two words;
 *  the last is the end. */
static void put_chain(unsigned depth)
{
	unsigned i;

	for (i = 0; i < depth; i++) {
		if (i + 1 == depth)
			fake_add_row(&fake, CODE + i, i > 0, kind_row(CFI_ROW_END));
		else
			fake_add_row(&fake, CODE + i, i > 0, sp_row(16));
		fake_poke(&fake, STACK + 16 * i + 8, CODE + i + 1);
	}
}

/** struct ucontext of the kernel at sp (arch/x86/include/uapi/asm/ucontext.h, sigcontext.h), by the
 *  places that glibc's ucontext_t has for gregs: 40 + 8 * index. */
static void put_context(uint64_t sp, uint64_t pc, const uint64_t regs[WALK_NUM_REGS])
{
	static const uint8_t greg[WALK_NUM_REGS] = {
		[WALK_SP] = 15, [WALK_BP] = 10, [WALK_BX] = 11, [WALK_R12] = 4,
		[WALK_R13] = 5, [WALK_R14] = 6, [WALK_R15] = 7, [WALK_R10] = 2,
	};
	unsigned i;

	for (i = 0; i < WALK_NUM_REGS; i++)
		fake_poke(&fake, sp + 40 + 8 * greg[i], regs[i]);
	fake_poke(&fake, sp + 40 + 8 * 16, pc);
}

static bool endless_row(void *ctx, uint64_t pc, bool is_call_site, struct cfi_row *ret)
{
	(void)ctx;
	(void)pc;
	(void)is_call_site;
	*ret = sp_row(16);
	return true;
}

/** fake_read() that counts words across the end of the address space, and gives them. */
static unsigned num_wrapped;

static bool wrapping_read(void *ctx, uint64_t addr, uint64_t *ret)
{
	if (addr + 8 >= addr)
		return fake_read(ctx, addr, ret);
	num_wrapped++;
	*ret = STACK + 64;
	return true;
}

static uint64_t endless_depth;

/** Return addresses all the way up, as many as endless_depth. */
static bool endless_read(void *ctx, uint64_t addr, uint64_t *ret)
{
	(void)ctx;
	*ret = (addr - STACK) / 16 + 1 >= endless_depth ? 0 : CODE;
	return true;
}

static void walk_endless(uint64_t depth)
{
	endless_depth = depth;
	ops = (struct walk_ops){endless_row, endless_read, NULL};
	frame = (struct walk_frame){.pc = CODE, .regs = {STACK}};
	walk_stack(&frame, &ops, &stack);
}

static uint64_t random_state = 0x77a1c;

static bool random_row(void *ctx, uint64_t pc, bool is_call_site, struct cfi_row *ret)
{
	uint64_t x = test_random(&random_state);
	unsigned i;

	(void)ctx;
	(void)pc;
	(void)is_call_site;
	ret->kind = x % 64 ? x % 8 ? CFI_ROW_REG : CFI_ROW_DEREF : x / 64 % 256;
	ret->cfa_reg = x / 4096 % 8 ? WALK_SP : x / 32768 % WALK_NUM_REGS;
	ret->deref_offset = (int16_t)test_random(&random_state);
	ret->cfa_offset = (int32_t)(test_random(&random_state) % 64) - 1;
	ret->ra_offset = (int16_t)test_random(&random_state);
	for (i = 0; i <= WALK_R15; i++)
		ret->reg_offset[i] = (int16_t)(i % 2 ? CFI_ROW_SAME : (int)test_random(&random_state));
	return x % 61 != 0;
}

static bool random_read(void *ctx, uint64_t addr, uint64_t *ret)
{
	(void)ctx;
	// Mostly places on the stack, a little above what is asked for.
	*ret = test_random(&random_state) % 8 ? addr + test_random(&random_state) % 256
					      : test_random(&random_state);
	return test_random(&random_state) % 1000 != 0;
}

#suite walk_walk

#tcase steps

#test relative_to_sp
	uint64_t before[WALK_NUM_REGS];

	memcpy(before, frame.regs, sizeof(before));
	fake_add_row(&fake, CODE, false, sp_row(32));
	fake_poke(&fake, STACK + 24, 0x402000);
	ck_assert_int_eq(step(), WALK_OK);
	check_frame(0x402000, STACK + 32);
	// Nothing else has changed.
	ck_assert_mem_eq(frame.regs + 1, before + 1, sizeof(before) - sizeof(before[0]));

#test relative_to_bp
	frame.regs[WALK_BP] = STACK + 0x100;
	fake_add_row(&fake, CODE, false, bp_row());
	fake_poke(&fake, STACK + 0x108, 0x402000);
	fake_poke(&fake, STACK + 0x100, 0x1234);
	ck_assert_int_eq(step(), WALK_OK);
	check_frame(0x402000, STACK + 0x110);
	ck_assert_uint_eq(frame.regs[WALK_BP], 0x1234);

#test relative_to_any_register
	uint8_t reg;

	for (reg = WALK_BP; reg < WALK_NUM_REGS; reg++) {
		frame.pc = CODE;
		frame.is_call_site = false;
		frame.regs[WALK_SP] = STACK;
		frame.regs[reg] = STACK + 64 * reg;
		fake.rows.num = 0;
		fake_add_row(&fake, CODE, false, same_row(CFI_ROW_REG, reg, 24));
		fake_poke(&fake, STACK + 64 * reg + 16, 0x402000 + reg);
		ck_assert_int_eq(step(), WALK_OK);
		check_frame(0x402000 + reg, STACK + 64 * reg + 24);
	}

#test saved_registers
	struct cfi_row row = sp_row(64);
	uint64_t r10 = frame.regs[WALK_R10];
	uint8_t reg;

	for (reg = WALK_BP; reg <= WALK_R15; reg++) {
		row.reg_offset[reg] = (int16_t)(-8 - 8 * reg);
		fake_poke(&fake, STACK + 56 - 8 * reg, 0x5000 + reg);
	}
	fake_poke(&fake, STACK + 56, 0x402000);
	fake_add_row(&fake, CODE, false, row);
	ck_assert_int_eq(step(), WALK_OK);
	for (reg = WALK_BP; reg <= WALK_R15; reg++)
		ck_assert_uint_eq(frame.regs[reg], 0x5000 + reg);
	ck_assert_uint_eq(frame.regs[WALK_R10], r10);

#test saved_relative_to_bp
	// A realigned frame: saved registers are at even distances from its own bp, the CFA is
	// where it says.
	struct cfi_row row = same_row(CFI_ROW_DEREF, WALK_BP, 0);

	row.deref_offset = -8;
	row.reg_offset[WALK_BP] = 0 + 1;
	row.reg_offset[WALK_BX] = -48 + 1;
	row.reg_offset[WALK_R15] = -16 + 1;
	frame.regs[WALK_BP] = STACK + 0x100;
	fake_poke(&fake, STACK + 0x100, STACK + 0x800);
	fake_poke(&fake, STACK + 0x100 - 8, STACK + 0x208);
	fake_poke(&fake, STACK + 0x100 - 16, 0xf15);
	fake_poke(&fake, STACK + 0x100 - 48, 0xb0b0);
	fake_poke(&fake, STACK + 0x200, 0x402000);
	fake_add_row(&fake, CODE, false, row);
	ck_assert_int_eq(step(), WALK_OK);
	check_frame(0x402000, STACK + 0x208);
	ck_assert_uint_eq(frame.regs[WALK_BP], STACK + 0x800);
	ck_assert_uint_eq(frame.regs[WALK_BX], 0xb0b0);
	ck_assert_uint_eq(frame.regs[WALK_R15], 0xf15);

#test dereferenced
	struct cfi_row row = same_row(CFI_ROW_DEREF, WALK_BP, 8);

	row.deref_offset = -16;
	frame.regs[WALK_BP] = STACK + 0x100;
	fake_poke(&fake, STACK + 0xf0, STACK + 0x300);
	fake_poke(&fake, STACK + 0x300, 0x402000);
	fake_add_row(&fake, CODE, false, row);
	ck_assert_int_eq(step(), WALK_OK);
	check_frame(0x402000, STACK + 0x308);
	// What is to be dereferenced cannot be read.
	teardown();
	setup();
	check_no_step_with(row, WALK_TRUNCATED);

#test plt_stub
	struct cfi_row row = same_row(CFI_ROW_PLT, WALK_SP, 8);
	uint64_t low;

	row.deref_offset = 11;
	fake_poke(&fake, STACK, 0x402000);
	fake_poke(&fake, STACK + 8, 0x403000);
	for (low = 0; low < 16; low++) {
		frame.pc = CODE + low;
		frame.is_call_site = false;
		frame.regs[WALK_SP] = STACK;
		fake_add_row(&fake, CODE + low, false, row);
		ck_assert_int_eq(step(), WALK_OK);
		if (low < 11)
			check_frame(0x402000, STACK + 8);
		else
			check_frame(0x403000, STACK + 16);
	}

#test return_address_elsewhere
	struct cfi_row row = sp_row(64);

	row.ra_offset = -24;
	fake_poke(&fake, STACK + 40, 0x402000);
	fake_add_row(&fake, CODE, false, row);
	ck_assert_int_eq(step(), WALK_OK);
	check_frame(0x402000, STACK + 64);

#test row_of_call_site
	// The same pc has one row as a return address, another one when it was interrupted there.
	fake_add_row(&fake, CODE, false, sp_row(16));
	fake_add_row(&fake, CODE, true, sp_row(32));
	fake_poke(&fake, STACK + 8, 0x402000);
	fake_poke(&fake, STACK + 24, 0x403000);
	frame.is_call_site = true;
	ck_assert_int_eq(step(), WALK_OK);
	check_frame(0x403000, STACK + 32);

#test called_null
	// No row is asked for.
	frame.pc = 0;
	fake_poke(&fake, STACK, 0x402000);
	ck_assert_int_eq(step(), WALK_OK);
	check_frame(0x402000, STACK + 8);
	// A return to 0 is something else.
	frame.pc = 0;
	check_no_step(WALK_MISS);

#test signal_frame
	const uint64_t regs[WALK_NUM_REGS] = {STACK + 0x2000, 0xb9, 0xb8, 0xc12,
					      0xc13,          0xc14, 0xc15, 0xc10};
	bool is_interrupted;

	frame.is_call_site = true;
	put_context(STACK, 0x405000, regs);
	fake_add_row(&fake, CODE, true, kind_row(CFI_ROW_SIGNAL));
	ck_assert_int_eq(walk_step(&frame, &ops, &is_interrupted), WALK_OK);
	ck_assert(is_interrupted);
	ck_assert_uint_eq(frame.pc, 0x405000);
	ck_assert(!frame.is_call_site);
	ck_assert_mem_eq(frame.regs, regs, sizeof(regs));

#test signal_frame_unreadable
	frame.regs[WALK_SP] = STACK + STACK_WORDS * 8 - 100;
	check_no_step_with(kind_row(CFI_ROW_SIGNAL), WALK_TRUNCATED);

#test frame_pointer
	frame.regs[WALK_BP] = STACK + 0x80;
	fake_poke(&fake, STACK + 0x80, STACK + 0x200);
	fake_poke(&fake, STACK + 0x88, 0x402000);
	fake_add_row(&fake, CODE, false, kind_row(CFI_ROW_NO_CFI));
	ck_assert_int_eq(step(), WALK_OK);
	check_frame(0x402000, STACK + 0x90);
	ck_assert_uint_eq(frame.regs[WALK_BP], STACK + 0x200);

#test frame_pointer_implausible
	const struct cfi_row row = kind_row(CFI_ROW_NO_CFI);

	// Not aligned, below the stack pointer, very far, unreadable.
	frame.regs[WALK_BP] = STACK + 0x84;
	check_no_step_with(row, WALK_TRUNCATED);
	frame.regs[WALK_BP] = STACK - 8;
	check_no_step_with(row, WALK_TRUNCATED);
	frame.regs[WALK_BP] = STACK + (64ull << 20);
	fake_map(&fake, STACK + (64ull << 20), 16);
	check_no_step_with(row, WALK_TRUNCATED);
	frame.regs[WALK_BP] = STACK + STACK_WORDS * 8;
	check_no_step_with(row, WALK_TRUNCATED);
	frame.regs[WALK_BP] = STACK + STACK_WORDS * 8 - 8;
	check_no_step_with(row, WALK_TRUNCATED);

#tcase ends

#test undefined_return_address
	check_no_step_with(kind_row(CFI_ROW_END), WALK_END);

#test return_address_zero
	check_no_step_with(sp_row(16), WALK_END);

#test frame_pointer_zero
	frame.regs[WALK_BP] = 0;
	check_no_step_with(kind_row(CFI_ROW_NO_CFI), WALK_END);
	frame.regs[WALK_BP] = STACK + 0x80;
	check_no_step_with(kind_row(CFI_ROW_NO_CFI), WALK_END);

#test no_row
	check_no_step(WALK_MISS);
	ck_assert_uint_eq(fake.num_reads, 0);

#test meaningless_rows
	check_no_step_with(kind_row(CFI_ROW_NONE), WALK_TRUNCATED);
	check_no_step_with(kind_row(CFI_ROW_NO_CFI + 1), WALK_TRUNCATED);
	check_no_step_with(kind_row(255), WALK_TRUNCATED);

#test stack_does_not_grow
	uint64_t i;

	for (i = 0; i < 16; i++)
		fake_poke(&fake, STACK + 8 * i, 0x402000);
	frame.regs[WALK_SP] = STACK + 64;
	check_no_step_with(sp_row(0), WALK_TRUNCATED);
	check_no_step_with(sp_row(-16), WALK_TRUNCATED);
	frame.regs[WALK_BP] = STACK + 48;
	check_no_step_with(bp_row(), WALK_TRUNCATED);
	frame.regs[WALK_BP] = STACK + 56;
	ck_assert_int_eq(step(), WALK_OK);

#test unreadable
	struct cfi_row row = sp_row(16);

	frame.regs[WALK_SP] = STACK + STACK_WORDS * 8;
	check_no_step_with(row, WALK_TRUNCATED);
	frame.regs[WALK_SP] = STACK;
	fake_poke(&fake, STACK + 8, 0x402000);
	row.reg_offset[WALK_R14] = -0x200;
	check_no_step_with(row, WALK_TRUNCATED);

#test huge_frames
	// As large as it can be said, if it is there.
	fake_map(&fake, STACK + INT32_MAX - 23, 8);
	fake_poke(&fake, STACK + INT32_MAX - 7 - 8, 0x402000);
	fake_add_row(&fake, CODE, false, sp_row(INT32_MAX - 7));
	ck_assert_int_eq(step(), WALK_OK);
	check_frame(0x402000, STACK + INT32_MAX - 7);

#test end_of_address_space
	frame.regs[WALK_SP] = UINT64_MAX - 15;
	check_no_step_with(sp_row(32), WALK_TRUNCATED);
	frame.regs[WALK_BP] = UINT64_MAX - 7;
	check_no_step_with(kind_row(CFI_ROW_NO_CFI), WALK_TRUNCATED);
	check_no_step_with(bp_row(), WALK_TRUNCATED);

#test words_across_the_end
	// No reader is asked for them: addr + 8 is a small number.
	struct cfi_row row = same_row(CFI_ROW_DEREF, WALK_BP, 8);

	ops.read = wrapping_read;
	row.deref_offset = -8;
	frame.regs[WALK_BP] = 1;
	check_no_step_with(row, WALK_TRUNCATED);
	frame.regs[WALK_BP] = 0;
	check_no_step_with(row, WALK_TRUNCATED);
	row.deref_offset = -1;
	check_no_step_with(row, WALK_TRUNCATED);
	row = sp_row(16);
	fake_poke(&fake, STACK + 8, 0x402000);
	row.reg_offset[WALK_BX] = -8 + 1;
	frame.regs[WALK_BP] = 4;
	check_no_step_with(row, WALK_TRUNCATED);
	ck_assert_uint_eq(num_wrapped, 0);

#tcase stacks

#test to_the_end
	unsigned i;

	put_chain(5);
	walk_stack(&frame, &ops, &stack);
	ck_assert_int_eq(stack.result, WALK_END);
	ck_assert_uint_eq(stack.num, 5);
	ck_assert_uint_eq(stack.total, 5);
	// Interrupted there: exact. Return addresses: the call before.
	ck_assert_uint_eq(pcs[0], CODE);
	for (i = 1; i < 5; i++)
		ck_assert_uint_eq(pcs[i], CODE + i - 1);

#test only_frame
	fake_add_row(&fake, CODE, false, kind_row(CFI_ROW_END));
	walk_stack(&frame, &ops, &stack);
	ck_assert_int_eq(stack.result, WALK_END);
	ck_assert_uint_eq(stack.num, 1);
	ck_assert_uint_eq(stack.total, 1);

#test first_frame_is_a_call_site
	frame.is_call_site = true;
	fake_add_row(&fake, CODE, true, kind_row(CFI_ROW_END));
	walk_stack(&frame, &ops, &stack);
	ck_assert_uint_eq(pcs[0], CODE - 1);

#test truncated
	put_chain(5);
	fake.rows.items[3].row = kind_row(CFI_ROW_NONE);
	walk_stack(&frame, &ops, &stack);
	ck_assert_int_eq(stack.result, WALK_TRUNCATED);
	// The frame that cannot be left is a frame.
	ck_assert_uint_eq(stack.total, 4);
	ck_assert_uint_eq(stack.num, 4);
	ck_assert_uint_eq(pcs[3], CODE + 2);

#test miss_and_again
	put_chain(5);
	fake.rows.items[2].pc++;
	walk_stack(&frame, &ops, &stack);
	ck_assert_int_eq(stack.result, WALK_MISS);
	ck_assert_uint_eq(stack.total, 3);
	check_frame(CODE + 2, STACK + 32);
	// With the row it goes on from there, as from the begin.
	fake.rows.items[2].pc--;
	walk_stack(&frame, &ops, &stack);
	ck_assert_int_eq(stack.result, WALK_END);
	ck_assert_uint_eq(stack.total, 3);
	ck_assert_uint_eq(pcs[0], CODE + 1);

#test frame_limit
	unsigned i;

	put_chain(10);
	stack.cap = 3;
	walk_stack(&frame, &ops, &stack);
	ck_assert_int_eq(stack.result, WALK_END);
	ck_assert_uint_eq(stack.num, 3);
	ck_assert_uint_eq(stack.total, 10);
	ck_assert_uint_eq(pcs[2], CODE + 1);
	for (i = 3; i < MAX_PCS; i++)
		ck_assert_uint_eq(pcs[i], 0);

#test no_room_at_all
	// As the supervisor walks, for the rows alone.
	put_chain(10);
	stack = (struct walk_stack){0};
	walk_stack(&frame, &ops, &stack);
	ck_assert_int_eq(stack.result, WALK_END);
	ck_assert_uint_eq(stack.num, 0);
	ck_assert_uint_eq(stack.total, 10);

#test through_a_signal_frame
	// Handler on an alternate stack above; the interrupted function's stack lies below.
	const uint64_t regs[WALK_NUM_REGS] = {STACK, STACK + 0x40};

	frame = (struct walk_frame){.pc = 0x500000, .regs = {STACK + 0x4000}};
	fake_add_row(&fake, 0x500000, false, sp_row(8));
	fake_poke(&fake, STACK + 0x4000, 0x600000);
	fake_add_row(&fake, 0x600000, true, kind_row(CFI_ROW_SIGNAL));
	put_context(STACK + 0x4008, CODE, regs);
	fake_add_row(&fake, CODE, false, bp_row());
	fake_poke(&fake, STACK + 0x48, CODE + 9);
	fake_add_row(&fake, CODE + 9, true, kind_row(CFI_ROW_END));
	walk_stack(&frame, &ops, &stack);
	ck_assert_int_eq(stack.result, WALK_END);
	ck_assert_uint_eq(stack.total, 4);
	ck_assert_uint_eq(pcs[0], 0x500000);
	// The trampoline and what was interrupted: exact.
	ck_assert_uint_eq(pcs[1], 0x600000);
	ck_assert_uint_eq(pcs[2], CODE);
	ck_assert_uint_eq(pcs[3], CODE + 8);

#test signal_frame_beyond_the_limit
	const uint64_t regs[WALK_NUM_REGS] = {STACK + 0x1000};

	put_chain(3);
	fake.rows.items[2].row = kind_row(CFI_ROW_SIGNAL);
	put_context(STACK + 32, 0x405000, regs);
	fake_add_row(&fake, 0x405000, false, kind_row(CFI_ROW_END));
	stack.cap = 2;
	walk_stack(&frame, &ops, &stack);
	ck_assert_uint_eq(stack.total, 4);
	ck_assert_uint_eq(stack.num, 2);
	// The last one stored is not the trampoline.
	ck_assert_uint_eq(pcs[1], CODE);

#test cycle
	// A signal frame that leads to itself: nothing else can.
	const uint64_t regs[WALK_NUM_REGS] = {STACK};

	put_context(STACK, CODE, regs);
	fake_add_row(&fake, CODE, false, kind_row(CFI_ROW_SIGNAL));
	walk_stack(&frame, &ops, &stack);
	ck_assert_uint_eq(stack.total, WALK_MAX_FRAMES);
	ck_assert_uint_eq(stack.num, MAX_PCS);

#test deepest
	static const uint64_t depths[] = {65534, 65535, 65536, 200000};
	unsigned i;

	for (i = 0; i < sizeof(depths) / sizeof(depths[0]); i++) {
		walk_endless(depths[i]);
		ck_assert_int_eq(stack.result, WALK_END);
		ck_assert_uint_eq(stack.num, MAX_PCS);
		ck_assert_uint_eq(stack.total,
				  depths[i] < WALK_MAX_FRAMES ? depths[i] : WALK_MAX_FRAMES);
	}

#test all_of_the_deepest
	uint64_t *all = calloc(WALK_MAX_FRAMES + 1, sizeof(*all));

	ck_assert_ptr_nonnull(all);
	stack = (struct walk_stack){.pcs = all, .cap = WALK_MAX_FRAMES};
	walk_endless(100000);
	ck_assert_uint_eq(stack.num, WALK_MAX_FRAMES);
	ck_assert_uint_eq(all[0], CODE);
	ck_assert_uint_eq(all[WALK_MAX_FRAMES - 1], CODE - 1);
	ck_assert_uint_eq(all[WALK_MAX_FRAMES], 0);
	free(all);

#test nonsense
	// Whatever rows and memory say: an end, within the limits, and stack pointers that grow.
	uint64_t round, num_deep = 0, num_shrunk = 0;
	bool is_interrupted;

	ops = (struct walk_ops){random_row, random_read, NULL};
	for (round = 0; round < 3000; round++) {
		struct walk_frame at = {.pc = CODE, .regs = {STACK, STACK, STACK, STACK}};
		uint64_t sp = STACK;
		unsigned i = 0;

		while (walk_step(&at, &ops, &is_interrupted) == WALK_OK && i++ < 1000) {
			num_shrunk += !is_interrupted && at.regs[WALK_SP] <= sp;
			sp = at.regs[WALK_SP];
		}
		frame = (struct walk_frame){.pc = CODE, .regs = {STACK, STACK, STACK, STACK}};
		walk_stack(&frame, &ops, &stack);
		ck_assert_int_ne(stack.result, WALK_OK);
		ck_assert_uint_ge(stack.num, 1);
		ck_assert_uint_le(stack.num, MAX_PCS);
		ck_assert_uint_le(stack.total, WALK_MAX_FRAMES);
		num_deep += stack.total > 5;
	}
	ck_assert_uint_eq(num_shrunk, 0);
	ck_assert_uint_gt(num_deep, 300);

#main-pre
	tcase_add_checked_fixture(tc1_1, setup, teardown);
	tcase_add_checked_fixture(tc1_2, setup, teardown);
	tcase_add_checked_fixture(tc1_3, setup, teardown);
	tcase_set_timeout(tc1_3, 30);
