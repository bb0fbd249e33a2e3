// SPDX-License-Identifier: GPL-3.0-or-later
/** What malloscope must know of an instruction set, its ABI and Linux on it, behind one table. The
 *  functions work on buffers and registers, not on processes, so every architecture is built and
 *  tested on every host.
 *
 *  A port provides `const struct arch arch_NAME` in NAME.c and files beside it. It declares the
 *  table below, and arch_host() returns it there. The members come in the order in which a port can
 *  be written and tried (doc/HOWTO-port-to-an-architecture.md says how): names and numbers,
 *  registers, walks, breakpoints, system calls, and the code that runs in the target. What the walk
 *  needs is in arch/unwind.h. tests/unit/arch_madeup.c is an example of all but the last two. */
#ifndef ARCH_ARCH_H
#define ARCH_ARCH_H

#include "arch/unwind.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/** General registers of a thread in the order of the kernel (NT_PRSTATUS): room for those of any
 *  architecture here. */
#define ARCH_MAX_REG_WORDS 27
struct arch_regs {
	uint64_t word[ARCH_MAX_REG_WORDS];
};

/** Room for one relocated instruction with its way back. */
#define ARCH_XOL_SLOT_SIZE 32
/** Longest trap instruction. */
#define ARCH_MAX_TRAP 4
/** Longest instruction. */
#define ARCH_MAX_INSN 15

enum arch_relocation_kind {
	/** The instruction has no effect but on the program counter: continue at resume_pc, no copy
	 *  needed. */
	ARCH_RELOC_JUMP,
	/** Continue at the slot, which holds code[0, size). */
	ARCH_RELOC_SLOT,
};

/** How a thread gets past an instruction whose first byte is covered by a trap. */
struct arch_relocation {
	enum arch_relocation_kind kind;
	/** Where the thread goes on: the slot, or behind a jump. */
	uint64_t resume_pc;
	/** What the slot must hold; size is 0 for ARCH_RELOC_JUMP. */
	uint8_t code[ARCH_XOL_SLOT_SIZE];
	size_t size;
	/** Length of the original instruction. */
	size_t insn_size;
	/** Where in the code only the way back is left; 0: at no such place, the code does the
	 *  instruction's work in several steps. */
	size_t done_size;
};

/** Longest code of a stub that calls a function. */
#define ARCH_CALL_SIZE 96

/** Words on the stack that insert_syscall needs. */
#define ARCH_REDO_WORDS 3

/** Longest code of the orphan-trap handler. */
#define ARCH_ORPHAN_SIZE  640
#define ARCH_ORPHAN_AREAS 15

/** How a function hands its call on. */
struct arch_dispatch {
	/** Where the pointer to the table lies. */
	uint64_t pointer_addr;
	/** Of the entry in the table, bytes. */
	int64_t offset;
	/** Bytes of code up to and with the call or jump. */
	size_t size;
	/** It jumps: nothing of the function is left to do. */
	bool is_jump;
};

/** What the orphan-trap handler works on; a part of its code. */
struct arch_orphan_data {
	/** Of an area: offset of the addresses (uint64_t each, of which the lower 56 bits count, 0
	 *  ends them) of the instructions that were relocated, offset of their slots, number of
	 *  both. */
	uint64_t names_offset;
	uint64_t slots_offset;
	uint64_t num_slots;
	/** Bytes of an area. */
	uint64_t area_size;
	/** Argument of rt_sigaction(2) that installs the handler. */
	uint64_t action[4];
	/** The handler was installed and not taken out. */
	uint64_t is_installed;
	/** Starts of the areas; 0 ends them. */
	uint64_t areas[ARCH_ORPHAN_AREAS + 1];
};

/** Size of a stub: a whole number of slots. Where in it the serial number is (uint64_t). */
#define ARCH_STUB_SIZE   224
#define ARCH_STUB_SERIAL (ARCH_STUB_SIZE - 8)

struct arch_patching;

struct arch {
	/* Names and numbers. */

	const char *name;
	/** As messages to the user name it. */
	const char *title;
	/** Its numbers in <linux/audit.h>, which seccomp filters see, and in ELF headers
	 *  (e_machine). Its ELF files are of 64 bits, little-endian. */
	uint32_t audit_arch;
	uint16_t elf_machine;
	/** Addresses of a process have at most so many bits: not more than ADDR_BITS. */
	uint8_t addr_bits;
	/** Instructions begin at multiples of this. */
	uint8_t insn_align;

