// SPDX-License-Identifier: GPL-3.0-or-later
// runtime.asmcgocall of Go (src/runtime/asm_amd64.s). The places on the new stack differ between
// versions: go 1.19 has 40 and 48, go 1.20 and later 0 and 8.
#include "config.h"

#include "arch/x86_64.h"

#include <string.h>

/** Take "OPCODE disp(%rsp), REG", as it is written with and without a displacement. */
static bool take_from_stack(const uint8_t **at, const uint8_t *end, uint8_t opcode, uint8_t reg,
			    int16_t *ret)
{
	const uint8_t *p = *at;

	if (end - p < 5 || p[0] != 0x48 || p[1] != opcode || p[3] != 0x24)
		return false;
	if (p[2] == (0x04 | reg << 3)) {
		*ret = 0;
		*at += 4;
		return true;
	}
	*ret = (int8_t)p[4];
	*at += 5;
	return p[2] == (0x44 | reg << 3);
}

bool arch_x86_64_stack_switch(const uint8_t *code, size_t size, struct arch_stack_switch *ret)
{
	static const uint8_t set_sp[] = {0x48, 0x89, 0xf4};
	enum {
		SI = 6,
		DI = 7,
		LOAD = 0x8b,
		SUBTRACT = 0x2b
	};
	const uint8_t *at = code, *end = code + size;

	// mov owner(%rsp), %rdi; mov end(%rdi), %rsi; sub place(%rsp), %rsi
	if (take_from_stack(&at, end, LOAD, DI, &ret->owner)) {
		if (end - at < 4 || at[0] != 0x48 || at[1] != LOAD || at[2] != 0x77)
			return false;
		ret->end = (int8_t)at[3];
		ret->has_owner = true;
		at += 4;
		return take_from_stack(&at, end, SUBTRACT, SI, &ret->place);
	}
	// It was on the right stack before: mov place(%rsp), %rsi; mov %rsi, %rsp
	at = code;
	ret->has_owner = false;
	ret->owner = ret->end = 0;
	return take_from_stack(&at, end, LOAD, SI, &ret->place) &&
	       end - at >= (ptrdiff_t)sizeof(set_sp) && memcmp(at, set_sp, sizeof(set_sp)) == 0;
}
