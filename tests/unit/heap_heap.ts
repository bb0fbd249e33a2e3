// SPDX-License-Identifier: GPL-3.0-or-later
#include "heap/heap.h"
#include "test_util.h"

#include <stdlib.h>

#define NUM_STACKS 8
#define NUM_SITES  (NUM_STACKS * 4)
#define NUM_ADDRS  400

/** The naive model: every block, and at each new maximum a copy of what every site has. */
struct counts {
	uint64_t bytes;
	uint64_t blocks;
};

struct model {
	struct heap *heap;
	struct block blocks[NUM_ADDRS];
	bool is_live[NUM_ADDRS];
	/** Index by key: stack + NUM_STACKS * (domain + 2 * tid). */
	struct counts live[NUM_SITES];
	struct counts peak[NUM_SITES];
	struct counts total[NUM_SITES];
	struct heap_totals totals;
	uint64_t seq;
};

static uint64_t addr_of(unsigned i)
{
	return 0x10000 + i * 16ull;
}

static uint32_t make_stack(struct heap *heap, uint64_t frame)
{
	uint32_t id;

	ck_ok(stacks_intern(heap_stacks(heap), &frame, 1, 1, 0, &id));
	return id;
}

static struct heap *create(void)
{
	struct heap *heap;
	uint64_t i;

	ck_ok(heap_create(&heap));
	for (i = 0; i < NUM_STACKS; i++)
		ck_assert_uint_eq(make_stack(heap, i + 1), i);
	return heap;
}

static void model_note_peak(struct model *m)
{
	if (m->totals.live_bytes <= m->totals.peak_bytes)
		return;
	m->totals.peak_bytes = m->totals.live_bytes;
	m->totals.peak_blocks = m->totals.live_blocks;
	memcpy(m->peak, m->live, sizeof(m->peak));
}

static void model_out(struct model *m, unsigned i)
{
	m->is_live[i] = false;
	m->live[m->blocks[i].site].bytes -= m->blocks[i].size;
	m->live[m->blocks[i].site].blocks--;
	m->totals.live_bytes -= m->blocks[i].size;
	m->totals.live_blocks--;
}

static void model_in(struct model *m, unsigned i, struct block block)
{
	if (m->is_live[i]) {
		m->totals.replaced++;
		model_out(m, i);
	}
	m->is_live[i] = true;
	m->blocks[i] = block;
	m->live[block.site].bytes += block.size;
	m->live[block.site].blocks++;
	m->totals.live_bytes += block.size;
	m->totals.live_blocks++;
	model_note_peak(m);
}

static void do_alloc(struct model *m, unsigned i, uint64_t size, unsigned key)
{
	ck_ok(heap_alloc(m->heap, addr_of(i), size, key % NUM_STACKS, key / NUM_STACKS % 2,
			 key / NUM_STACKS / 2));
	model_in(m, i, (struct block){addr_of(i), size, key, ++m->seq});
	m->total[key].bytes += size;
	m->total[key].blocks++;
	m->totals.total_bytes += size;
	m->totals.total_blocks++;
}

static void do_free(struct model *m, unsigned i)
{
	ck_assert_int_eq(heap_free(m->heap, addr_of(i)), m->is_live[i]);
	if (m->is_live[i]) {
		model_out(m, i);
		m->totals.frees++;
	} else {
		m->totals.unknown_frees++;
	}
}

// realloc: take, perhaps something between, then either a new block or the old one back.
static void do_realloc(struct model *m, unsigned i, unsigned to, uint64_t size, unsigned key,
		       bool is_failed)
{
	struct block taken, kept = m->blocks[i];

	ck_assert_int_eq(heap_take(m->heap, addr_of(i), &taken), m->is_live[i]);
	if (!m->is_live[i])
		return;
	ck_assert_uint_eq(taken.seq, kept.seq);
	ck_assert_uint_eq(taken.size, kept.size);
	model_out(m, i);
	if (is_failed) {
		ck_ok(heap_put_back(m->heap, &taken));
		model_in(m, i, kept);
	} else {
		do_alloc(m, to, size, key);
	}
}