	/* Registers. */

	uint64_t (*pc)(const struct arch_regs *regs);
	void (*set_pc)(struct arch_regs *regs, uint64_t pc);
	/** Bytes of struct arch_regs that the kernel has. */
	size_t regs_size;
	/** ptrace(2)'s requests that get and set them, and that sets one word of them, the pc at
	 *  pc_offset. 0: there are none but PTRACE_GETREGSET and PTRACE_SETREGSET. */
	int get_regs_request;
	int set_regs_request;
	int set_word_request;
	size_t pc_offset;
	uint64_t (*sp)(const struct arch_regs *regs);
	/** Integer argument i (0 to 5) of a function, at its entry. */
	uint64_t (*arg)(const struct arch_regs *regs, unsigned i);
	/** Integer result of a function, at its return. */
	uint64_t (*result)(const struct arch_regs *regs);
	void (*set_result)(struct arch_regs *regs, uint64_t result);
	/** What tells the threads of a process apart, for code that runs in them. */
	uint64_t (*thread_pointer)(const struct arch_regs *regs);
	/** Bits of AT_HWCAP2 (getauxval(3)) without which programs cannot read it themselves. */
	uint64_t thread_pointer_hwcap2;
	/** A line of /proc/PID/status, and a word in it when the CPU notes return addresses a
	 *  second time, and compares. NULL: there is no such thing. */
	const char *shadow_stack_key;
	const char *shadow_stack_word;
	/** Equal but for the pc and what signals and system calls note about themselves. */
	bool (*is_same_state)(const struct arch_regs *a, const struct arch_regs *b);

	/* Walks. */

	/** What a walk must know. */
	const struct arch_unwind *unwind;
	/** Registers of a walk. */
	void (*walk_regs)(const struct arch_regs *regs, uint64_t ret[WALK_MAX_REGS]);
	/** The function that the call instruction before return_addr calls, as far as it can be
	 *  told from the code and from memory: targets_ret[0] is what it calls, [1] where that
	 *  leads to if it is a stub that jumps through memory (PLT). 0: unknown. A word of memory
	 *  that leads on is read by one read of its size; nothing else is. */
	void (*callee)(bool (*read)(void *ctx, uint64_t addr, void *buf, size_t size), void *ctx,
		       uint64_t return_addr, uint64_t targets_ret[2]);
	/** Go's runtime.asmcgocall calls a function on another stack: what the code behind the
	 *  call, at code[0, size), says of the way back. False: nothing that is known. NULL: of no
	 *  code. */
	bool (*stack_switch)(const uint8_t *code, size_t size, struct arch_stack_switch *ret);

	/* Breakpoints. */

	/** The trap instruction, at most ARCH_MAX_TRAP bytes. */
	const uint8_t *trap;
	size_t trap_size;
	/** How far behind the trap's address the pc of a thread stands that has met it. 0: it is
	 *  exact. */
	size_t trap_advance;
	/** Relocate the instruction in code[0, size) that stands at pc to slot_addr. Registers,
	 *  flags, memory and the next pc are as after the original: a call leaves the original
	 *  return address (but none on a shadow stack). What the CPU itself notes of the pc is not
	 *  (x86-64: rcx after syscall, the address of an x87 instruction). False, *ret untouched:
	 *  it is not decodable, is a trap itself, or cannot be moved there (a relative operand out
	 *  of reach). */
	bool (*relocate)(const uint8_t *code, size_t size, uint64_t pc, uint64_t slot_addr,
			 struct arch_relocation *ret);
	/** A jump from a slot at slot_addr to target. Returns its size. */
	size_t (*jump)(uint64_t slot_addr, uint64_t target, uint8_t ret[ARCH_XOL_SLOT_SIZE]);
	/** Does the function whose code is code[0, size), at pc, before anything else is called,
	 *  call or jump through an entry of a table, the pointer to which lies at a fixed address?
	 *  False: no, *ret is undefined. */
	bool (*dispatch)(const uint8_t *code, size_t size, uint64_t pc, struct arch_dispatch *ret);
	/** Jumps in place of traps (arch/patch.h). NULL: there are none, breakpoints do all. */
	const struct arch_patching *patching;

	/* System calls. */

