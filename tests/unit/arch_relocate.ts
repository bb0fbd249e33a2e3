// SPDX-License-Identifier: GPL-3.0-or-later
/** Relocation of one instruction: what was moved must do exactly what the original did. */
#include "arch_run.h"

#include <sys/syscall.h>
#include <unistd.h>

struct insn_case {
	/** As AT&T assembler writes it. */
	const char *name;
	const char *code;
	/** Where it goes on; 0 means "next". PAD_WORD: at any pad that a word of memory or pad_reg
	 *  points at. */
	unsigned pad;
	/** Register, plus 1, that holds the target. */
	unsigned pad_reg;
	uint64_t rcx;
};

static void map_all(void)
{
	size_t i;

	for (i = 0; i < NUM_LAYOUTS; i++) {
		map_layout(&layouts[i]);
		put_pads(&layouts[i]);
	}
}

static void unmap_all(void)
{
	size_t i;

	for (i = 0; i < NUM_LAYOUTS; i++)
		unmap_layout(&layouts[i]);
}

/** Put the instruction at its place and run it. */
static void run_original(const struct layout *l, const struct setup *setup,
			 const struct insn *insn, struct outcome *ret)
{
	uint64_t pc = l->image + AT_CODE;

	memset((void *)pc, 0xcc, AT_TARGET - AT_CODE);
	memcpy((void *)pc, insn->bytes, insn->size);
	put_pad(l, pc + insn->size, PAD_NEXT);
	run_from(l, setup, pc, ret);
}

/** Relocate what stands there to the slot. */
static bool relocate(const struct layout *l, unsigned slot, struct arch_relocation *ret)
{
	const uint64_t pc = l->image + AT_CODE;

	return arch_x86_64.relocate((const uint8_t *)pc, ARCH_MAX_INSN, pc, l->slots[slot], ret);
}

/** Run the relocated instruction. Nothing of the original is left but its place. */
static void run_relocated(const struct layout *l, const struct setup *setup,
			  const struct insn *insn, unsigned slot,
			  const struct arch_relocation *reloc, struct outcome *ret)
{
	memset((void *)(l->image + AT_CODE), 0xcc, insn->size);
	memset((void *)l->slots[slot], 0xcc, XOL_AREA_SIZE);
	memcpy((void *)l->slots[slot], reloc->code, reloc->size);
	run_from(l, setup, reloc->resume_pc, ret);
}

static void check_shape(const char *name, const struct arch_relocation *reloc,
			const struct insn *insn, uint64_t slot_addr)
{
	if (reloc->insn_size != insn->size)
		ck_abort_msg("%s: %zu bytes long, not %zu", name, reloc->insn_size, insn->size);
	if (reloc->size > ARCH_SLOT_SIZE)
		ck_abort_msg("%s: %zu bytes in the slot", name, reloc->size);
	if (reloc->kind == ARCH_RELOC_JUMP)
		ck_assert_uint_eq(reloc->size, 0);
	else if (reloc->resume_pc != slot_addr || !reloc->size)
		ck_abort_msg("%s: %zu bytes, resumes at %#lx", name, reloc->size,
			     reloc->resume_pc);
}

static bool is_pad_expected(unsigned expected, unsigned pad)
{
	return expected == PAD_WORD ? pad >= PAD_WORD : pad == expected;
}

/** Run the instruction in one layout at its place and in every slot. is_jump: it needs no copy.
 *  Returns the pad it met. */
static unsigned check_in(const struct layout *l, const char *name, const struct insn *insn,
			 const struct setup *setup, unsigned pad, bool is_jump)
{
	static struct outcome original, relocated;
	struct arch_relocation reloc;
	char what[128];
	unsigned i;

	// The call of an immediate target is written anew, and then reaches anything.
	bool is_call = insn->size >= 5 && insn->bytes[insn->size - 5] == 0xe8;
	bool needs_reach = insn->is_relative && !is_jump && !is_call;

	for (i = 0; i < l->num_slots; i++) {
		snprintf(what, sizeof(what), "%s, code at %#lx, slot at %#lx", name,
			 l->image + AT_CODE, l->slots[i]);
		run_original(l, setup, insn, &original);
		if (pad && !is_pad_expected(pad, original.pad))
			ck_abort_msg("%s: the original itself goes on at pad %u", what,
				     original.pad);
		if (needs_reach && is_out_of_reach(l, i)) {
			if (relocate(l, i, &reloc))
				ck_abort_msg("%s: reaches what is out of reach", what);
			continue;
		}
		if (!relocate(l, i, &reloc))
			ck_abort_msg("%s: refused", what);
		check_shape(what, &reloc, insn, l->slots[i]);
		if (is_jump != (reloc.kind == ARCH_RELOC_JUMP))
			ck_abort_msg("%s: kind %d", what, reloc.kind);
		run_relocated(l, setup, insn, i, &reloc, &relocated);
		compare(what, &original, &relocated);
	}
	return original.pad;
}

