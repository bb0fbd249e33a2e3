// SPDX-License-Identifier: GPL-3.0-or-later
/** How a function hands its call on through a table. The code is chromium's and gcc's. */
#include "config.h"

#include "arch/arch.h"
#include "test_util.h"

#define PC 0x10000

#define DISPATCH(bytes, ret) \
	arch_x86_64.dispatch((const uint8_t *)(bytes), sizeof(bytes) - 1, PC, ret)

#test jump_through_a_register
	// push %rbp; mov %rsp,%rbp; mov 0x1000(%rip),%rax; mov 0x38(%rax),%rax; xor %edx,%edx; xor %ecx,%ecx; pop %rbp; jmp *%rax
	struct arch_dispatch d;

	ck_assert(DISPATCH("\x55\x48\x89\xe5\x48\x8b\x05\x00\x10\x00\x00\x48\x8b\x40\x38\x31\xd2\x31\xc9\x5d\xff\xe0", &d));
	ck_assert_uint_eq(d.pointer_addr, PC + 11 + 0x1000);
	ck_assert_int_eq(d.offset, 0x38);
	ck_assert_uint_eq(d.size, 22);
	ck_assert(d.is_jump);

#test jump_through_memory
	// mov -16(%rip),%rax; xor %esi,%esi; jmp *0x8(%rax)
	struct arch_dispatch d;

	ck_assert(DISPATCH("\x48\x8b\x05\xf0\xff\xff\xff\x31\xf6\xff\x60\x08", &d));
	ck_assert_uint_eq(d.pointer_addr, PC + 7 - 16);
	ck_assert_int_eq(d.offset, 8);
	ck_assert_uint_eq(d.size, 12);
	ck_assert(d.is_jump);

#test call
	// push %r14; mov %rdi,%rbx; mov 0x20(%rip),%r14; call *(%r14)
	struct arch_dispatch d;

	ck_assert(DISPATCH("\x41\x56\x48\x89\xfb\x4c\x8b\x35\x20\x00\x00\x00\x41\xff\x16", &d));
	ck_assert_uint_eq(d.pointer_addr, PC + 12 + 0x20);
	ck_assert_int_eq(d.offset, 0);
	ck_assert(!d.is_jump);

#test a_register_that_is_written_holds_something_else
	// mov 0x20(%rip),%rax; mov 0x8(%rax),%rax; xor %eax,%eax; jmp *%rax
	struct arch_dispatch d;

	ck_assert(!DISPATCH("\x48\x8b\x05\x20\x00\x00\x00\x48\x8b\x40\x08\x31\xc0\xff\xe0", &d));

#test other_ways_on
	struct arch_dispatch d;

	// jmp *0x20(%rip): no table, as in a PLT.
	ck_assert(!DISPATCH("\xff\x25\x20\x00\x00\x00", &d));
	// mov 0x20(%rip),%rax; jmp *%rax
	ck_assert(!DISPATCH("\x48\x8b\x05\x20\x00\x00\x00\xff\xe0", &d));
	// mov 0x20(%rip),%rax; jmp *0x8(%rax,%rcx,8)
	ck_assert(!DISPATCH("\x48\x8b\x05\x20\x00\x00\x00\xff\x64\xc8\x08", &d));
	// mov 0x20(%rip),%rax; call +0; jmp *0x8(%rax)
	ck_assert(!DISPATCH("\x48\x8b\x05\x20\x00\x00\x00\xe8\x00\x00\x00\x00\xff\x60\x08", &d));
	// mov 0x20(%rip),%rax; ret
	ck_assert(!DISPATCH("\x48\x8b\x05\x20\x00\x00\x00\xc3", &d));
	// mov %fs:0x8(%rip),%rax; jmp *0x8(%rax)
	ck_assert(!DISPATCH("\x64\x48\x8b\x05\x20\x00\x00\x00\xff\x60\x08", &d));

#test code_that_ends_or_is_none
	struct arch_dispatch d;

	// The code ends in the middle of an instruction, or has none that leads on.
	ck_assert(!DISPATCH("\x48\x8b\x05\x20\x00\x00\x00\xff", &d));
	ck_assert(!DISPATCH("\x06\xff\x60\x08", &d));
	ck_assert(!DISPATCH("\x90\x90\x90\x90\x90\x90\x90\x90\x90\x90\x90\x90\x90\x90\x90\x90\x90\x90\x90\x90\x90\x90\x90\x90\x90\x90"
			    "\x48\x8b\x05\x20\x00\x00\x00\xff\x60\x08", &d));