static void do_clear(struct model *m)
{
	heap_clear(m->heap);
	memset(m->is_live, 0, sizeof(m->is_live));
	memset(m->live, 0, sizeof(m->live));
	memset(m->peak, 0, sizeof(m->peak));
	memset(m->total, 0, sizeof(m->total));
	m->totals = (struct heap_totals){0};
}

static void check_totals(const struct model *m)
{
	struct heap_totals t = heap_totals(m->heap);

	ck_assert_mem_eq(&t, &m->totals, sizeof(t));
	ck_assert_uint_ge(t.peak_bytes, t.live_bytes);
	ck_assert_uint_eq(heap_seq(m->heap), m->seq);
}

static void check_sites(const struct model *m)
{
	struct counts sum = {0, 0};
	uint32_t id;

	for (id = 0; id < heap_num_sites(m->heap); id++) {
		const struct site *site = heap_site(m->heap, id);
		unsigned key = site->stack + NUM_STACKS * (site->domain + 2 * site->tid);
		uint64_t bytes, blocks;

		ck_assert_uint_eq(site->live_bytes, m->live[key].bytes);
		ck_assert_uint_eq(site->live_blocks, m->live[key].blocks);
		ck_assert_uint_eq(site->total_bytes, m->total[key].bytes);
		ck_assert_uint_eq(site->total_blocks, m->total[key].blocks);
		heap_site_at_peak(m->heap, id, &bytes, &blocks);
		ck_assert_uint_eq(bytes, m->peak[key].bytes);
		ck_assert_uint_eq(blocks, m->peak[key].blocks);
		sum.bytes += bytes;
		sum.blocks += blocks;
	}
	ck_assert_uint_eq(sum.bytes, m->totals.peak_bytes);
	ck_assert_uint_eq(sum.blocks, m->totals.peak_blocks);
}

static void random_step(struct model *m, uint64_t *state, unsigned step)
{
	unsigned i = test_random(state) % NUM_ADDRS, to = test_random(state) % NUM_ADDRS;
	unsigned what = test_random(state) % 1000, key = test_random(state) % NUM_SITES;
	uint64_t size = test_random(state) % 1000;
	// Waves, so that old maxima are left and passed again.
	unsigned alloc_share = step / 2000 % 2 ? 200 : 600;

	if (what < alloc_share)
		do_alloc(m, i, size, key);
	else if (what < 800)
		do_free(m, i);
	else if (what < 900)
		do_realloc(m, i, to, size, key, false);
	else if (what < 995)
		do_realloc(m, i, i, size, key, true);
	else if (what < 999) {
		heap_reset_peak(m->heap);
		m->totals.peak_bytes = m->totals.live_bytes;
		m->totals.peak_blocks = m->totals.live_blocks;
		memcpy(m->peak, m->live, sizeof(m->peak));
	} else if (step % 4 == 0)
		do_clear(m);
}

#suite heap_heap

#tcase heap

#test random_against_model
	static struct model m;
	uint64_t state = 99;
	unsigned step;

	m.heap = create();
	for (step = 0; step < 40000; step++) {
		random_step(&m, &state, step);
		check_totals(&m);
		if (step % 10 == 0)
			check_sites(&m);
	}
	ck_assert_uint_eq(heap_num_sites(m.heap), NUM_SITES);
	heap_destroy(m.heap);

#test empty
	struct heap *heap = create();
	struct heap_totals t = heap_totals(heap), zero = {0};
	struct block block;

	ck_assert_mem_eq(&t, &zero, sizeof(t));
	ck_assert_uint_eq(heap_num_sites(heap), 0);
	ck_assert_uint_eq(heap_seq(heap), 0);
	ck_assert(!heap_find(heap, 0x1000, &block));
	heap_destroy(heap);
	heap_destroy(NULL);

