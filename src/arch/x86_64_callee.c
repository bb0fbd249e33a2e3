// SPDX-License-Identifier: GPL-3.0-or-later
// The function that a call instruction calls, through a stub of the linkage table or not. It runs
// in the target, too: without a C library, and without a decoder.
#include "config.h"

#include "arch/x86_64_callee.h"

#include "base/mem.h"

/** Where `jmp *offset(%rip)` or `call *offset(%rip)` leads to; end is that of the instruction. */
static uint64_t through_memory(bool (*read)(void *ctx, uint64_t addr, void *buf, size_t size),
			       void *ctx, const uint8_t *offset, uint64_t end)
{
	uint64_t target;
	int32_t distance;

	memcpy(&distance, offset, sizeof(distance));
	return read(ctx, end + (uint64_t)(int64_t)distance, &target, sizeof(target)) ? target : 0;
}

void arch_x86_64_callee(bool (*read)(void *ctx, uint64_t addr, void *buf, size_t size), void *ctx,
			uint64_t return_addr, uint64_t targets_ret[2])
{
	static const uint8_t endbr64[] = {0xf3, 0x0f, 0x1e, 0xfa};
	uint8_t call[6], stub[11];
	int32_t distance;
	size_t at = 0;

	targets_ret[0] = targets_ret[1] = 0;
	if (!read(ctx, return_addr - sizeof(call), call, sizeof(call)))
		return;
	if (call[0] == 0xff && call[1] == 0x15) {
		targets_ret[0] = through_memory(read, ctx, call + 2, return_addr);
	} else if (call[1] == 0xe8) {
		memcpy(&distance, call + 2, sizeof(distance));
		targets_ret[0] = return_addr + (uint64_t)(int64_t)distance;
	}
	if (!targets_ret[0] || !read(ctx, targets_ret[0], stub, sizeof(stub)))
		return;
	if (memcmp(stub, endbr64, sizeof(endbr64)) == 0)
		at = sizeof(endbr64);
	at += stub[at] == 0xf2;
	if (stub[at] == 0xff && stub[at + 1] == 0x25)
		targets_ret[1] = through_memory(read, ctx, stub + at + 2, targets_ret[0] + at + 6);
}
