// SPDX-License-Identifier: GPL-3.0-or-later
/** Executes one instruction of x86-64 at its place, and its relocated copy in a slot. Both begin
 *  with the same registers, flags and memory. Everything that they leave behind is compared.
 *  Instructions are written as hex bytes, with tokens for what depends on the place:
 *
 *        D4     displacement of 32 bits to the data page
 *        A8     address of the data page, 64 bits
 *        T1 T4  distance of 8 or 32 bits to the pad "target"
 *        B1 B4  the same to "back", which lies before the instruction
 *        F4     distance to "far", 3 MiB away
 *        N4     distance to the next instruction: 0
 *
 *  Wherever the instruction goes on, it meets a pad, which notes its number and ends the run. */
#ifndef TESTS_UNIT_ARCH_RUN_H
#define TESTS_UNIT_ARCH_RUN_H

#include "arch/arch.h"
#include "arch_cpu.h"
#include "test_util.h"

#include <stddef.h>
#include <sys/mman.h>

/** The piece of memory that a run may see, at a fixed address. Offsets: */
enum {
	/** The instruction; "next" follows it. */
	AT_CODE = 0x1000,
	AT_BACK = AT_CODE - 0x40,
	AT_TARGET = AT_CODE + 0x40,
	/** Number of the pad that was met. */
	AT_EXIT = 0x2000,
	AT_DATA = 0x200000,
	AT_STACK = 0x201000,
	AT_PADS = 0x300000,
	AT_FAR = 0x310000,
	/** Both pages. */
	STATE_SIZE = 0x2000,
	IMAGE_SIZE = 0x320000,
	XOL_AREA_SIZE = 0x1000,
	NUM_PADS = 64,
};

/** Numbers of pads. From PAD_WORD on: the pads that the words of memory point at, when memory is
 *  full of pointers. */
enum {
	PAD_NONE,
	PAD_NEXT,
	PAD_TARGET,
	PAD_BACK,
	PAD_FAR,
	PAD_WORD
};

/** Places of code and slots: return addresses with bit 31 clear and set, and below 4 GiB as in a
 *  program that is not position-independent. A third slot is out of reach of 32 bits. */
struct layout {
	uint64_t image;
	uint64_t slots[3];
	size_t num_slots;
};

// clang-format off
static const struct layout layouts[] = {
	{0x200070000000, {0x200070400000, 0x200030000000, 0x200130000000}, 3},
	{0x2100f0000000, {0x2100efff0000, 0x210130000000, 0x210030000000}, 3},
	{0x30000000, {0x30400000, 0x70000000}, 2},
};
// clang-format on
#define NUM_LAYOUTS (sizeof(layouts) / sizeof(layouts[0]))

#define GIB (1ull << 30)

static inline bool is_out_of_reach(const struct layout *l, unsigned slot)
{
	uint64_t a = l->slots[slot], b = l->image;

	return (a > b ? a - b : b - a) > 2 * GIB;
}

static void map_at(uint64_t addr, size_t size)
{
	void *p = mmap((void *)addr, size, PROT_READ | PROT_WRITE | PROT_EXEC,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);

	ck_assert_msg(p == (void *)addr, "cannot map %#lx", addr);
}

static void map_layout(const struct layout *l)
{
	size_t i;

	map_at(l->image, IMAGE_SIZE);
	for (i = 0; i < l->num_slots; i++)
		map_at(l->slots[i], XOL_AREA_SIZE);
}

static void unmap_layout(const struct layout *l)
{
	size_t i;

	munmap((void *)l->image, IMAGE_SIZE);
	for (i = 0; i < l->num_slots; i++)
		munmap((void *)l->slots[i], XOL_AREA_SIZE);
}

/** movl $number, exit(%rip); jmp *0(%rip); .quad run_exit. No register, no flag is changed. */
static void put_pad(const struct layout *l, uint64_t addr, uint32_t number)
{
	uint64_t exit_addr = (uint64_t)run_exit;
	int32_t d = (int32_t)(l->image + AT_EXIT - (addr + 10));
	uint8_t *p = (uint8_t *)addr;

	memcpy(p, "\xc7\x05", 2);
	memcpy(p + 2, &d, 4);
	memcpy(p + 6, &number, 4);
	memcpy(p + 10, "\xff\x25\0\0\0\0", 6);
	memcpy(p + 16, &exit_addr, 8);
}

static uint64_t word_pad(const struct layout *l, unsigned i)
{
	return l->image + AT_PADS + i % NUM_PADS * 32;
}

static void put_pads(const struct layout *l)
{
	unsigned i;

	put_pad(l, l->image + AT_TARGET, PAD_TARGET);
	put_pad(l, l->image + AT_BACK, PAD_BACK);
	put_pad(l, l->image + AT_FAR, PAD_FAR);
	for (i = 0; i < NUM_PADS; i++)
		put_pad(l, word_pad(l, i), PAD_WORD + i);
}

/** What must be around an instruction. */
struct setup {
	/** Memory is full of pointers to pads, each word to another one. Else of pseudo-random
	 *  bytes. */
	bool is_memory_pointers;
	/** Register, plus 1, that points at word_pad(l, 7). */
	unsigned pad_reg;
	uint64_t flags;
	uint64_t rcx;
};

/** Arithmetic flags: CF PF AF ZF SF OF. Bit 1 is always set, IF too in user mode. */
#define FLAGS_BASE 0x202ull
#define FLAG_CF    0x1ull
#define FLAG_PF    0x4ull
#define FLAG_ZF    0x40ull
#define FLAG_SF    0x80ull
#define FLAG_OF    0x800ull

static const struct setup default_setup = {.flags = FLAGS_BASE | FLAG_CF | FLAG_ZF, .rcx = 3};

