// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "heap/blocks.h"

#include "base/hmap.h"

#include <sys/mman.h>

#define ADDR_MASK  ((1ull << 48) - 1)
#define SHARD_BITS 6
#define NUM_SHARDS (1u << SHARD_BITS)
/** Slot arrays from this size on are mapped one by one. Freeing one then returns its pages,
 *  whatever malloc does. */
#define MAP_MIN ((size_t)64 << 10)
/** From this size on large pages are worth while. */
#define HUGE_MIN        ((size_t)2 << 20)
#define PAGE_SIZE       4096
#define MALLOC_OVERHEAD 16
#define SHARD_CAP_MIN   4
/** Below this many slots a shard is not worth shrinking. */
#define SHRINK_CAP_MIN 16

/** 48 + 48 + 32 + 64 bits. An empty slot has seq 0. */
struct slot {
	/** Address, and bits [32, 48) of the size above it. */
	uint64_t addr_size;
	/** Low half of the size. */
	uint32_t size_low;
	uint32_t site;
	uint64_t seq;
};

_Static_assert(sizeof(struct slot) == 24, "the promise of 40 bytes a block rests on this");

struct shard {
	struct slot *slots;
	uint32_t cap;
	uint32_t num;
};

struct blocks {
	size_t num;
	/** blocks_limit(); 0: none. */
	size_t limit;
	struct shard shards[NUM_SHARDS];
};

static struct slot slot_pack(const struct block *block)
{
	uint64_t size = block->size > BLOCK_SIZE_MAX ? BLOCK_SIZE_MAX : block->size;

	return (struct slot){
		.addr_size = (block->addr & ADDR_MASK) | (size >> 32) << 48,
		.size_low = (uint32_t)size,
		.site = block->site,
		.seq = block->seq,
	};
}

static uint64_t slot_addr(const struct slot *slot)
{
	return slot->addr_size & ADDR_MASK;
}

static struct block slot_unpack(const struct slot *slot)
{
	return (struct block){
		.addr = slot_addr(slot),
		.size = (slot->addr_size >> 48) << 32 | slot->size_low,
		.site = slot->site,
		.seq = slot->seq,
	};
}

// The high bits of the hash give the shard, and the low half, scaled, gives the place in it. So the
// capacity need not be a power of two.
static uint32_t shard_id(uint64_t hash)
{
	return hash >> (64 - SHARD_BITS);
}

static uint32_t home(const struct shard *shard, uint64_t hash)
{
	return (hash & UINT32_MAX) * shard->cap >> 32;
}

static uint32_t next(const struct shard *shard, uint32_t i)
{
	return i + 1 == shard->cap ? 0 : i + 1;
}

// How many steps forward it is from one place to another, around the end.
static uint32_t distance(const struct shard *shard, uint32_t from, uint32_t to)
{
	return to >= from ? to - from : to + shard->cap - from;
}

static struct slot *slots_alloc(uint32_t cap)
{
	size_t bytes = cap * sizeof(struct slot);
	void *p;

	if (bytes < MAP_MIN)
		return calloc(cap, sizeof(struct slot));
	p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (p == MAP_FAILED)
		return NULL;
	// Every page of it will be used, in no order.
	if (bytes >= HUGE_MIN)
		madvise(p, bytes, MADV_HUGEPAGE);
	return p;
}

static void slots_free(struct slot *slots, uint32_t cap)
{
	size_t bytes = cap * sizeof(struct slot);

	if (bytes < MAP_MIN)
		free(slots);
	else
		munmap(slots, bytes);
}

static size_t slots_memory(uint32_t cap)
{
	size_t bytes = cap * sizeof(struct slot);

	if (!cap)
		return 0;
	return bytes < MAP_MIN ? bytes + MALLOC_OVERHEAD
			       : (bytes + PAGE_SIZE - 1) & ~(size_t)(PAGE_SIZE - 1);
}

/** The slot of addr (below 2^48), or the empty slot for it. The shard must have slots. */
static struct slot *shard_probe(const struct shard *shard, uint64_t hash, uint64_t addr)
{
	uint32_t i = home(shard, hash);

	while (shard->slots[i].seq && slot_addr(&shard->slots[i]) != addr)
		i = next(shard, i);
	return &shard->slots[i];
}

static bool shard_resize(struct shard *shard, uint64_t cap)
{
	struct shard resized = {.cap = (uint32_t)cap, .num = shard->num};
	uint32_t i;

	if (cap > UINT32_MAX)
		return false;
	resized.slots = slots_alloc(resized.cap);
	if (!resized.slots)
		return false;
	for (i = 0; i < shard->cap; i++) {
		const struct slot *slot = &shard->slots[i];
		uint64_t addr = slot_addr(slot);

		if (slot->seq)
			*shard_probe(&resized, hash_u64(addr), addr) = *slot;
	}
	slots_free(shard->slots, shard->cap);
	*shard = resized;
	return true;
}

static bool shard_is_full(const struct shard *shard)
{
	return (shard->num + 1ull) * 10 > shard->cap * 9ull;
}

// When nine tenths are full, the shard grows by a third, and is 0.675 full: 24 / 0.675 = 35.6 bytes
// a block.
static bool shard_grow(struct shard *shard)
{
	return shard_resize(shard, shard->cap ? shard->cap + shard->cap / 3ull + 1 : SHARD_CAP_MIN);
}

// Below 0.64 (37.5 bytes a block) the shard shrinks until it is 0.75 full, from where both ways are
// equally far. Without memory for the smaller array the larger one serves as well.
static void shard_shrink(struct shard *shard)
{
	if (shard->cap <= SHRINK_CAP_MIN || shard->num * 25ull >= shard->cap * 16ull)
		return;
	if (!shard_resize(shard, shard->num * 4ull / 3 + SHARD_CAP_MIN))
		return;
}