static void check_case(const struct insn_case *c, bool is_jump)
{
	struct setup setup = default_setup;
	unsigned pad = c->pad ? c->pad : PAD_NEXT;
	struct insn insn;
	size_t i;

	setup.is_memory_pointers = pad == PAD_WORD;
	setup.pad_reg = c->pad_reg;
	if (c->rcx)
		setup.rcx = c->rcx;
	for (i = 0; i < NUM_LAYOUTS; i++) {
		insn = assemble(&layouts[i], c->code);
		ck_assert_msg(insn.size <= ARCH_MAX_INSN, "%s is too long", c->name);
		check_in(&layouts[i], c->name, &insn, &setup, pad, is_jump);
	}
}

#define CHECK_CASES(cases, is_jump)                                        \
	do {                                                               \
		size_t case_i;                                             \
		for (case_i = 0; case_i < sizeof(cases) / sizeof(*(cases)); case_i++) \
			check_case(&(cases)[case_i], is_jump);             \
	} while (0)

/** At every slot in reach and out of it. */
static void check_refused(const char *name, const char *code)
{
	static const struct arch_relocation untouched = {.resume_pc = 0x1234, .size = 77};
	struct arch_relocation reloc = untouched;
	struct insn insn;
	size_t i, k;

	for (i = 0; i < NUM_LAYOUTS; i++) {
		insn = assemble(&layouts[i], code);
		for (k = 0; k < layouts[i].num_slots; k++)
			ck_assert_msg(!arch_x86_64.relocate(insn.bytes, insn.size,
							    layouts[i].image + AT_CODE,
							    layouts[i].slots[k], &reloc),
				      "%s was relocated", name);
	}
	ck_assert_mem_eq(&reloc, &untouched, sizeof(reloc));
}

/** The condition of jcc, by the low nibble of its opcode (Intel SDM, appendix B). */
static bool is_condition_true(unsigned cc, uint64_t flags)
{
	bool cf = flags & FLAG_CF, zf = flags & FLAG_ZF, sf = flags & FLAG_SF;
	bool of = flags & FLAG_OF, pf = flags & FLAG_PF;
	const bool is_true[] = {of, cf, zf, cf || zf, sf, pf, sf != of, zf || sf != of};

	return is_true[cc / 2] != (cc & 1);
}

#suite arch_relocate

#tcase plain

#test moved_as_they_are
	static const struct insn_case cases[] = {
		{"push %rbp", "55"},
		{"push %r15", "41 57"},
		{"push $-2", "6a fe"},
		{"push $0x12345678", "68 78 56 34 12"},
		{"push 8(%rsp)", "ff 74 24 08"},
		{"push %rsp", "54"},
		{"pop %rbx", "5b"},
		{"pop 8(%rsp)", "8f 44 24 08"},
		{"pop %rsp", "5c"},
		{"sub $0x18,%rsp", "48 83 ec 18"},
		{"add $0x88,%rsp", "48 81 c4 88 00 00 00"},
		{"and $-16,%rsp", "48 83 e4 f0"},
		{"lea 16(%rsp),%rbp", "48 8d 6c 24 10"},
		{"mov %rsp,%rbp", "48 89 e5"},
		{"leave", "c9"},
		{"enter $16,$0", "c8 10 00 00"},
		{"mov %rdi,%rbx", "48 89 fb"},
		{"mov $0,%eax", "b8 00 00 00 00"},
		{"movabs $imm64,%r10", "49 ba ef cd ab 89 67 45 23 01"},
		{"movabs moffs64,%rax", "48 a1 A8"},
		{"mov %rax,(%rbx,%rcx,8)", "48 89 04 cb"},
		{"lea (%rdi,%rsi),%rax", "48 8d 04 37"},
		{"test %rax,%rax", "48 85 c0"},
		{"cmp %rax,0x10(%rbx)", "48 39 43 10"},
		{"adc %rdx,%rax", "48 11 d0"},
		{"cmovb %rdx,%rax", "48 0f 42 c2"},
		{"sete %al", "0f 94 c0"},
		{"imul %rdx,%rax", "48 0f af c2"},
		{"xchg %rax,%rdx", "48 92"},
		{"xchg %r8,%rax", "49 90"},
		{"bswap %rax", "48 0f c8"},
		{"shl %cl,%rax", "48 d3 e0"},
		{"cmc", "f5"},
		{"std", "fd"},
		{"lahf", "9f"},
		{"pushfq", "9c"},
		{"pause", "f3 90"},
		{"xor %eax,%eax", "31 c0"},
		{"fld1", "d9 e8"},
		{"movq %xmm1,%rax", "66 48 0f 7e c8"},
		{"movaps %xmm2,0x10(%rbx)", "0f 29 53 10"},
	};

	CHECK_CASES(cases, false);

