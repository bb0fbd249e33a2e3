// SPDX-License-Identifier: GPL-3.0-or-later
// Where memory that is gone cannot be survived. The agent has another one, in its doors (arch/).
#include "config.h"

#include "capture/memo.h"

#include "base/mem.h"

static uint64_t word_at(uint64_t addr)
{
	uint64_t word;

	memcpy(&word, (const void *)(uintptr_t)addr, sizeof(word));
	return word;
}

bool memo_verify(uint64_t base, const uint32_t *offsets, const uint64_t *words, size_t num)
{
	uint64_t changed = 0;
	size_t i;

	_Static_assert(MEMO_STEP == 4, "four a turn");
	for (i = 0; i < num && !changed; i += MEMO_STEP)
		changed = (word_at(base + offsets[i]) ^ words[i]) |
			  (word_at(base + offsets[i + 1]) ^ words[i + 1]) |
			  (word_at(base + offsets[i + 2]) ^ words[i + 2]) |
			  (word_at(base + offsets[i + 3]) ^ words[i + 3]);
	return !changed;
}
