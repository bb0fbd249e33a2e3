// SPDX-License-Identifier: GPL-3.0-or-later
#include "heap/blocks.h"
#include "test_util.h"

#define NUM_ADDRS 3000

static uint64_t addr_of(unsigned i)
{
	return 0x7f0000000000ull + i * 16ull;
}

static struct blocks *create(void)
{
	struct blocks *blocks;

	ck_ok(blocks_create(&blocks));
	return blocks;
}

static bool add(struct blocks *blocks, struct block block, struct block *old)
{
	bool is_replaced = false;

	ck_ok(blocks_add(blocks, &block, &is_replaced, old));
	return is_replaced;
}

static void assert_block(const struct block *a, const struct block *b)
{
	ck_assert_uint_eq(a->addr, b->addr);
	ck_assert_uint_eq(a->size, b->size);
	ck_assert_uint_eq(a->site, b->site);
	ck_assert_uint_eq(a->seq, b->seq);
}

/** What blocks_each() should report, and how much of it was. */
struct seen {
	const struct block *model;
	size_t num;
};

static void see(void *ctx, const struct block *block)
{
	struct seen *seen = ctx;

	assert_block(block, &seen->model[(block->addr - addr_of(0)) / 16]);
	seen->num++;
}

static void assert_memory(const struct blocks *blocks)
{
	if (blocks_num(blocks) >= 1000)
		ck_assert_msg(blocks_memory(blocks) <= 40 * blocks_num(blocks),
			      "%zu bytes for %zu blocks", blocks_memory(blocks), blocks_num(blocks));
}

#suite heap_blocks

#tcase blocks

#test empty
	struct blocks *blocks = create();
	struct block block;

	ck_assert(!blocks_remove(blocks, 16, &block));
	ck_assert(!blocks_find(blocks, 16, &block));
	ck_assert_uint_eq(blocks_num(blocks), 0);
	blocks_destroy(blocks);
	blocks_destroy(NULL);

#test all_bits_come_back
	struct blocks *blocks = create();
	struct block in = {0xffffffffffffull, BLOCK_SIZE_MAX, UINT32_MAX, UINT64_MAX}, out;

	ck_assert(!add(blocks, in, &out));
	ck_assert(blocks_find(blocks, in.addr, &out));
	assert_block(&in, &out);
	ck_assert(!blocks_remove(blocks, in.addr | 1ull << 48, &out));
	ck_assert(blocks_remove(blocks, in.addr, &out));
	assert_block(&in, &out);
	in.size = UINT64_MAX;
	ck_assert(!add(blocks, in, &out));
	ck_assert(blocks_find(blocks, in.addr, &out));
	ck_assert_uint_eq(out.size, BLOCK_SIZE_MAX);
	blocks_destroy(blocks);

#test add_replaces
	struct blocks *blocks = create();
	struct block first = {64, 10, 1, 1}, second = {64, 20, 2, 2}, old;

	ck_assert(!add(blocks, first, &old));
	ck_assert(add(blocks, second, &old));
	assert_block(&old, &first);
	ck_assert_uint_eq(blocks_num(blocks), 1);
	ck_assert(blocks_remove(blocks, 64, &old));
	assert_block(&old, &second);
	blocks_destroy(blocks);

#test find_inside
	struct blocks *blocks = create();
	struct block a = {0x1000, 32, 1, 1}, none = {0x2000, 0, 2, 2}, out;

	add(blocks, a, &out);
	add(blocks, none, &out);
	ck_assert(blocks_find(blocks, 0x1000, &out));
	ck_assert(blocks_find(blocks, 0x101f, &out));
	assert_block(&out, &a);
	ck_assert(!blocks_find(blocks, 0x1020, &out));
	ck_assert(!blocks_find(blocks, 0xfff, &out));
	ck_assert(blocks_find(blocks, 0x2000, &out));
	assert_block(&out, &none);
	ck_assert(!blocks_find(blocks, 0x2001, &out));
	blocks_destroy(blocks);

#test random_against_model
	struct blocks *blocks = create();
	static struct block model[NUM_ADDRS];
	uint64_t state = 1, seq = 0;
	unsigned step, i, num = 0;

	for (step = 0; step < 200000; step++) {
		struct block out, old = {0};

		i = test_random(&state) % NUM_ADDRS;
		if (test_random(&state) % 100 < (step / 20000 % 2 ? 25 : 75)) {
			struct block block = {addr_of(i), test_random(&state) % 5000,
					      (uint32_t)test_random(&state), ++seq};

			ck_assert_int_eq(add(blocks, block, &old), model[i].seq != 0);
			num += model[i].seq == 0;
			if (model[i].seq)
				assert_block(&old, &model[i]);
			model[i] = block;
		} else {
			ck_assert_int_eq(blocks_remove(blocks, addr_of(i), &out),
					 model[i].seq != 0);
			num -= model[i].seq != 0;
			if (model[i].seq)
				assert_block(&out, &model[i]);
			model[i] = (struct block){0};
		}
		ck_assert_uint_eq(blocks_num(blocks), num);
		assert_memory(blocks);
		if (step % 5000 == 0) {
			struct seen seen = {model, 0};

			blocks_each(blocks, see, &seen);
			ck_assert_uint_eq(seen.num, num);
		}
	}
	blocks_clear(blocks);
	ck_assert_uint_eq(blocks_num(blocks), 0);
	ck_assert(!blocks_find(blocks, addr_of(1), &model[0]));
	blocks_destroy(blocks);

#test forty_bytes_a_block
	// On the way up, then on the way down, with addresses as an allocator spaces them.
	struct blocks *blocks = create();
	const unsigned top = 100000;
	struct block out;
	unsigned i;

	for (i = 0; i < top; i++) {
		add(blocks, (struct block){0x555500000000ull + i * 48ull, 32, 1, i + 1}, &out);
		if (i % 7 == 0)
			assert_memory(blocks);
	}
	for (i = 0; i < top; i++) {
		ck_assert(blocks_remove(blocks, 0x555500000000ull + i * 48ull, &out));
		ck_assert_uint_eq(out.seq, i + 1);
		if (i % 7 == 0)
			assert_memory(blocks);
	}
	ck_assert_uint_lt(blocks_memory(blocks), 40000);
	blocks_destroy(blocks);