	/** The system call instruction. */
	const uint8_t *syscall_insn;
	size_t syscall_insn_size;
	/** Make regs call system call nr at insn_addr, where a system call instruction stands. */
	void (*set_syscall)(struct arch_regs *regs, uint64_t insn_addr, long nr,
			    const uint64_t args[6]);
	/** System call number and argument i of a thread in a system call stop, its result at the
	 *  exit. */
	long (*syscall_nr)(const struct arch_regs *regs);
	uint64_t (*syscall_arg)(const struct arch_regs *regs, unsigned i);
	int64_t (*syscall_result)(const struct arch_regs *regs);
	/** Does a thread in a system call stop stand at the entry, rather than at the exit? */
	bool (*is_syscall_entry)(const struct arch_regs *regs);
	/** System calls that make a task: fork, clone and their like. */
	bool (*makes_task)(long nr);
	/** A system call that was broken off with EINTR begins again when the thread goes on.
	 *  False: regs show none. */
	bool (*restart_eintr)(struct arch_regs *regs);
	/** Make the registers of a thread that stands behind a system call those of a thread in
	 *  user mode: when it goes on the kernel does nothing to them any more. What it would begin
	 *  again by itself (ERESTARTSYS and the like) begins again: *is_restarted_ret. False: they
	 *  are in user mode already. */
	bool (*finish_syscall)(struct arch_regs *regs, bool *is_restarted_ret);

	/** regs stand at the entry of a system call: none is made, it returns result. */
	void (*skip_syscall)(struct arch_regs *regs, int64_t result);
	/** regs stand at the entry of a system call: system call nr with arg as its first argument
	 *  is made instead, then the thread goes on at stub, where a copy of redo_stub stands,
	 *  which makes the first one and returns from it as if nothing had been. stack_ret must be
	 *  stored at the stack pointer that regs then have. */
	void (*insert_syscall)(struct arch_regs *regs, long nr, uint64_t arg, uint64_t stub,
			       uint64_t stack_ret[ARCH_REDO_WORDS]);
	const uint8_t *redo_stub;
	size_t redo_stub_size;

	/* Code that runs in the target. */

	/** The orphan-trap handler, as it must stand at addr: a handler of SIGTRAP that lets a
	 *  thread which met one of our traps, when there is no tracer any more, go on in the slot
	 *  of that instruction. A SIGTRAP of any other origin has the default effect. Returns its
	 *  size; *data_ret is the offset of its struct arch_orphan_data, of which action is filled
	 *  in. */
	size_t (*orphan_handler)(uint64_t addr, uint8_t ret[ARCH_ORPHAN_SIZE], size_t *data_ret);

	/** A stub that calls a function of one integer argument (a second one is 0), wherever it
	 *  may stand. Returns its size. A thread runs through it after enter_call(): it takes the
	 *  argument from the first word of its frame, writes the result there, and goes on at the
	 *  pc in the second word with all integer registers, flags and its stack pointer as before
	 *  enter_call(). */
	size_t (*call)(uint64_t function, uint8_t ret[ARCH_CALL_SIZE]);
	/** Make regs run through the stub. Only at the entry of a function, and behind its return:
	 *  vector registers may change. Returns the address of the frame, two words that are to be
	 *  written before. */
	uint64_t (*enter_call)(struct arch_regs *regs, uint64_t stub);
	/** The address of the frame of a thread that has come out of the stub, by its stack
	 *  pointer. A signal handler may overwrite it. */
	uint64_t (*call_frame)(uint64_t sp);

	/** Code, for any place, that makes the system call that is in the registers by then, and
	 *  without anybody's help goes on with the signal mask and at the pc, the registers and the
	 *  flags of regs. Its first instruction is the system call, where set_syscall() can lead.
	 *  It holds serial for whoever comes later. */
	void (*stub)(const struct arch_regs *regs, uint64_t mask, uint64_t serial,
		     uint8_t ret[ARCH_STUB_SIZE]);
};

extern const struct arch arch_x86_64;

/** What to do between two looks in a loop that waits on this host. */
static inline void arch_pause(void)
{
#ifdef __x86_64__
	__builtin_ia32_pause();
#endif
}

/** Is code, trap_size bytes, a trap instruction? */
static inline bool arch_is_trap(const struct arch *arch, const uint8_t *code)
{
	return memcmp(code, arch->trap, arch->trap_size) == 0;
}

/** Where the trap is that a thread has met. */
static inline uint64_t arch_trap_addr(const struct arch *arch, const struct arch_regs *regs)
{
	return arch->pc(regs) - arch->trap_advance;
}

/** The architecture this program runs on. */
static inline const struct arch *arch_host(void)
{
	return &arch_x86_64;
}

#endif