#test nothing_to_do
	static const struct insn_case cases[] = {
		{"nop", "90"},
		{"xchg %ax,%ax", "66 90"},
		{"nopl (%rax)", "0f 1f 00"},
		{"nopl 0(%rax)", "0f 1f 40 00"},
		{"nopl 0(%rax,%rax,1)", "0f 1f 44 00 00"},
		{"nopw 0(%rax,%rax,1)", "66 0f 1f 44 00 00"},
		{"nopl 0L(%rax)", "0f 1f 80 00 00 00 00"},
		{"nopl 0L(%rax,%rax,1)", "0f 1f 84 00 00 00 00 00"},
		{"nopw 0L(%rax,%rax,1)", "66 0f 1f 84 00 00 00 00 00"},
		{"cs nopw 0L(%rax,%rax,1)", "66 2e 0f 1f 84 00 00 00 00 00"},
		{"data16 cs nopw", "66 66 2e 0f 1f 84 00 00 00 00 00"},
		{"data16 x 5 cs nopw", "66 66 66 66 66 2e 0f 1f 84 00 00 00 00 00"},
		{"nopl sym(%rip)", "0f 1f 05 D4"},
		{"endbr64", "f3 0f 1e fa"},
	};

	CHECK_CASES(cases, true);

#test strings
	static const struct insn_case cases[] = {
		{"rep movsb", "f3 a4"},
		{"rep movsq", "f3 48 a5"},
		{"rep stosq", "f3 48 ab"},
		{"stosb", "aa"},
		{"repe cmpsb", "f3 a6"},
		{"repne scasb", "f2 ae"},
		{"lodsq", "48 ad"},
		{"addr32 lea", "67 8d 04 37"},
	};

	CHECK_CASES(cases, false);

#test locked
	static const struct insn_case cases[] = {
		{"lock cmpxchg %rdx,(%rbx)", "f0 48 0f b1 13"},
		{"lock xadd %eax,8(%rbx)", "f0 0f c1 43 08"},
		{"lock cmpxchg16b (%rbx)", "f0 48 0f c7 0b"},
		{"lock incq sym(%rip)", "f0 48 ff 05 D4"},
		{"lock cmpxchg %ecx,sym(%rip)", "f0 0f b1 0d D4"},
		{"lock orq $0,(%rsp)", "f0 48 83 0c 24 00"},
		{"xchg %eax,sym(%rip)", "87 05 D4"},
		{"mfence", "0f ae f0"},
	};

	CHECK_CASES(cases, false);

#test longest
	static const struct insn_case cases[] = {
		{"movq $imm32,disp32(%rbx,%rcx,8)", "2e 2e 2e 48 c7 84 cb 40 00 00 00 78 56 34 12"},
		{"movq $imm32,sym(%rip)", "2e 2e 2e 2e 48 c7 05 D4 78 56 34 12"},
		{"push %rax", "2e 2e 2e 2e 2e 2e 2e 2e 2e 2e 2e 2e 2e 2e 50"},
		{"rep stosb", "2e 2e 2e 2e 2e 2e 2e 2e 2e 2e 2e 2e 2e f3 aa"},
	};
	static const struct insn_case calls[] = {
		{"call *0x40(%r12,%rcx,8)", "2e 2e 2e 2e 2e 2e 2e 41 ff 94 cc 40 00 00 00", PAD_WORD},
		{"call *8(%rsp)", "2e 2e 2e 2e 2e 2e 2e 2e ff 54 24 08", PAD_WORD},
		{"call *0x90(%rsp)", "2e 2e 2e 2e 2e 2e 2e 2e ff 94 24 90 00 00 00", PAD_WORD},
		{"call *sym(%rip)", "2e 2e 2e 2e 2e 2e 2e 2e 2e ff 15 D4", PAD_WORD},
		{"call", "2e 2e 2e 2e 2e 2e 2e 2e 2e 2e e8 T4", PAD_TARGET},
		{"jrcxz, not taken", "2e 2e 2e 2e 2e 2e 2e 2e 2e 2e 2e 2e 2e e3 T1", PAD_NEXT},
		{"jz", "2e 2e 2e 2e 2e 2e 2e 2e 2e 0f 84 T4", PAD_TARGET},
	};

	CHECK_CASES(cases, false);
	CHECK_CASES(calls, false);

