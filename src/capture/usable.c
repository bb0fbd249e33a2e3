// SPDX-License-Identifier: GPL-3.0-or-later
// glibc and musl keep the size beside the block. Other allocators are asked for the usable size of
// a block, and all that is done here is to tell its class.
#include "config.h"

#include "capture/usable.h"

#include "base/addr.h"
#include "base/mem.h"

/** glibc may map larger requests, then the header tells. The threshold is never set below this by
 *  itself (malloc.c, DEFAULT_MMAP_THRESHOLD_MIN). */
#define GLIBC_FORMULA_MAX (64u << 10)
/** Larger ones are nonsense. */
#define USABLE_MAX (1ull << ADDR_BITS)

static bool read_memory(const struct usable_memory *memory, uint64_t addr, void *buf, size_t size)
{
	return memory->read(memory->ctx, addr, buf, size);
}

/** glibc's malloc.c, "Chunk representation": the word before the block is the size of the chunk,
 *  its lowest bits are PREV_INUSE, IS_MMAPPED and NON_MAIN_ARENA. A chunk lends the first word of
 *  the next one, but not when it is mapped. */
struct event_size usable_of_glibc(const struct usable_memory *memory, uint64_t ptr,
				  const uint64_t *before)
{
	struct event_size none = {0}, ret;
	uint64_t word, chunk;

	if (ptr % 16 || (!before && !read_memory(memory, ptr - 8, &word, sizeof(word))))
		return none;
	if (before)
		word = *before;
	chunk = word & ~7ull;
	if (chunk < 32 || chunk % 16 || chunk > USABLE_MAX)
		return none;
	ret.usable = chunk - (word & 2 ? 16 : 8);
	if (word & 2)
		ret.low = ret.usable > 4095 ? ret.usable - 4095 : 0;
	else
		ret.low = ret.usable == 24 ? 0 : ret.usable - 15;
	return ret;
}

/** request2size() of malloc.c. */
static struct event_size glibc_request(uint64_t size)
{
	uint64_t chunk = (size + 8 + 15) & ~15ull;
	struct event_size ret = {24, 0};

	if (chunk > 32) {
		ret.usable = chunk - 8;
		ret.low = ret.usable - 15;
	}
	return ret;
}

/** Of src/malloc/mallocng/meta.h of musl: get_meta() and get_nominal_size(). */
struct event_size usable_of_musl(const struct usable_memory *memory, uint64_t ptr)
{
	static const uint16_t classes[] = {
		1,    2,    3,    4,    5,    6,    7,    8,    9,    10,   12,   15,
		18,   20,   25,   31,   36,   42,   50,   63,   72,   84,   102,  127,
		146,  170,  204,  255,  292,  340,  409,  511,  584,  682,  818,  1023,
		1169, 1364, 1637, 2047, 2340, 2730, 3276, 4095, 4680, 5460, 6552, 8191,
	};
	struct event_size none = {0};
	uint64_t group, meta, info[5], stride, end, nominal;
	uint32_t reserved, offset;
	uint8_t head[8];

	if (ptr % 16 || !read_memory(memory, ptr - 8, head, sizeof(head)))
		return none;
	offset = head[6] | head[7] << 8;
	if (head[4])
		memcpy(&offset, head, sizeof(offset));
	group = ptr - 16 * (uint64_t)offset - 16;
	// prev, next, mem, two masks, and the word of last_idx:5, freeable:1, sizeclass:6,
	// maplen:52.
	if (!read_memory(memory, group, &meta, sizeof(meta)) ||
	    !read_memory(memory, meta, info, sizeof(info)) || info[2] != group)
		return none;
	if (!(info[4] & 31) && info[4] >> 12)
		stride = (info[4] >> 12) * 4096 - 16;
	else if ((info[4] >> 6 & 63) < sizeof(classes) / sizeof(classes[0]))
		stride = 16ull * classes[info[4] >> 6 & 63];
	else
		return none;
	end = group + 16 + stride * (head[5] & 31) + stride - 4;
	reserved = head[5] >> 5;
	if (reserved >= 5 && !read_memory(memory, end - 4, &reserved, sizeof(reserved)))
		return none;
	nominal = end - reserved - ptr;
	// An empty block: the smallest size that is one.
	return nominal > USABLE_MAX ? none : (struct event_size){nominal ? nominal : 1, nominal};
}

/** jemalloc and mimalloc have four classes for each power of two. */
struct event_size usable_of_class(uint64_t usable)
{
	uint64_t width = 8;

	if (!usable || usable > USABLE_MAX)
		return (struct event_size){0};
	while (width * 8 < usable)
		width *= 2;
	return (struct event_size){usable, usable > width ? usable - width + 1 : 0};
}

bool usable_is_typical(const struct probe *probe, uint64_t size)
{
	bool is_aligned =
		probe->kind == PROBE_ALLOC_OUT ||
		(probe->kind == PROBE_ALLOC && probe->size_arg && probe->factor_arg == ARG_NONE);

	return !is_aligned && !(size >> USABLE_SHIFT);
}

struct event_size usable_of_request(const struct usable_memory *memory, enum usable_kind kind,
				    uint64_t size, uint64_t addr)
{
	switch (kind) {
	case USABLE_GLIBC:
		return size < GLIBC_FORMULA_MAX ? glibc_request(size)
						: usable_of_glibc(memory, addr, NULL);
	case USABLE_MUSL:
		return (struct event_size){size ? size : 1, size};
	default:
		return (struct event_size){0};
	}
}
