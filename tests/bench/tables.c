// SPDX-License-Identifier: GPL-3.0-or-later
/** tables [REPEAT [SNAPSHOTS]]: what snapshots, queries and files cost with 100,000 stacks and
 *  1,000,000 live blocks, and how large a file gets with SNAPSHOTS (1,000) periodic snapshots of
 *  10,000 stacks. One line "NAME MILLISECONDS" for each measurement, REPEAT (3) times, and "NAME
 *  NUMBER" for sizes. Files are made in the current directory; two.msnap with two snapshots is left
 *  there. */
#include "config.h"

#include "base/clock.h"
#include "heap/stats.h"
#include "store/store.h"
#include "synthetic.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define NUM_SNAPSHOTS 10
/** As the console asks for. */
#define MAX_ROWS      1000
#define NUM_STACKS    100000
#define NUM_BLOCKS    1000000
#define SERIES_STACKS 10000
/** Of 100 blocks so many change between two snapshots of the series. */
#define SERIES_CHURN 10

struct bench {
	struct synthetic *program;
	struct snapshot *old_snapshot;
	struct snapshot *new_snapshot;
};

static void tell_ms(const char *what, const char *key, const char *how, uint64_t begin_ns)
{
	printf("%s%s%s %.3f\n", what, key, how, (double)(clock_now_ns() - begin_ns) / NS_PER_MS);
	fflush(stdout);
}

static void tell_number(const char *what, double number)
{
	printf("%s %.3f\n", what, number);
	fflush(stdout);
}

static void take(struct bench *b, const char *name, struct snapshot **ret)
{
	uint64_t begin = clock_now_ns();

	check_ok(snapshot_create(synthetic_heap(b->program), name, ret));
	tell_ms("snapshot", "", "", begin);
	(*ret)->nframe = SYNTHETIC_DEPTH;
	(*ret)->time_ns = clock_now_ns();
}

static void query(struct bench *b, enum group_key key, bool is_cumulative)
{
	const struct stats_options options = {
		.key = key, .is_cumulative = is_cumulative, .max_rows = MAX_ROWS};
	const struct resolver *resolver = synthetic_source(b->program)->resolver;
	const char *how = is_cumulative ? "-cumulative" : "", *name = group_key_names[key];
	uint64_t begin = clock_now_ns();
	struct stats *stats;

	check_ok(stats_snapshot(b->new_snapshot, &options, SORT_DEFAULT, resolver, &stats));
	tell_ms("top-", name, how, begin);
	stats_destroy(stats);
	begin = clock_now_ns();
	check_ok(stats_diff(b->old_snapshot, b->new_snapshot, &options, SORT_DEFAULT, resolver,
			    &stats));
	tell_ms("diff-", name, how, begin);
	stats_destroy(stats);
}

static void query_all(struct bench *b)
{
	int key;

	for (key = 0; key < NUM_KEYS; key++) {
		query(b, key, false);
		if (key != KEY_TRACEBACK && key != KEY_DOMAIN && key != KEY_THREAD)
			query(b, key, true);
	}
}

static void append(struct store *store, struct bench *b, const struct snapshot *snapshot)
{
	const struct store_meta meta = {.exe = "/usr/bin/program", .command = "program"};

	check_ok(store_append(store, snapshot, synthetic_source(b->program), &meta, NULL));
}

static void dump(struct bench *b, const char *what, const struct snapshot *snapshot)
{
	uint64_t begin = clock_now_ns();
	struct store *store;

	check_ok(store_open_append("two.msnap", &store));
	append(store, b, snapshot);
	store_close(store);
	tell_ms(what, "", "", begin);
}

static void load_and_diff(void)
{
	const struct stats_options options = {.key = KEY_LINENO};
	uint64_t begin = clock_now_ns();
	struct snapshot *old_snapshot, *new_snapshot;
	struct archive *archive;
	struct strtab *strings;
	struct store *store;
	struct stats *stats;
	struct heap *heap;

	check_ok(heap_create(&heap));
	check_ok(strtab_create(&strings));
	check_ok(archive_create(strings, &archive));
	check_ok(store_open_read("two.msnap", &store));
	check_ok(store_load(store, "old", heap, archive, &old_snapshot));
	check_ok(store_load(store, "new", heap, archive, &new_snapshot));
	check_ok(stats_diff(old_snapshot, new_snapshot, &options, SORT_DEFAULT,
			    archive_source(archive)->resolver, &stats));
	tell_ms("open-and-diff", "", "", begin);
	stats_destroy(stats);
	snapshot_destroy(old_snapshot);
	snapshot_destroy(new_snapshot);
	store_close(store);
	archive_destroy(archive);
	strtab_destroy(strings);
	heap_destroy(heap);
}

static void measure_files(struct bench *b)
{
	unlink("two.msnap");
	dump(b, "dump-first", b->old_snapshot);
	dump(b, "dump-second", b->new_snapshot);
	load_and_diff();
}

static double megabytes(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 ? (double)st.st_size / 1e6 : -1;
}

/** Periodic snapshots into one file. */
static void measure_series(size_t num_snapshots)
{
	struct bench b = {.program = synthetic_create(SERIES_STACKS)};
	const size_t num_blocks = 10 * (size_t)SERIES_STACKS;
	struct store *store;
	uint64_t begin;
	size_t i;

	synthetic_allocate(b.program, num_blocks);
	unlink("series.msnap");
	check_ok(store_open_append("series.msnap", &store));
	begin = clock_now_ns();
	for (i = 0; i < num_snapshots; i++) {
		struct snapshot *snapshot;
		char name[32];

		snprintf(name, sizeof(name), "e%zu", i + 1);
		check_ok(snapshot_create(synthetic_heap(b.program), name, &snapshot));
		append(store, &b, snapshot);
		snapshot_destroy(snapshot);
		synthetic_churn(b.program, num_blocks * SERIES_CHURN / 100, SERIES_STACKS);
	}
	tell_ms("series", "", "", begin);
	store_close(store);
	tell_number("series-megabytes", megabytes("series.msnap"));
	unlink("series.msnap");
	synthetic_destroy(b.program);
}

int main(int argc, char **argv)
{
	unsigned long repeat = argc > 1 ? strtoul(argv[1], NULL, 10) : 3;
	unsigned long num_snapshots = argc > 2 ? strtoul(argv[2], NULL, 10) : 1000;
	struct bench b = {.program = synthetic_create(NUM_STACKS)};
	size_t blocks_memory, rest, i;

	// One in ten stacks is new in the second snapshot.
	synthetic_allocate(b.program, NUM_BLOCKS);
	heap_memory(synthetic_heap(b.program), &blocks_memory, &rest);
	tell_number("bytes-per-block", (double)blocks_memory / NUM_BLOCKS);
	tell_number("bytes-per-stack", (double)rest / NUM_STACKS);
	take(&b, "old", &b.old_snapshot);
	synthetic_churn(b.program, NUM_BLOCKS / 10, NUM_STACKS);
	for (i = 0; i < NUM_SNAPSHOTS; i++) {
		snapshot_destroy(b.new_snapshot);
		take(&b, "new", &b.new_snapshot);
	}
	for (; repeat > 0; repeat--) {
		query_all(&b);
		measure_files(&b);
	}
	snapshot_destroy(b.old_snapshot);
	snapshot_destroy(b.new_snapshot);
	synthetic_destroy(b.program);
	measure_series(num_snapshots);
	return 0;
}