#tcase operands

#test relative_to_pc
	static const struct insn_case cases[] = {
		{"mov sym(%rip),%rax", "48 8b 05 D4"},
		{"mov sym(%rip),%r12d", "44 8b 25 D4"},
		{"mov %rax,sym(%rip)", "48 89 05 D4"},
		{"movb $1,sym(%rip)", "c6 05 D4 01"},
		{"movw $0x1234,sym(%rip)", "66 c7 05 D4 34 12"},
		{"movl $0x12345678,sym(%rip)", "c7 05 D4 78 56 34 12"},
		{"movq $0x12345678,sym(%rip)", "48 c7 05 D4 78 56 34 12"},
		{"cmpq $0,sym(%rip)", "48 83 3d D4 00"},
		{"cmpl $0x12345678,sym(%rip)", "81 3d D4 78 56 34 12"},
		{"cmp %rax,sym(%rip)", "48 39 05 D4"},
		{"testb $8,sym(%rip)", "f6 05 D4 08"},
		{"add sym(%rip),%rdx", "48 03 15 D4"},
		{"incl sym(%rip)", "ff 05 D4"},
		{"imul $7,sym(%rip),%eax", "6b 05 D4 07"},
		{"imul $0x1234567,sym(%rip),%rax", "48 69 05 D4 67 45 23 01"},
		{"lea sym(%rip),%rdi", "48 8d 3d D4"},
		{"lea 0(%rip),%rax", "48 8d 05 N4"},
		{"addr32 lea sym(%eip),%rax", "67 48 8d 05 D4"},
		{"data16 lea sym(%rip),%rdi", "66 48 8d 3d D4"},
		{"push sym(%rip)", "ff 35 D4"},
		{"pop sym(%rip)", "8f 05 D4"},
		{"cmovb sym(%rip),%rax", "48 0f 42 05 D4"},
		{"setb sym(%rip)", "0f 92 05 D4"},
		{"shll $3,sym(%rip)", "c1 25 D4 03"},
		{"shld $3,%rax,sym(%rip)", "48 0f a4 05 D4 03"},
		{"bts $9,sym(%rip)", "0f ba 2d D4 09"},
		{"movzbl sym(%rip),%eax", "0f b6 05 D4"},
		{"crc32b sym(%rip),%eax", "f2 0f 38 f0 05 D4"},
		{"prefetcht0 sym(%rip)", "0f 18 0d D4"},
		{"fldl sym(%rip)", "dd 05 D4"},
		{"fnstcw sym(%rip)", "d9 3d D4"},
		{"movups sym(%rip),%xmm0", "0f 10 05 D4"},
		{"movdqu %xmm3,sym(%rip)", "f3 0f 7f 1d D4"},
		{"cvtsi2sdl sym(%rip),%xmm1", "f2 0f 2a 0d D4"},
		{"pshufd $0x1b,sym(%rip),%xmm0", "66 0f 70 05 D4 1b"},
		{"pshufb sym(%rip),%xmm1", "66 0f 38 00 0d D4"},
		{"palignr $3,sym(%rip),%xmm1", "66 0f 3a 0f 0d D4 03"},
	};

	CHECK_CASES(cases, false);

#test low_addresses
	// Loads through EIP and absolute addresses of 32 bits work below 4 GiB only.
	const struct layout *l = &layouts[2];
	struct insn insn;

	insn = assemble(l, "67 48 8b 05 D4");
	check_in(l, "mov sym(%eip),%rax", &insn, &default_setup, PAD_NEXT, false);
	insn = assemble(l, "48 8b 04 25 80 00 20 30");
	check_in(l, "mov 0x30200080,%rax", &insn, &default_setup, PAD_NEXT, false);

