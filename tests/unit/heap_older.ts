// SPDX-License-Identifier: GPL-3.0-or-later
/** Blocks from before the tracing: their size classes and the estimate. */
#include "heap/older.h"

#include "heap/heap.h"
#include "test_util.h"

#include <stdlib.h>

/** What older_copy() returned. */
struct moment {
	struct older_class *classes;
	size_t num;
	uint64_t unsized;
};

static struct moment moment_of(const struct older *older, bool is_peak, uint64_t epoch)
{
	struct moment m;
	size_t i;

	ck_ok(older_copy(older, is_peak, epoch, &m.classes, &m.num, &m.unsized));
	for (i = 0; i < m.num; i++) {
		ck_assert_uint_gt(m.classes[i].freed_blocks, 0);
		ck_assert_uint_le(m.classes[i].low, m.classes[i].usable);
		ck_assert_uint_eq(m.classes[i].saved_epoch, 0);
		if (i)
			ck_assert_uint_lt(m.classes[i - 1].usable, m.classes[i].usable);
	}
	return m;
}

static struct moment now(const struct older *older)
{
	return moment_of(older, false, 1);
}

static void check_sum(const struct older_means *means, const struct moment *m, uint64_t blocks,
		      uint64_t unsized, uint64_t size)
{
	struct older_sum sum = older_means_sum(means, m->classes, m->num, m->unsized);

	ck_assert_uint_eq(sum.blocks, blocks);
	ck_assert_uint_eq(sum.unsized, unsized);
	ck_assert_uint_eq(sum.size, size);
}

/** By the means of this moment alone. */
static void check_alone(const struct older *older, uint64_t blocks, uint64_t unsized, uint64_t size)
{
	struct moment m = now(older);
	struct older_means means = {0};

	ck_ok(older_means_add(&means, m.classes, m.num));
	check_sum(&means, &m, blocks, unsized, size);
	older_means_deinit(&means);
	free(m.classes);
}

static void freed(struct older *older, unsigned num, uint64_t usable, uint64_t low)
{
	while (num-- > 0)
		ck_ok(older_freed(older, usable, low, 1));
}

static void traced(struct older *older, unsigned num, uint64_t requested, uint64_t usable,
		   uint64_t low)
{
	while (num-- > 0)
		ck_ok(older_traced(older, requested, usable, low));
}

#suite heap_older

#tcase classes

#test nothing_yet
	struct older older = {0};

	check_alone(&older, 0, 0, 0);
	ck_assert_uint_eq(older_memory(&older), 0);
	older_clear(&older);
	older_deinit(&older);

#test constant_cache_is_exact
	struct older older = {0};

	// Every size that ends in the class of 1016 in turn: the sums stay exact, whatever the ratio.
	for (uint64_t size = 1001; size <= 1016; size++) {
		traced(&older, 2000, size, 1016, 1001);
		freed(&older, 2000, 1016, 1001);
		check_alone(&older, 2000, 0, size * 2000);
		older_clear(&older);
	}
	older_deinit(&older);

#test middle_of_an_untraced_class
	struct older older = {0};

	freed(&older, 10, 1016, 1001);
	// 7.5 less each.
	check_alone(&older, 10, 0, 10160 - 75);
	// An allocator that gives what is asked for.
	freed(&older, 1, 77, 77);
	check_alone(&older, 11, 0, 10160 - 75 + 77);
	// A low that is none.
	freed(&older, 1, 40, 99);
	check_alone(&older, 12, 0, 10160 - 75 + 77 + 40);
	older_deinit(&older);

#test those_that_stay_make_the_mean
	struct older older = {0};
	unsigned i;

	// Scratch of 760 bytes comes and goes, what is kept has 750.
	freed(&older, 100, 760, 745);
	for (i = 0; i < 100; i++) {
		traced(&older, 1, 760, 760, 745);
		older_live_add(&older, 760);
		older_live_subtract(&older, 760);
		traced(&older, 1, 750, 760, 745);
		older_live_add(&older, 750);
	}
	check_alone(&older, 100, 0, 75000);
	// When none is left all that ever were count.
	for (i = 0; i < 100; i++)
		older_live_subtract(&older, 750);
	check_alone(&older, 100, 0, 75500);
	older_deinit(&older);

#test blocks_from_before_their_size_was_known
	struct older older = {0};
	struct older_class *classes;
	uint64_t unsized;
	size_t num;

	freed(&older, 1, 760, 745);
	// Aligned blocks are of other classes, so nothing was known of 745 when this one came.
	older_live_add(&older, 745);
	traced(&older, 1, 760, 760, 745);
	older_live_add(&older, 760);
	traced(&older, 1, 745, 760, 745);
	older_live_subtract(&older, 745);
	older_live_subtract(&older, 745);
	traced(&older, 1, 753, 760, 745);
	older_live_add(&older, 753);
	ck_ok(older_copy(&older, false, 1, &classes, &num, &unsized));
	ck_assert_uint_eq(num, 1);
	ck_assert_uint_eq(classes[0].traced_requested, 760 + 753);
	ck_assert_uint_eq(classes[0].traced_usable, 2 * 760);
	free(classes);
	older_deinit(&older);