static void set_registers(const struct layout *l, const struct setup *setup)
{
	const uint64_t data = l->image + AT_DATA, stack = l->image + AT_STACK;
	const uint64_t gpr[NUM_GPRS] = {
		0x0123456789abcdef, setup->rcx,         0xfedcba9876543210, data + 0x100,
		stack + 0x800,      stack + 0x900,      data + 0x200,       data + 0x300,
		data + 0x400,       0x9999999900000009, 0xaaaaaaaa0000000a, 0xbbbbbbbb0000000b,
		data + 0x500,       data + 0x600,       data + 0x700,       data + 0x780};
	unsigned i;

	memset(&run_in, 0, sizeof(run_in));
	memset(&run_out, 0, sizeof(run_out));
	memcpy(run_in.gpr, gpr, sizeof(gpr));
	if (setup->pad_reg)
		run_in.gpr[setup->pad_reg - 1] = word_pad(l, 7);
	run_in.flags = setup->flags;
	// x87 control word, MXCSR, as at process start; XMM registers from offset 160 on.
	memcpy(run_in.fx, "\x7f\x03", 2);
	memcpy(run_in.fx + 24, "\x80\x1f\0\0", 4);
	for (i = 160; i < 416; i++)
		run_in.fx[i] = (uint8_t)(i * 7);
}

static void set_memory(const struct layout *l, const struct setup *setup)
{
	uint64_t *words = (uint64_t *)(l->image + AT_DATA), state = 0x5eed;
	unsigned i;

	for (i = 0; i < STATE_SIZE / 8; i++)
		words[i] = setup->is_memory_pointers ? word_pad(l, i) : test_random(&state);
	*(uint32_t *)(l->image + AT_EXIT) = PAD_NONE;
}

/** What a run left behind. */
struct outcome {
	uint32_t pad;
	struct cpu cpu;
	uint8_t memory[STATE_SIZE];
};

static void run_from(const struct layout *l, const struct setup *setup, uint64_t pc,
		     struct outcome *ret)
{
	set_registers(l, setup);
	set_memory(l, setup);
	run_in.pc = pc;
	run_enter();
	ret->pad = *(uint32_t *)(l->image + AT_EXIT);
	ret->cpu = run_out;
	memcpy(ret->memory, (void *)(l->image + AT_DATA), STATE_SIZE);
}

/** An assertion costs a system call, so it is made only for what differs. */
static void compare(const char *what, const struct outcome *a, const struct outcome *b)
{
	unsigned i;

	if (a->pad != b->pad)
		ck_abort_msg("%s: went on at pad %u, not %u", what, b->pad, a->pad);
	for (i = 0; i < NUM_GPRS; i++)
		if (a->cpu.gpr[i] != b->cpu.gpr[i])
			ck_abort_msg("%s: register %u is %#lx, not %#lx", what, i, b->cpu.gpr[i],
				     a->cpu.gpr[i]);
	if (a->cpu.flags != b->cpu.flags)
		ck_abort_msg("%s: flags are %#lx, not %#lx", what, b->cpu.flags, a->cpu.flags);
	// Control, status and tag words, then the registers; between them stands where the last x87
	// instruction was.
	if (memcmp(a->cpu.fx, b->cpu.fx, 6) || memcmp(a->cpu.fx + 32, b->cpu.fx + 32, 416 - 32))
		ck_abort_msg("%s: x87 or SSE registers differ", what);
	for (i = 0; i < STATE_SIZE; i++)
		if (a->memory[i] != b->memory[i])
			ck_abort_msg("%s: %s byte %#x is %#x, not %#x", what,
				     i < 0x1000 ? "data" : "stack", i % 0x1000, b->memory[i],
				     a->memory[i]);
}

/** Bytes of an instruction at its place in l. */
struct insn {
	uint8_t bytes[ARCH_MAX_INSN + 1];
	size_t size;
	/** It refers to its surroundings by distance. */
	bool is_relative;
};

static void put_token(const struct layout *l, char kind, size_t size, uint8_t *place, uint64_t end)
{
	int64_t value;

	switch (kind) {
	case 'D':
		value = (int64_t)(l->image + AT_DATA + 0x80 - end);
		break;
	case 'A':
		value = (int64_t)(l->image + AT_DATA);
		break;
	case 'T':
		value = (int64_t)(l->image + AT_TARGET - end);
		break;
	case 'B':
		value = (int64_t)(l->image + AT_BACK - end);
		break;
	case 'N':
		value = 0;
		break;
	default:
		value = (int64_t)(l->image + AT_FAR - end);
		break;
	}
	memcpy(place, &value, size);
}

static struct insn assemble(const struct layout *l, const char *text)
{
	struct insn insn = {.size = 0};
	struct {
		char kind;
		size_t size, offset;
	} token = {0};
	char byte[3] = {0};

	for (; *text; text++) {
		if (*text == ' ')
			continue;
		if (insn.size >= sizeof(insn.bytes))
			ck_abort_msg("%s: too long", text);
		if (strchr("DATBFN", text[0]) && strchr("148", text[1]) && strchr(" ", text[2])) {
			token.kind = text[0];
			token.size = (size_t)(text[1] - '0');
			token.offset = insn.size;
			insn.size += token.size;
			insn.is_relative |= token.kind != 'A';
		} else {
			memcpy(byte, text, 2);
			insn.bytes[insn.size++] = (uint8_t)strtoul(byte, NULL, 16);
		}
		text++;
	}
	if (token.kind)
		put_token(l, token.kind, token.size, insn.bytes + token.offset,
			  l->image + AT_CODE + insn.size);
	return insn;
}

#endif