#test vector
	static const struct insn_case avx[] = {
		{"vmovdqu sym(%rip),%ymm0", "c5 fe 6f 05 D4"},
		{"vmovdqu %xmm1,sym(%rip)", "c5 fa 7f 0d D4"},
		{"vmovups %xmm9,sym(%rip)", "c5 78 11 0d D4"},
		{"vaddpd sym(%rip),%ymm1,%ymm2", "c5 f5 58 15 D4"},
		{"vinsertf128 $1,sym(%rip),%ymm1,%ymm0", "c4 e3 75 18 05 D4 01"},
		{"vpermilps $0x1b,sym(%rip),%xmm3", "c4 e3 79 04 1d D4 1b"},
		{"vbroadcastss sym(%rip),%ymm4", "c4 e2 7d 18 25 D4"},
		{"vzeroupper", "c5 f8 77"},
	};
	static const struct insn_case avx2[] = {
		{"vpaddd sym(%rip),%ymm1,%ymm0", "c5 f5 fe 05 D4"},
		{"vpermq $0x1b,sym(%rip),%ymm0", "c4 e3 fd 00 05 D4 1b"},
	};
	static const struct insn_case avx512[] = {
		{"vmovdqu64 sym(%rip),%zmm0", "62 f1 fe 48 6f 05 D4"},
		{"vmovups %zmm1,sym(%rip)", "62 f1 7c 48 11 0d D4"},
		{"vpternlogd $0x96,sym(%rip),%zmm1,%zmm2", "62 f3 75 48 25 15 D4 96"},
	};
	static const struct insn_case bmi[] = {
		{"andn sym(%rip),%rax,%rdx", "c4 e2 f8 f2 15 D4"},
		{"rorx $5,sym(%rip),%rax", "c4 e3 fb f0 05 D4 05"},
	};

	if (__builtin_cpu_supports("avx"))
		CHECK_CASES(avx, false);
	if (__builtin_cpu_supports("avx2"))
		CHECK_CASES(avx2, false);
	if (__builtin_cpu_supports("avx512f"))
		CHECK_CASES(avx512, false);
	if (__builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2"))
		CHECK_CASES(bmi, false);

#test thread_local
	static __thread uint64_t variable;
	const struct setup setup = default_setup;
	struct insn insn;
	uint64_t base;
	int32_t offset;
	size_t i;

	__asm__("mov %%fs:0, %0" : "=r"(base));
	offset = (int32_t)((uint64_t)&variable - base);
	for (i = 0; i < NUM_LAYOUTS; i++) {
		insn = assemble(&layouts[i], "64 48 8b 04 25 00 00 00 00");
		check_in(&layouts[i], "mov %fs:0,%rax", &insn, &setup, PAD_NEXT, false);
		insn = assemble(&layouts[i], "64 48 33 04 25 28 00 00 00");
		check_in(&layouts[i], "xor %fs:40,%rax", &insn, &setup, PAD_NEXT, false);
		// Initial-exec and general-dynamic code of the psABI loads offsets from the GOT.
		insn = assemble(&layouts[i], "64 ff 14 25 00 00 00 00");
		memcpy(insn.bytes + 4, &offset, 4);
		variable = word_pad(&layouts[i], 5);
		check_in(&layouts[i], "call *%fs:offset", &insn, &setup, PAD_WORD, false);
	}

#test system_call
	const struct layout *l = &layouts[0];
	struct insn insn = assemble(l, "0f 05");
	static struct outcome original, relocated;
	struct arch_relocation reloc;
	struct setup setup = default_setup;
	unsigned i;

	// mov %rax in the setup is no system call: ENOSYS, with all the rest as it was.
	run_original(l, &setup, &insn, &original);
	ck_assert_int_eq((int64_t)original.cpu.gpr[RAX], -38);
	for (i = 0; i < l->num_slots; i++) {
		run_original(l, &setup, &insn, &original);
		ck_assert(relocate(l, i, &reloc));
		check_shape("syscall", &reloc, &insn, l->slots[i]);
		run_relocated(l, &setup, &insn, i, &reloc, &relocated);
		// The instruction itself leaves the pc behind it in rcx, which nobody may use.
		ck_assert_uint_eq(original.cpu.gpr[RCX], l->image + AT_CODE + 2);
		ck_assert_uint_eq(relocated.cpu.gpr[RCX], l->slots[i] + 2);
		relocated.cpu.gpr[RCX] = original.cpu.gpr[RCX];
		compare("syscall", &original, &relocated);
	}

#tcase branches

#test jumps
	static const struct insn_case direct[] = {
		{"jmp, short", "eb T1", PAD_TARGET},
		{"jmp, short, backwards", "eb B1", PAD_BACK},
		{"jmp", "e9 T4", PAD_TARGET},
		{"jmp, backwards", "e9 B4", PAD_BACK},
		{"jmp, far away", "e9 F4", PAD_FAR},
		{"bnd jmp", "f2 e9 F4", PAD_FAR},
		{"jmp to the next instruction", "eb 00", PAD_NEXT},
	};
	static const struct insn_case indirect[] = {
		{"jmp *%rax", "ff e0", PAD_WORD, RAX + 1},
		{"jmp *%r12", "41 ff e4", PAD_WORD, R12 + 1},
		{"notrack jmp *%rdx", "3e ff e2", PAD_WORD, RDX + 1},
		{"jmp *sym(%rip)", "ff 25 D4", PAD_WORD},
		{"bnd jmp *sym(%rip)", "f2 ff 25 D4", PAD_WORD},
		{"jmp *(%rbx)", "ff 23", PAD_WORD},
		{"jmp *8(%rsp)", "ff 64 24 08", PAD_WORD},
		{"jmp *0x40(%r12,%rcx,8)", "41 ff 64 cc 40", PAD_WORD},
	};

	CHECK_CASES(direct, true);
	CHECK_CASES(indirect, false);

#test conditions
	static const uint64_t flag[] = {FLAG_CF, FLAG_PF, FLAG_ZF, FLAG_SF, FLAG_OF};
	struct setup setup = default_setup;
	char code[32], name[64];
	unsigned cc, mask, form, i, pad, num_taken;
	struct insn insn;

	for (cc = 0; cc < 16; cc++) {
		for (form = num_taken = 0; form < 3; form++) {
			snprintf(code, sizeof(code), form == 0 ? "%x T1" : form == 1 ? "%x B1" : "0f %x F4",
				 form < 2 ? 0x70 | cc : 0x80 | cc);
			for (mask = 0; mask < 32; mask++) {
				setup.flags = FLAGS_BASE;
				for (i = 0; i < 5; i++)
					setup.flags |= mask >> i & 1 ? flag[i] : 0;
				pad = PAD_NEXT;
				if (is_condition_true(cc, setup.flags))
					pad = form == 0 ? PAD_TARGET : form == 1 ? PAD_BACK : PAD_FAR;
				snprintf(name, sizeof(name), "jcc '%s', flags %#lx", code, setup.flags);
				for (i = 0; i < NUM_LAYOUTS; i++) {
					insn = assemble(&layouts[i], code);
					check_in(&layouts[i], name, &insn, &setup, pad, false);
				}
				num_taken += pad != PAD_NEXT;
			}
		}
		// Both ways, in each form.
		ck_assert_uint_gt(num_taken, 3 * 7);
		ck_assert_uint_lt(num_taken, 3 * 25);
	}

#test counted
	static const struct insn_case cases[] = {
		{"jrcxz, not taken", "e3 T1", PAD_NEXT, 0, 1},
		{"jrcxz of 2^32, not taken", "e3 T1", PAD_NEXT, 0, 1ull << 32},
		{"jecxz of 2^32, taken", "67 e3 T1", PAD_TARGET, 0, 1ull << 32},
		{"jecxz, not taken", "67 e3 B1", PAD_NEXT, 0, 7},
		{"loop, taken", "e2 T1", PAD_TARGET, 0, 2},
		{"loop, taken, backwards", "e2 B1", PAD_BACK, 0, 2},
		{"loop, not taken", "e2 T1", PAD_NEXT, 0, 1},
		{"addr32 loop of 2^32 + 1, not taken", "67 e2 T1", PAD_NEXT, 0, (1ull << 32) + 1},
		// ZF is set.
		{"loope, taken", "e1 T1", PAD_TARGET, 0, 2},
		{"loope, not taken", "e1 T1", PAD_NEXT, 0, 1},
		{"loopne, not taken for ZF", "e0 T1", PAD_NEXT, 0, 2},
	};
	struct setup setup = default_setup;
	struct insn insn;
	unsigned i;

	CHECK_CASES(cases, false);
	for (i = 0; i < NUM_LAYOUTS; i++) {
		setup.rcx = 0;
		insn = assemble(&layouts[i], "e3 T1");
		check_in(&layouts[i], "jrcxz, taken", &insn, &setup, PAD_TARGET, false);
		insn = assemble(&layouts[i], "e3 B1");
		check_in(&layouts[i], "jrcxz, taken, backwards", &insn, &setup, PAD_BACK, false);
		setup.rcx = 2;
		setup.flags = FLAGS_BASE;
		insn = assemble(&layouts[i], "e0 T1");
		check_in(&layouts[i], "loopne, taken", &insn, &setup, PAD_TARGET, false);
		insn = assemble(&layouts[i], "e1 T1");
		check_in(&layouts[i], "loope, not taken for ZF", &insn, &setup, PAD_NEXT, false);
		setup.flags = default_setup.flags;
	}

#test returns
	static const struct insn_case cases[] = {
		{"ret", "c3", PAD_WORD},
		{"rep ret", "f3 c3", PAD_WORD},
		{"bnd ret", "f2 c3", PAD_WORD},
		{"ret $16", "c2 10 00", PAD_WORD},
	};

	CHECK_CASES(cases, false);

#tcase calls

#test direct
	static const struct insn_case cases[] = {
		{"call", "e8 T4", PAD_TARGET},
		{"call, backwards", "e8 B4", PAD_BACK},
		{"call, far away", "e8 F4", PAD_FAR},
		{"call of the next instruction", "e8 00 00 00 00", PAD_NEXT},
		// What the linker makes of call *foo@GOTPCREL(%rip), and the code of the psABI
		// around __tls_get_addr.
		{"addr32 call", "67 e8 F4", PAD_FAR},
		{"data16 data16 rex.W call", "66 66 48 e8 F4", PAD_FAR},
		{"bnd call", "f2 e8 F4", PAD_FAR},
	};

	CHECK_CASES(cases, false);

#test return_address
	// The address that is pushed is the original one, wherever the slot is: compared above, but
	// seen here.
	static struct outcome relocated;
	const struct layout *l = &layouts[1];
	struct insn insn = assemble(l, "e8 F4");
	struct arch_relocation reloc;
	uint64_t pushed;

	run_original(l, &default_setup, &insn, &relocated);
	ck_assert(relocate(l, 2, &reloc));
	run_relocated(l, &default_setup, &insn, 2, &reloc, &relocated);
	ck_assert_uint_eq(relocated.cpu.gpr[RSP], l->image + AT_STACK + 0x800 - 8);
	memcpy(&pushed, relocated.memory + (AT_STACK - AT_DATA) + 0x800 - 8, 8);
	ck_assert_uint_eq(pushed, l->image + AT_CODE + 5);

#test through_registers
	char code[16], name[32];
	struct setup setup = default_setup;
	struct insn insn;
	unsigned reg, i;

	for (reg = 0; reg < NUM_GPRS; reg++) {
		if (reg == RSP)
			continue;
		snprintf(code, sizeof(code), "%s %x", reg < 8 ? "ff" : "41 ff", 0xd0 | (reg & 7));
		snprintf(name, sizeof(name), "call *register %u", reg);
		setup.pad_reg = reg + 1;
		for (i = 0; i < NUM_LAYOUTS; i++) {
			insn = assemble(&layouts[i], code);
			check_in(&layouts[i], name, &insn, &setup, PAD_WORD + 7, false);
		}
	}

#test through_memory
	static const struct insn_case cases[] = {
		{"call *(%rbx)", "ff 13", PAD_WORD},
		{"call *0x10(%rbx)", "ff 53 10", PAD_WORD},
		{"call *-0x10(%rbp)", "ff 55 f0", PAD_WORD},
		{"call *0(%r13)", "41 ff 55 00", PAD_WORD},
		{"call *0x90(%r14)", "41 ff 96 90 00 00 00", PAD_WORD},
		{"call *(%r12)", "41 ff 14 24", PAD_WORD},
		{"call *8(%r12)", "41 ff 54 24 08", PAD_WORD},
		{"call *(%r12,%rcx,8)", "41 ff 14 cc", PAD_WORD},
		{"call *0x40(%rbx,%rcx,8)", "ff 54 cb 40", PAD_WORD},
		{"call *(%rsp)", "ff 14 24", PAD_WORD},
		{"call *8(%rsp)", "ff 54 24 08", PAD_WORD},
		{"call *-16(%rsp)", "ff 54 24 f0", PAD_WORD},
		{"call *0x7c(%rsp)", "ff 54 24 78", PAD_WORD},
		{"call *0x90(%rsp)", "ff 94 24 90 00 00 00", PAD_WORD},
		{"call *-0x90(%rsp)", "ff 94 24 70 ff ff ff", PAD_WORD},
		{"call *8(%rsp,%rcx,8)", "ff 54 cc 08", PAD_WORD},
		{"call *(%rsp,%rcx,8)", "ff 14 cc", PAD_WORD},
		{"call *sym(%rip)", "ff 15 D4", PAD_WORD},
		{"rex.W call *sym(%rip)", "48 ff 15 D4", PAD_WORD},
		{"data16 rex.W call *sym(%rip)", "66 48 ff 15 D4", PAD_WORD},
		{"bnd call *sym(%rip)", "f2 ff 15 D4", PAD_WORD},
		{"notrack call *8(%rbx)", "3e ff 53 08", PAD_WORD},
	};

	CHECK_CASES(cases, false);

#tcase refused

#test not_movable
	check_refused("int3", "cc");
	check_refused("int $3", "cd 03");
	check_refused("int1", "f1");
	check_refused("push %es, no instruction in 64-bit mode", "06");
	check_refused("a REX2 or BCD byte", "d5 00");
	check_refused("nothing but prefixes", "66 66 66");
	check_refused("16 bytes", "2e 2e 2e 2e 2e 2e 2e 2e 2e 2e 2e 2e 2e 2e 2e 50");
	check_refused("call *8(%rsp), longer with a longer displacement",
		      "2e 2e 2e 2e 2e 2e 2e 2e 2e ff 54 24 08");
	check_refused("lcall *sym(%rip)", "ff 1d D4");
	check_refused("lcall *(%rbx)", "48 ff 1b");
	check_refused("call *%rsp", "ff d4");
	check_refused("call *-8(%rsp), where the return address goes", "ff 54 24 f8");
	check_refused("xbegin", "c7 f8 F4");
	check_refused("jkzd", "c5 f8 84 F4");
	// Processors disagree on what these do.
	check_refused("data16 call", "66 e8 F4");
	check_refused("data16 jmp", "66 e9 F4");
	check_refused("data16 jz", "66 0f 84 F4");
	check_refused("data16 call *%rax", "66 ff d0");
	check_refused("data16 call *sym(%rip)", "66 ff 15 D4");
	check_refused("call *0x7ffffffc(%rsp)", "ff 94 24 fc ff ff 7f");

#test cut_off
	// An instruction at the end of what could be read.
	static const char *const codes[] = {"48 8b 05 D4", "e8 T4", "0f 84 T4", "ff 15 D4",
					    "c7 05 D4 78 56 34 12", "41 ff 14 cc", "f3 0f 1e fa"};
	const struct layout *l = &layouts[0];
	struct arch_relocation reloc;
	struct insn insn;
	size_t i, size;

	for (i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
		insn = assemble(l, codes[i]);
		for (size = 0; size < insn.size; size++)
			ck_assert(!arch_x86_64.relocate(insn.bytes, size, l->image + AT_CODE,
							l->slots[0], &reloc));
		ck_assert(arch_x86_64.relocate(insn.bytes, size, l->image + AT_CODE, l->slots[0],
					       &reloc));
	}

#test any_bytes
	// Whatever stands there: an answer, of at most a slot.
	struct arch_relocation reloc;
	uint64_t state = 7, words[2];
	unsigned i, num_ok = 0, num_bad = 0;

	for (i = 0; i < 300000; i++) {
		words[0] = test_random(&state);
		words[1] = test_random(&state);
		// Half of them with two bytes of opcode.
		if (i & 1)
			((uint8_t *)words)[0] = 0x0f;
		if (!arch_x86_64.relocate((const uint8_t *)words, ARCH_MAX_INSN, test_random(&state),
					  test_random(&state), &reloc))
			continue;
		num_ok++;
		num_bad += reloc.insn_size == 0 || reloc.insn_size > ARCH_MAX_INSN ||
			   reloc.size > ARCH_SLOT_SIZE;
	}
	ck_assert_uint_eq(num_bad, 0);
	ck_assert_uint_gt(num_ok, 10000);

#main-pre
	tcase_add_checked_fixture(tc1_1, map_all, unmap_all);
	tcase_add_checked_fixture(tc1_2, map_all, unmap_all);
	tcase_add_checked_fixture(tc1_3, map_all, unmap_all);
	tcase_add_checked_fixture(tc1_4, map_all, unmap_all);
	tcase_set_timeout(tc1_1, 60);
	tcase_set_timeout(tc1_2, 60);
	tcase_set_timeout(tc1_3, 120);
	tcase_set_timeout(tc1_4, 60);
	tcase_set_timeout(tc1_5, 60);