#test each_class_has_its_mean
	struct older older = {0};

	traced(&older, 1, 10, 24, 0);
	traced(&older, 1, 20, 24, 0);
	traced(&older, 3, 100, 104, 89);
	freed(&older, 4, 24, 0);
	freed(&older, 5, 104, 89);
	freed(&older, 2, 56, 41);
	check_alone(&older, 11, 0, 4 * 15 + 5 * 100 + 2 * 56 - 15);
	older_deinit(&older);

#test no_size
	struct older older = {0};

	freed(&older, 3, 0, 0);
	freed(&older, 1, BLOCK_SIZE_MAX + 1, 0);
	freed(&older, 1, UINT64_MAX, 0);
	freed(&older, 1, 24, 24);
	check_alone(&older, 6, 5, 24);
	ck_assert_uint_eq(older.num_freed, 6);
	ck_assert_uint_eq(older.num_unsized, 5);
	older_deinit(&older);

#test traced_nonsense_is_ignored
	struct older older = {0};

	traced(&older, 1, 100, 0, 0);
	traced(&older, 1, 100, 99, 0);
	traced(&older, 1, 100, BLOCK_SIZE_MAX + 1, 0);
	freed(&older, 1, 104, 104);
	check_alone(&older, 1, 0, 104);
	older_deinit(&older);

#test sums_fit_a_row
	struct older older = {0};
	struct moment m;

	// 32768 blocks of 2^48 - 1 are 2^63 less 32768: the next one is counted without its size.
	freed(&older, 32769, BLOCK_SIZE_MAX, BLOCK_SIZE_MAX);
	check_alone(&older, 32769, 1, 32768 * BLOCK_SIZE_MAX);
	traced(&older, 40000, BLOCK_SIZE_MAX, BLOCK_SIZE_MAX, 0);
	m = now(&older);
	ck_assert_uint_eq(m.num, 1);
	ck_assert_uint_le(m.classes[0].traced_usable, INT64_MAX);
	ck_assert_uint_eq(m.classes[0].traced_requested, m.classes[0].traced_usable);
	free(m.classes);
	check_alone(&older, 32769, 1, 32768 * BLOCK_SIZE_MAX);
	older_deinit(&older);

#test number_of_classes_is_bounded
	struct older older = {0};
	uint64_t usable, sum = 0, num = 0;

	for (usable = 1; usable < 4 << 20; usable += 3, num++) {
		freed(&older, 1, usable, usable);
		sum += usable;
	}
	ck_assert_uint_le(older.classes.num, (1 << 20) / 8 + 2 * 64 + 1);
	check_alone(&older, num, 0, sum);
	for (usable = BLOCK_SIZE_MAX - 4096; usable < BLOCK_SIZE_MAX; usable++)
		freed(&older, 1, usable, 0);
	ck_assert_uint_le(older.classes.num, (1 << 20) / 8 + 2 * 64 + 1 + 2);
	older_deinit(&older);

#test merged_classes_keep_their_ratio
	struct older older = {0};

	// Both of one class from 1 MiB on.
	traced(&older, 1, 1 << 20, (1 << 20) + 4080, 1 << 20);
	traced(&older, 1, (1 << 20) + 4096, (1 << 20) + 8176, (1 << 20) + 4096);
	freed(&older, 1, (1 << 20) + 4080, 1 << 20);
	freed(&older, 1, (1 << 20) + 8176, (1 << 20) + 4096);
	check_alone(&older, 2, 0, (1 << 21) + 4096);
	older_deinit(&older);

#tcase moments

#test one_mean_for_two_moments
	struct older older = {0};
	struct older_means means = {0};
	struct moment before, after;

	traced(&older, 1, 100, 104, 89);
	freed(&older, 10, 104, 89);
	before = now(&older);
	traced(&older, 1, 90, 104, 89);
	freed(&older, 10, 104, 89);
	after = now(&older);
	// In whichever order they are taken in, what traced more decides.
	ck_ok(older_means_add(&means, after.classes, after.num));
	ck_ok(older_means_add(&means, before.classes, before.num));
	check_sum(&means, &before, 10, 0, 950);
	check_sum(&means, &after, 20, 0, 1900);
	older_means_deinit(&means);
	ck_ok(older_means_add(&means, before.classes, before.num));
	ck_ok(older_means_add(&means, after.classes, after.num));
	check_sum(&means, &before, 10, 0, 950);
	older_means_deinit(&means);
	ck_ok(older_means_add(&means, before.classes, before.num));
	check_sum(&means, &before, 10, 0, 1000);
	older_means_deinit(&means);
	free(before.classes);
	free(after.classes);
	older_deinit(&older);

