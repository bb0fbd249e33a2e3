// SPDX-License-Identifier: GPL-3.0-or-later
#include "heap_fixture.h"

#suite heap_snapshot

#tcase snapshot

#test empty_heap
	struct fixture f;
	struct snapshot *s;

	fixture_init(&f);
	s = fixture_snapshot(&f, "");
	ck_assert_str_eq(s->name, "");
	ck_assert_uint_eq(s->num_sites, 0);
	ck_assert_uint_eq(s->num_live_stacks, 0);
	snapshot_destroy(s);
	snapshot_destroy(NULL);
	fixture_deinit(&f);

#test what_it_holds
	struct fixture f;
	struct snapshot *s;
	char name[] = "before";
	uint64_t gone;
	size_t i;

	fixture_init(&f);
	fixture_s1(&f);
	gone = fixture_alloc(&f, 1, 0, 1, 1000, "gone.c:1");
	// The same stack in another thread: one more site, no more live stack.
	fixture_alloc(&f, 1, 0, 2, 10, "a.py:2 b.py:4");
	ck_assert(heap_free(f.heap, gone));
	s = fixture_snapshot(&f, name);
	name[0] = 'x';
	ck_assert_str_eq(s->name, "before");
	ck_assert_ptr_eq(s->heap, f.heap);
	ck_assert_uint_eq(s->seq, 8);
	ck_assert_uint_eq(s->totals.live_bytes, 30 + 2 + 66 + 7 + 10);
	ck_assert_uint_eq(s->totals.live_blocks, 7);
	ck_assert_uint_eq(s->totals.frees, 1);
	ck_assert_uint_eq(s->num_sites, 6);
	ck_assert_uint_eq(s->num_live_stacks, 4);
	for (i = 0; i < s->num_sites; i++)
		ck_assert_uint_eq(s->sites[i].site, i);
	ck_assert_uint_eq(s->sites[0].live_bytes, 30);
	ck_assert_uint_eq(s->sites[0].live_blocks, 3);
	ck_assert_uint_eq(s->sites[4].live_blocks, 0);
	ck_assert_uint_eq(s->sites[4].total_bytes, 1000);
	ck_assert_uint_eq(s->sites[4].total_blocks, 1);
	snapshot_destroy(s);
	fixture_deinit(&f);

#test T11_immutable
	struct fixture f;
	struct snapshot *s;
	struct snapshot_site first;
	struct heap_totals totals;

	fixture_init(&f);
	fixture_s1(&f);
	s = fixture_snapshot(&f, "s1");
	first = s->sites[0];
	totals = s->totals;
	fixture_free_all(&f);
	fixture_s2(&f);
	heap_clear(f.heap);
	ck_assert_mem_eq(&s->sites[0], &first, sizeof(first));
	ck_assert_mem_eq(&s->totals, &totals, sizeof(totals));
	ck_assert_uint_eq(s->num_sites, 4);
	snapshot_destroy(s);
	fixture_deinit(&f);

#test sites_without_any_counter_are_left_out
	struct fixture f;
	struct snapshot *s;

	fixture_init(&f);
	fixture_s1(&f);
	heap_clear(f.heap);
	fixture_alloc(&f, 1, 2, 1, 66, "b.py:1");
	s = fixture_snapshot(&f, "s1");
	ck_assert_uint_eq(s->num_sites, 1);
	ck_assert_uint_eq(s->sites[0].site, 2);
	ck_assert_uint_eq(s->sites[0].total_blocks, 1);
	snapshot_destroy(s);
	fixture_deinit(&f);