#test site_is_stack_domain_and_thread
	struct heap *heap = create();

	ck_ok(heap_alloc(heap, 16, 1, 0, 0, 5));
	ck_ok(heap_alloc(heap, 32, 1, 0, 0, 5));
	ck_assert_uint_eq(heap_num_sites(heap), 1);
	ck_ok(heap_alloc(heap, 48, 1, 0, 0, 6));
	ck_ok(heap_alloc(heap, 64, 1, 0, 1, 5));
	ck_ok(heap_alloc(heap, 80, 1, 1, 0, 5));
	ck_assert_uint_eq(heap_num_sites(heap), 4);
	ck_assert_int_eq(heap_site(heap, 1)->tid, 6);
	ck_assert_uint_eq(heap_site(heap, 2)->domain, 1);
	ck_assert_uint_eq(heap_site(heap, 3)->stack, 1);
	heap_destroy(heap);

#test T6_current_and_peak
	struct heap *heap = create();

	ck_ok(heap_alloc(heap, 16, 1 << 20, 0, 0, 1));
	ck_assert_uint_eq(heap_totals(heap).live_bytes, 1 << 20);
	ck_assert_uint_eq(heap_totals(heap).peak_bytes, 1 << 20);
	ck_assert(heap_free(heap, 16));
	ck_assert_uint_eq(heap_totals(heap).live_bytes, 0);
	ck_assert_uint_eq(heap_totals(heap).peak_bytes, 1 << 20);
	heap_reset_peak(heap);
	ck_assert_uint_eq(heap_totals(heap).peak_bytes, 0);
	ck_ok(heap_alloc(heap, 16, 100, 0, 0, 1));
	ck_assert_uint_eq(heap_totals(heap).peak_bytes, 100);
	heap_clear(heap);
	ck_assert_uint_eq(heap_totals(heap).live_bytes, 0);
	ck_assert_uint_eq(heap_totals(heap).peak_bytes, 0);
	heap_destroy(heap);

#test T7_free_after_clear_is_ignored
	struct heap *heap = create();
	struct block block;

	ck_ok(heap_alloc(heap, 16, 100, 0, 0, 1));
	heap_clear(heap);
	ck_assert(!heap_free(heap, 16));
	ck_assert_uint_eq(heap_totals(heap).live_bytes, 0);
	ck_assert_uint_eq(heap_totals(heap).unknown_frees, 1);
	ck_assert_uint_eq(heap_totals(heap).frees, 0);
	// Site ids stay, sequence numbers go on.
	ck_ok(heap_alloc(heap, 16, 50, 0, 0, 1));
	ck_assert_uint_eq(heap_num_sites(heap), 1);
	ck_assert(heap_find(heap, 16, &block));
	ck_assert_uint_eq(block.seq, 2);
	heap_destroy(heap);

#test T7_failed_realloc_across_clear
	struct heap *heap = create();
	struct block block;

	ck_ok(heap_alloc(heap, 16, 100, 0, 0, 1));
	ck_assert(heap_take(heap, 16, &block));
	heap_clear(heap);
	ck_ok(heap_put_back(heap, &block));
	ck_assert_uint_eq(heap_totals(heap).live_blocks, 0);
	ck_assert_uint_eq(blocks_num(heap_blocks(heap)), 0);
	heap_destroy(heap);

#test E3_unknown_frees
	struct heap *heap = create();

	ck_assert(!heap_free(heap, 0));
	ck_assert_uint_eq(heap_totals(heap).unknown_frees, 0);
	ck_assert(!heap_free(heap, 0x4000));
	ck_assert(!heap_free(heap, 0xffffffffffff0000));
	ck_assert_uint_eq(heap_totals(heap).unknown_frees, 2);
	heap_destroy(heap);