#test moments_with_different_classes
	struct older first = {0}, second = {0};
	struct older_means means = {0};
	struct moment a, b;

	freed(&first, 1, 24, 24);
	freed(&first, 2, 56, 56);
	freed(&second, 3, 40, 40);
	freed(&second, 4, 56, 56);
	freed(&second, 5, 72, 72);
	freed(&second, 1, 0, 0);
	a = now(&first);
	b = now(&second);
	ck_ok(older_means_add(&means, a.classes, a.num));
	ck_ok(older_means_add(&means, b.classes, b.num));
	ck_assert_uint_eq(means.classes.num, 4);
	check_sum(&means, &a, 3, 0, 24 + 2 * 56);
	check_sum(&means, &b, 13, 1, 3 * 40 + 4 * 56 + 5 * 72);
	older_means_deinit(&means);
	free(a.classes);
	free(b.classes);
	older_deinit(&first);
	older_deinit(&second);

#test a_copy_does_not_change
	struct older older = {0};
	struct older_means means = {0};
	struct moment m;

	freed(&older, 2, 24, 24);
	m = now(&older);
	freed(&older, 3, 24, 24);
	older_clear(&older);
	freed(&older, 1, 99, 99);
	ck_ok(older_means_add(&means, m.classes, m.num));
	check_sum(&means, &m, 2, 0, 48);
	older_means_deinit(&means);
	free(m.classes);
	older_deinit(&older);

#test peak
	struct older older = {0};
	struct older_means means = {0};
	struct moment m;

	ck_ok(older_freed(&older, 24, 24, 1));
	ck_ok(older_freed(&older, 0, 0, 1));
	// A new maximum: what is freed from here on was not freed then.
	ck_ok(older_freed(&older, 24, 24, 2));
	ck_ok(older_freed(&older, 40, 40, 2));
	ck_ok(older_freed(&older, 0, 0, 2));
	m = moment_of(&older, true, 2);
	ck_assert_uint_eq(m.num, 1);
	ck_ok(older_means_add(&means, m.classes, m.num));
	check_sum(&means, &m, 2, 1, 24);
	older_means_deinit(&means);
	free(m.classes);
	// Nothing was freed since the newest one.
	m = moment_of(&older, true, 3);
	ck_ok(older_means_add(&means, m.classes, m.num));
	check_sum(&means, &m, 5, 2, 88);
	older_means_deinit(&means);
	free(m.classes);
	older_deinit(&older);

#tcase heap

#test heap_counts_and_clears
	struct heap *heap;
	struct older_class *classes;
	uint64_t frame = 1, unsized;
	uint32_t stack;
	size_t num, blocks, rest, rest_with;

	ck_ok(heap_create(&heap));
	ck_ok(stacks_intern(heap_stacks(heap), &frame, 1, 1, 0, &stack));
	heap_memory(heap, &blocks, &rest);
	ck_ok(heap_alloc(heap, 16, 100, stack, DOMAIN_MALLOC, 1));
	ck_ok(heap_note_usable(heap, 100, 104, 89));
	ck_ok(heap_free_older(heap, 104, 89));
	ck_ok(heap_free_older(heap, 0, 0));
	ck_assert_uint_eq(heap_totals(heap).older_frees, 2);
	ck_assert_uint_eq(heap_totals(heap).older_unsized, 1);
	ck_assert_uint_eq(heap_totals(heap).live_bytes, 100);
	ck_assert_uint_eq(heap_totals(heap).frees, 0);
	ck_assert_uint_eq(heap_totals(heap).unknown_frees, 0);
	heap_memory(heap, &blocks, &rest_with);
	ck_assert_uint_gt(rest_with, rest);
	// The peak was before both.
	ck_ok(heap_copy_older(heap, true, &classes, &num, &unsized));
	ck_assert_uint_eq(num, 0);
	ck_assert_uint_eq(unsized, 0);
	free(classes);
	ck_ok(heap_copy_older(heap, false, &classes, &num, &unsized));
	ck_assert_uint_eq(num, 1);
	ck_assert_uint_eq(classes[0].traced_requested, 100);
	ck_assert_uint_eq(unsized, 1);
	free(classes);
	heap_reset_peak(heap);
	ck_ok(heap_copy_older(heap, true, &classes, &num, &unsized));
	ck_assert_uint_eq(num, 1);
	free(classes);
	heap_clear(heap);
	ck_assert_uint_eq(heap_totals(heap).older_frees, 0);
	ck_assert_uint_eq(heap_totals(heap).older_unsized, 0);
	ck_ok(heap_copy_older(heap, false, &classes, &num, &unsized));
	ck_assert_uint_eq(num, 0);
	ck_assert_uint_eq(unsized, 0);
	free(classes);
	heap_destroy(heap);