// Would growing by a third exceed the limit? Shards that never held anything may grow in any case:
// they are tiny.
static bool is_at_limit(const struct blocks *blocks, const struct shard *shard)
{
	return blocks->limit && shard->cap &&
	       blocks_memory(blocks) + shard->cap / 3 * sizeof(struct slot) > blocks->limit;
}

struct err *blocks_create(struct blocks **ret)
{
	struct blocks *blocks = calloc(1, sizeof(*blocks));

	if (!blocks)
		return &err_nomem;
	*ret = blocks;
	return NULL;
}

void blocks_destroy(struct blocks *blocks)
{
	if (!blocks)
		return;
	blocks_clear(blocks);
	free(blocks);
}

struct err *blocks_add(struct blocks *blocks, const struct block *block, bool *replaced_ret,
		       struct block *old_ret)
{
	uint64_t addr = block->addr & ADDR_MASK, hash = hash_u64(addr);
	struct shard *shard = &blocks->shards[shard_id(hash)];
	struct slot *slot = shard->cap ? shard_probe(shard, hash, addr) : NULL;

	if (slot && slot->seq) {
		*replaced_ret = true;
		*old_ret = slot_unpack(slot);
		*slot = slot_pack(block);
		return NULL;
	}
	if (shard_is_full(shard)) {
		if (is_at_limit(blocks, shard) || !shard_grow(shard))
			return &err_nomem;
		slot = shard_probe(shard, hash, addr);
	}
	*replaced_ret = false;
	*slot = slot_pack(block);
	shard->num++;
	blocks->num++;
	return NULL;
}

bool blocks_remove(struct blocks *blocks, uint64_t addr, struct block *ret)
{
	uint64_t hash = hash_u64(addr);
	struct shard *shard = &blocks->shards[shard_id(hash)];
	uint32_t hole, i;
	struct slot *slot;

	if (!shard->num || addr > ADDR_MASK)
		return false;
	slot = shard_probe(shard, hash, addr);
	if (!slot->seq)
		return false;
	*ret = slot_unpack(slot);
	hole = slot - shard->slots;
	for (i = next(shard, hole); shard->slots[i].seq; i = next(shard, i)) {
		uint32_t at = home(shard, hash_u64(slot_addr(&shard->slots[i])));

		// A slot may move back into the hole unless its home lies behind the hole.
		if (distance(shard, at, i) < distance(shard, hole, i))
			continue;
		shard->slots[hole] = shard->slots[i];
		hole = i;
	}
	shard->slots[hole] = (struct slot){0};
	shard->num--;
	blocks->num--;
	shard_shrink(shard);
	return true;
}

void blocks_prefetch(const struct blocks *blocks, uint64_t addr)
{
	uint64_t hash = hash_u64(addr);
	const struct shard *shard = &blocks->shards[shard_id(hash)];
	const char *slot = (const char *)&shard->slots[home(shard, hash)];

	// The next slots may be in the next line.
	__builtin_prefetch(slot, 1);
	__builtin_prefetch(slot + 64, 1);
}

static bool find_around(const struct blocks *blocks, uint64_t addr, struct block *ret)
{
	uint32_t s, i;

	for (s = 0; s < NUM_SHARDS; s++) {
		const struct shard *shard = &blocks->shards[s];

		for (i = 0; i < shard->cap; i++) {
			struct block block = slot_unpack(&shard->slots[i]);

			if (!block.seq || addr < block.addr || addr - block.addr >= block.size)
				continue;
			*ret = block;
			return true;
		}
	}
	return false;
}

bool blocks_get(const struct blocks *blocks, uint64_t addr, struct block *ret)
{
	uint64_t hash = hash_u64(addr);
	const struct shard *shard = &blocks->shards[shard_id(hash)];
	const struct slot *slot;

	if (!shard->num || addr > ADDR_MASK)
		return false;
	slot = shard_probe(shard, hash, addr);
	if (!slot->seq)
		return false;
	*ret = slot_unpack(slot);
	return true;
}

bool blocks_find(const struct blocks *blocks, uint64_t addr, struct block *ret)
{
	return blocks_get(blocks, addr, ret) || find_around(blocks, addr, ret);
}

void blocks_each(const struct blocks *blocks, void (*fn)(void *ctx, const struct block *block),
		 void *ctx)
{
	uint32_t s, i;

	for (s = 0; s < NUM_SHARDS; s++) {
		const struct shard *shard = &blocks->shards[s];

		for (i = 0; i < shard->cap; i++) {
			struct block block = slot_unpack(&shard->slots[i]);

			if (block.seq)
				fn(ctx, &block);
		}
	}
}

void blocks_clear(struct blocks *blocks)
{
	uint32_t s;

	for (s = 0; s < NUM_SHARDS; s++)
		if (blocks->shards[s].cap)
			slots_free(blocks->shards[s].slots, blocks->shards[s].cap);
	*blocks = (struct blocks){.limit = blocks->limit};
}

void blocks_limit(struct blocks *blocks, size_t memory)
{
	blocks->limit = memory;
}

size_t blocks_num(const struct blocks *blocks)
{
	return blocks->num;
}

size_t blocks_memory(const struct blocks *blocks)
{
	size_t memory = sizeof(*blocks) + MALLOC_OVERHEAD;
	uint32_t s;

	for (s = 0; s < NUM_SHARDS; s++)
		memory += slots_memory(blocks->shards[s].cap);
	return memory;
}