#test E4_replaced_block
	struct heap *heap = create();

	ck_ok(heap_alloc(heap, 16, 100, 0, 0, 1));
	ck_ok(heap_alloc(heap, 16, 30, 1, 0, 1));
	ck_assert_uint_eq(heap_totals(heap).live_bytes, 30);
	ck_assert_uint_eq(heap_totals(heap).live_blocks, 1);
	ck_assert_uint_eq(heap_totals(heap).replaced, 1);
	// The old block was dead when the new one came: both never counted together.
	ck_assert_uint_eq(heap_totals(heap).peak_bytes, 100);
	ck_assert_uint_eq(heap_site(heap, 0)->live_blocks, 0);
	ck_assert_uint_eq(heap_site(heap, 1)->live_bytes, 30);
	heap_destroy(heap);

#test E5_realloc
	struct heap *heap = create();
	struct block block;

	// NULL result: the old trace is unchanged, and no allocation was made.
	ck_ok(heap_alloc(heap, 16, 100, 0, 0, 1));
	ck_assert(heap_take(heap, 16, &block));
	ck_assert_uint_eq(heap_totals(heap).live_blocks, 0);
	ck_ok(heap_put_back(heap, &block));
	ck_assert(heap_find(heap, 16, &block));
	ck_assert_uint_eq(block.seq, 1);
	ck_assert_uint_eq(block.site, 0);
	ck_assert_uint_eq(heap_totals(heap).total_blocks, 1);
	// Same address: size and traceback are replaced.
	ck_assert(heap_take(heap, 16, &block));
	ck_ok(heap_alloc(heap, 16, 200, 1, 0, 1));
	ck_assert_uint_eq(heap_site(heap, 0)->live_blocks, 0);
	ck_assert_uint_eq(heap_site(heap, 1)->live_bytes, 200);
	// Moved.
	ck_assert(heap_take(heap, 16, &block));
	ck_ok(heap_alloc(heap, 64, 300, 1, 0, 1));
	ck_assert(!heap_find(heap, 16, &block));
	ck_assert_uint_eq(heap_totals(heap).live_bytes, 300);
	ck_assert_uint_eq(heap_totals(heap).replaced, 0);
	// Untracked: starts with the full new size, and is no unknown free.
	ck_assert(!heap_take(heap, 128, &block));
	ck_ok(heap_alloc(heap, 128, 7, 0, 0, 1));
	ck_assert_uint_eq(heap_totals(heap).unknown_frees, 0);
	ck_assert_uint_eq(heap_totals(heap).live_bytes, 307);
	ck_assert_uint_eq(heap_totals(heap).frees, 0);
	heap_destroy(heap);

#test E6_zero_size
	struct heap *heap = create();

	ck_ok(heap_alloc(heap, 16, 0, 0, 0, 1));
	ck_assert_uint_eq(heap_totals(heap).live_bytes, 0);
	ck_assert_uint_eq(heap_totals(heap).live_blocks, 1);
	ck_assert_uint_eq(heap_site(heap, 0)->live_blocks, 1);
	ck_assert(heap_free(heap, 16));
	ck_assert_uint_eq(heap_totals(heap).live_blocks, 0);
	heap_destroy(heap);

#test size_beyond_the_limit
	struct heap *heap = create();

	ck_ok(heap_alloc(heap, 16, UINT64_MAX, 0, 0, 1));
	ck_assert_uint_eq(heap_totals(heap).live_bytes, BLOCK_SIZE_MAX);
	ck_assert(heap_free(heap, 16));
	ck_assert_uint_eq(heap_totals(heap).live_bytes, 0);
	heap_destroy(heap);

#test T8_memory_grows_and_falls
	struct heap *heap = create();
	size_t before, during, after, rest;
	unsigned i;

	heap_memory(heap, &before, &rest);
	for (i = 0; i < 10000; i++)
		ck_ok(heap_alloc(heap, addr_of(i), 8, 0, 0, 1));
	heap_memory(heap, &during, &rest);
	heap_clear(heap);
	heap_memory(heap, &after, &rest);
	ck_assert_uint_ge(during, 24 * 10000);
	ck_assert_uint_le(during, 40 * 10000);
	ck_assert_uint_eq(after, before);
	heap_destroy(heap);

