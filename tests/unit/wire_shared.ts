// SPDX-License-Identifier: GPL-3.0-or-later
#include "wire/shared.h"

#include "test_util.h"

#include <sys/wait.h>
#include <unistd.h>

#define KEY  0x1234u
#define SIZE 64u

static const struct cfi_row row = {.kind = CFI_ROW_NO_CFI};

#suite wire_shared

#tcase shared

#test reserved_and_used_by_two_processes
	struct shared *shared = shared_reserve();
	const struct ring_record *record;
	struct cfi_row got;
	int status;
	pid_t pid;

	ck_assert_ptr_nonnull(shared);
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		struct ring_record *r;

		shared_init(shared);
		shared->stats.num_stops = 17;
		cfi_rows_put(shared->rows, KEY, &row);
		r = ring_reserve(shared->ring, SIZE);
		r->kind = 5;
		ring_commit(shared->ring, r);
		_exit(0);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
	ck_assert_uint_eq(shared->stats.num_stops, 17);
	ck_assert(cfi_rows_get(shared->rows, KEY, &got));
	ck_assert_int_eq(got.kind, CFI_ROW_NO_CFI);
	record = ring_peek(shared->ring, UINT64_MAX);
	ck_assert_ptr_nonnull(record);
	ck_assert_uint_eq(record->kind, 5);
	ring_consume(shared->ring, record);
	ck_assert_ptr_null(ring_peek(shared->ring, UINT64_MAX));
	shared_destroy(shared);

#test trimmed
	struct shared *shared;
	struct ring_record *r;
	unsigned i;

	ck_ok(shared_create(&shared));
	for (i = 0; i < 1000; i++) {
		r = ring_reserve(shared->ring, SIZE);
		r->kind = i;
		ring_commit(shared->ring, r);
		ring_consume(shared->ring, ring_peek(shared->ring, UINT64_MAX));
	}
	shared->stats.num_stops = 18;
	shared->num_planted = 3;
	shared->planted[2].addr = 19;
	shared_trim(shared);
	ck_assert_uint_eq(shared->stats.num_stops, 18);
	ck_assert_uint_eq(shared->num_planted, 3);
	ck_assert_uint_eq(shared->planted[2].addr, 19);
	ck_assert_ptr_null(ring_peek(shared->ring, UINT64_MAX));
	ck_assert_ptr_null(ring_peek(shared->ring, ring_head(shared->ring)));
	shared_destroy(shared);

#test renewed
	struct shared *shared;
	struct ring_record *r;
	struct cfi_row got;
	unsigned i;

	ck_ok(shared_create(&shared));
	for (i = 2; i < 20000; i++)
		cfi_rows_put(shared->rows, i, &row);
	for (i = 0; i < 1000; i++) {
		r = ring_reserve(shared->ring, SIZE);
		r->kind = i;
		ring_commit(shared->ring, r);
		ring_consume(shared->ring, r);
	}
	shared->stats.num_stops = shared->stats.hits[SHARED_MAX_HITS - 1] = 3;
	shared->num_planted = 2;
	shared->planted[1].is_planted = 1;
	shared_trim(shared);
	shared_renew(shared);
	ck_assert_uint_eq(shared->stats.num_stops, 0);
	ck_assert_uint_eq(shared->stats.hits[SHARED_MAX_HITS - 1], 0);
	ck_assert_uint_eq(shared->num_planted, 0);
	ck_assert_uint_eq(shared->planted[1].is_planted, 0);
	ck_assert_uint_eq(shared->rows->num, 0);
	for (i = 2; i < 20000; i++)
		ck_assert(!cfi_rows_get(shared->rows, i, &got));
	ck_assert_uint_eq(ring_head(shared->ring), 0);
	ck_assert_ptr_null(ring_peek(shared->ring, UINT64_MAX));
	shared_destroy(shared);
