// SPDX-License-Identifier: GPL-3.0-or-later
/** Numbers of call-frame information, one after the other, from memory that is read in words. Once
 *  something could not be read everything is 0, and is_bad tells. Private to walk/. */
#ifndef WALK_EH_CURSOR_H
#define WALK_EH_CURSOR_H

#include "walk/eh_frame.h"

struct eh_cursor {
	eh_read *read;
	void *ctx;
	/** The next byte, and where they end. */
	uint64_t at;
	uint64_t end;
	/** The word that was read last, and its address; 1: none was. */
	uint64_t word;
	uint64_t word_addr;
	bool is_bad;
};

static inline uint8_t eh_u8(struct eh_cursor *c)
{
	uint64_t addr = c->at & ~7ull;

	if (c->is_bad || c->at >= c->end) {
		c->is_bad = true;
		return 0;
	}
	if (addr != c->word_addr) {
		c->is_bad = !c->read(c->ctx, addr, &c->word);
		c->word_addr = addr;
		if (c->is_bad)
			return 0;
	}
	return (uint8_t)(c->word >> 8 * (c->at++ & 7));
}

/** Of size bytes, at most 8. */
static inline uint64_t eh_number(struct eh_cursor *c, unsigned size)
{
	uint64_t value = 0;
	unsigned i;

	for (i = 0; i < size; i++)
		value |= (uint64_t)eh_u8(c) << 8 * i;
	return value;
}

static inline int32_t eh_s32(struct eh_cursor *c)
{
	return (int32_t)eh_number(c, 4);
}

static inline uint64_t eh_leb(struct eh_cursor *c, bool is_signed)
{
	uint64_t value = 0;
	unsigned shift = 0;
	uint8_t byte;

	do {
		byte = eh_u8(c);
		if (shift > 56)
			c->is_bad = true;
		value |= (uint64_t)(byte & 0x7f) << (shift & 63);
		shift += 7;
	} while (byte & 0x80 && !c->is_bad);
	if (is_signed && byte & 0x40 && shift < 64)
		value |= ~0ull << shift;
	return value;
}

static inline uint64_t eh_uleb(struct eh_cursor *c)
{
	return eh_leb(c, false);
}

static inline int64_t eh_sleb(struct eh_cursor *c)
{
	return (int64_t)eh_leb(c, true);
}

static inline void eh_skip(struct eh_cursor *c, uint64_t size)
{
	c->is_bad |= c->at > c->end || size > c->end - c->at;
	c->at += size;
}

#endif