#test closed_sites
	struct heap *heap = create();
	struct heap_totals t;
	uint32_t id, num;

	ck_ok(heap_alloc(heap, 16, 1, 0, 0, 7));
	ck_ok(heap_alloc(heap, 32, 2, 0, 0, 7));
	ck_assert(!heap_is_closed(heap));
	ck_ok(heap_close_sites(heap, 1));
	ck_assert(heap_is_closed(heap));
	num = heap_num_sites(heap);
	ck_assert_uint_eq(num, 2);
	// A known one counts as before; another stack, thread or domain is one with all of them.
	ck_ok(heap_alloc(heap, 48, 4, 0, 0, 7));
	ck_ok(heap_alloc(heap, 64, 8, 2, 0, 7));
	ck_ok(heap_alloc(heap, 80, 16, 0, 1, 7));
	ck_ok(heap_alloc(heap, 96, 32, 0, 0, 8));
	ck_assert_uint_eq(heap_num_sites(heap), num);
	ck_assert_uint_eq(heap_site(heap, 0)->live_bytes, 7);
	ck_assert_uint_eq(heap_site(heap, 1)->stack, 1);
	ck_assert_uint_eq(heap_site(heap, 1)->live_bytes, 8 + 16 + 32);
	ck_assert(heap_free(heap, 80));
	ck_assert_uint_eq(heap_site(heap, 1)->live_blocks, 2);
	t = heap_totals(heap);
	ck_assert_uint_eq(t.live_bytes, 1 + 2 + 4 + 8 + 32);
	ck_assert_uint_eq(t.total_bytes, 63);
	// Sites of a loaded snapshot are not of this heap's blocks.
	ck_ok(heap_define_site(heap, 2, 3, 4, &id));
	ck_assert_uint_eq(id, num);
	heap_destroy(heap);

#test limited_blocks
	struct heap *heap = create();
	size_t limit = 100000, memory, rest;
	struct heap_totals t;
	struct err *err;
	uint64_t num;

	heap_limit_blocks(heap, limit);
	for (num = 0; num < 100000; num++) {
		err = heap_alloc(heap, addr_of(num), 8, 0, 0, 1);
		if (err)
			break;
	}
	ck_assert_ptr_eq(err, &err_nomem);
	heap_memory(heap, &memory, &rest);
	ck_assert_uint_le(memory, limit);
	// Not one full shard alone keeps the others from being filled: most of the memory is in use.
	ck_assert_uint_gt(num, 1500);
	heap_count_unrecorded(heap, 8);
	t = heap_totals(heap);
	ck_assert_uint_eq(t.live_blocks, num);
	ck_assert_uint_eq(t.total_blocks, num + 1);
	ck_assert_uint_eq(t.total_bytes, 8 * (num + 1));
	ck_assert_uint_eq(t.unrecorded_blocks, 1);
	ck_assert_uint_eq(t.unrecorded_bytes, 8);
	// What becomes free is of use again, and without a limit there is none.
	ck_assert(heap_free(heap, addr_of(0)));
	heap_limit_blocks(heap, 0);
	for (; num < 10000; num++)
		ck_ok(heap_alloc(heap, addr_of(num), 8, 0, 0, 1));
	heap_destroy(heap);

#test sites_never_move
	struct heap *heap = create();
	const struct site *first;
	int i;

	ck_ok(heap_alloc(heap, 16, 1, 0, 0, 0));
	first = heap_site(heap, 0);
	for (i = 0; i < 20000; i++)
		ck_ok(heap_alloc(heap, 16, 1, 0, 0, i));
	ck_assert_uint_eq(heap_num_sites(heap), 20000);
	ck_assert_ptr_eq(heap_site(heap, 0), first);
	for (i = 0; i < 20000; i++)
		ck_assert_int_eq(heap_site(heap, i)->tid, i);
	heap_destroy(heap);
