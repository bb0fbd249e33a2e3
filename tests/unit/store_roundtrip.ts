// SPDX-License-Identifier: GPL-3.0-or-later
#include "store_fixture.h"

#include <sys/resource.h>
#include <signal.h>

#suite store_roundtrip

#tcase roundtrip

#test D1_load_of_dump_is_equal
	struct store_fixture sf;
	struct store *writer, *reader;
	uint64_t random = 1;
	char *expected[40], name[16];
	unsigned round, i;

	for (round = 0; round < 3; round++) {
		store_fixture_init(&sf);
		ck_ok(store_open_append(sf.path, &writer));
		for (i = 0; i < 40; i++) {
			fixture_work(&sf.f, test_random(&random) % 60, &random);
			fixture_turnover(&sf.f, test_random(&random) % 3, &random);
			if (i == 20)
				heap_clear(sf.f.heap);
			snprintf(name, sizeof(name), "s%u", i);
			expected[i] = store_fixture_append(&sf, writer, name);
		}
		// In any order: a state is read on from another one or from its base.
		ck_ok(store_open_read(sf.path, &reader));
		for (i = 0; i < 80; i++) {
			unsigned which = i < 40 ? i : test_random(&random) % 40;

			snprintf(name, sizeof(name), "s%u", which);
			check_loaded(reader, name, expected[which]);
			check_loaded(writer, name, expected[which]);
		}
		check_loaded(reader, NULL, expected[39]);
		store_close(reader);
		store_close(writer);
		check_stored(sf.path, "s7", expected[7]);
		ck_assert_uint_eq(store_fixture_files(&sf), 1);
		for (i = 0; i < 40; i++)
			free(expected[i]);
		store_fixture_deinit(&sf);
	}

#test several_handles_and_processes_append
	struct store_fixture sf, other;
	struct store *a, *b;
	uint64_t random = 2;
	char *expected[20], name[16];
	unsigned i;

	store_fixture_init(&sf);
	store_fixture_init(&other);
	for (i = 0; i < 20; i++) {
		// a: one handle for all of one heap. b: now and then a new one, of another heap
		// that has stacks in common.
		if (i == 0)
			ck_ok(store_open_append(sf.path, &a));
		if (i % 6 == 1)
			ck_ok(store_open_append(sf.path, &b));
		snprintf(name, sizeof(name), "s%u", i);
		if (i % 2) {
			fixture_work(&other.f, 30, &random);
			expected[i] = store_fixture_append(&other, b, name);
		} else {
			fixture_work(&sf.f, 30, &random);
			expected[i] = store_fixture_append(&sf, a, name);
		}
		if (i % 6 == 5)
			store_close(b);
	}
	store_close(b);
	store_close(a);
	for (i = 0; i < 20; i++) {
		snprintf(name, sizeof(name), "s%u", i);
		check_stored(sf.path, name, expected[i]);
		free(expected[i]);
	}
	store_fixture_deinit(&other);
	store_fixture_deinit(&sf);

#test metadata
	struct store_fixture sf;
	struct store *store;
	struct store_entries list = {0};
	const struct store_entry *e;
	struct snapshot *s, *loaded;
	struct heap *heap;
	const struct store_pair pairs[] = {{"note", "it's \"quoted\"\n\xff"}, {"a", ""}};
	struct store_meta meta = {
		.pid = 4711,
		.exe = "/opt/my prog",
		.command = "my prog --now",
		.host = "here",
		.wall_ns = 1700000000123456789ull,
		.pairs = pairs,
		.num_pairs = 2,
	};
	uint32_t id;

	store_fixture_init(&sf);
	fixture_s1(&sf.f);
	fixture_turnover(&sf.f, 30, &(uint64_t){1});
	ck_ok(heap_free_older(sf.f.heap, 0, 0));
	heap_free(sf.f.heap, 0x99);
	heap_free(sf.f.heap, 0x1010);
	s = fixture_snapshot(&sf.f, "before: 'x'");
	s->nframe = 65535;
	s->time_ns = 123456789012;
	s->start_ns = 5;
	s->is_from_launch = true;
	ck_ok(store_open_append(sf.path, &store));
	ck_ok(store_append(store, s, &sf.source, &meta, &id));
	ck_assert_uint_eq(id, 1);
	meta = (struct store_meta){0};
	ck_ok(store_append(store, s, &sf.source, &meta, &id));
	ck_assert_uint_eq(id, 2);
	store_close(store);

	ck_ok(store_open_read(sf.path, &store));
	ck_ok(store_list(store, &list));
	ck_assert_uint_eq(list.num, 2);
	e = &list.items[0];
	ck_assert_uint_eq(e->id, 1);
	ck_assert_str_eq(e->name, "before: 'x'");
	ck_assert_uint_eq(e->nframe, 65535);
	ck_assert_uint_eq(e->time_ns, 123456789012);
	ck_assert_uint_eq(e->start_ns, 5);
	ck_assert(e->is_from_launch);
	ck_assert_mem_eq(&e->totals, &s->totals, sizeof(s->totals));
	ck_assert_uint_eq(e->totals.unknown_frees, 1);
	ck_assert_uint_eq(e->totals.older_frees, 31);
	ck_assert_uint_gt(e->totals.older_unsized, 0);
	ck_assert_uint_eq(e->totals.peak_bytes, 105);
	ck_assert_uint_eq(e->seq, s->seq);
	ck_assert_uint_eq(e->num_sites, 4);
	ck_assert_uint_eq(e->num_live_stacks, 4);
	ck_assert_int_eq(e->meta.pid, 4711);
	ck_assert_str_eq(e->meta.exe, "/opt/my prog");
	ck_assert_str_eq(e->meta.command, "my prog --now");
	ck_assert_str_eq(e->meta.host, "here");
	ck_assert_uint_eq(e->meta.wall_ns, 1700000000123456789ull);
	ck_assert_uint_eq(e->meta.num_pairs, 2);
	ck_assert_str_eq(e->meta.pairs[0].key, "a");
	ck_assert_str_eq(e->meta.pairs[0].value, "");
	ck_assert_str_eq(e->meta.pairs[1].key, "note");
	ck_assert_str_eq(e->meta.pairs[1].value, "it's \"quoted\"\n\xff");
	// Without metadata it is another session, and the time is that of now.
	ck_assert_uint_ne(list.items[1].session, e->session);
	ck_assert_uint_eq(list.items[1].meta.num_pairs, 0);
	ck_assert_uint_gt(list.items[1].meta.wall_ns, 1700000000123456789ull);
	store_entries_deinit(&list);

	ck_ok(heap_create(&heap));
	ck_ok(store_load(store, "1", heap, sf.archive, &loaded));
	ck_assert_str_eq(loaded->name, "before: 'x'");
	ck_assert_ptr_eq(loaded->heap, heap);
	ck_assert_uint_eq(loaded->nframe, 65535);
	ck_assert_uint_eq(loaded->time_ns, 123456789012);
	ck_assert_uint_eq(loaded->start_ns, 5);
	ck_assert(loaded->is_from_launch);
	ck_assert_mem_eq(&loaded->totals, &s->totals, sizeof(s->totals));
	ck_assert_uint_eq(loaded->num_live_stacks, s->num_live_stacks);
	ck_assert(loaded->seq == SNAPSHOT_NO_SEQ);
	snapshot_destroy(loaded);
	store_close(store);
	heap_destroy(heap);
	snapshot_destroy(s);
	store_fixture_deinit(&sf);

#test D2_without_the_process_source_lines_are_there
	struct store_fixture sf;
	struct store *store;
	struct strtab *strings;
	struct archive *archive;
	struct heap *heap;
	struct snapshot *loaded;
	char *line;

	store_fixture_init(&sf);
	fixture_alloc(&sf.f, 1, 0, 1, 10, "a.c:2 b.c:3 c.c:4|d.c:5");
	ck_ok(store_open_append(sf.path, &store));
	free(store_fixture_append(&sf, store, "s"));
	store_close(store);
	ck_ok(strtab_create(&strings));
	ck_ok(archive_create(strings, &archive));
	ck_ok(heap_create(&heap));
	ck_ok(store_open_read(sf.path, &store));
	ck_ok(store_load(store, NULL, heap, archive, &loaded));
	store_close(store);
	line = archive_read_line(archive, "a.c", 2);
	ck_assert_str_eq(line, "\tline 2 of a.c");
	free(line);
	line = archive_read_line(archive, "d.c", 5);
	ck_assert_str_eq(line, "\tline 5 of d.c");
	free(line);
	ck_assert_ptr_null(archive_read_line(archive, "b.c", 3));
	snapshot_destroy(loaded);
	heap_destroy(heap);
	archive_destroy(archive);
	strtab_destroy(strings);
	store_fixture_deinit(&sf);

#test C10_live_and_loaded_compare
	struct store_fixture sf;
	struct store *store;
	struct snapshot *live, *loaded;
	struct stats_options options = {0};
	struct stats *stats;
	uint64_t random = 3;
	size_t num_sites, i;

	store_fixture_init(&sf);
	fixture_work(&sf.f, 200, &random);
	fixture_turnover(&sf.f, 50, &random);
	live = fixture_snapshot(&sf.f, "live");
	ck_ok(store_open_append(sf.path, &store));
	free(store_fixture_append(&sf, store, "live"));
	// Into the same heap: beside the sites of the process, whose counters stay.
	num_sites = live->num_sites;
	ck_ok(store_load(store, "live", sf.f.heap, sf.archive, &loaded));
	store_close(store);
	ck_assert_uint_eq(loaded->num_sites, num_sites);
	for (i = 1; i < num_sites; i++)
		ck_assert_uint_lt(loaded->sites[i - 1].site, loaded->sites[i].site);
	for (options.key = 0; options.key < NUM_KEYS; options.key++) {
		ck_ok(stats_diff(live, loaded, &options, SORT_DEFAULT, &sf.resolver, &stats));
		ck_assert_uint_gt(stats->num_rows, 0);
		for (i = 0; i < stats->num_rows; i++) {
			ck_assert_int_eq(stats->rows[i].size_diff, 0);
			ck_assert_int_eq(stats->rows[i].count_diff, 0);
		}
		stats_destroy(stats);
	}
	snapshot_destroy(loaded);
	loaded = fixture_snapshot(&sf.f, "live");
	ck_assert_uint_eq(loaded->num_sites, num_sites);
	snapshot_destroy(loaded);
	snapshot_destroy(live);
	store_fixture_deinit(&sf);

#test older_blocks_are_the_same_rows_live_and_loaded
	struct store_fixture sf;
	struct store *store;
	struct snapshot *live[2], *loaded[2];
	struct stats_options options = {.want_all = true};
	uint64_t random = 5;
	unsigned i;

	store_fixture_init(&sf);
	ck_ok(store_open_append(sf.path, &store));
	for (i = 0; i < 2; i++) {
		fixture_work(&sf.f, 30, &random);
		fixture_turnover(&sf.f, 40, &random);
		live[i] = fixture_snapshot(&sf.f, "s");
		free(store_fixture_append(&sf, store, i ? "b" : "a"));
	}
	ck_ok(store_load(store, "a", sf.f.heap, sf.archive, &loaded[0]));
	ck_ok(store_load(store, "b", sf.f.heap, sf.archive, &loaded[1]));
	store_close(store);
	for (options.key = 0; options.key < NUM_KEYS; options.key++) {
		struct stats *of_live, *of_loaded;
		size_t k, num_older = 0;

		ck_ok(stats_diff(live[0], live[1], &options, SORT_DEFAULT, &sf.resolver, &of_live));
		ck_ok(stats_diff(loaded[0], loaded[1], &options, SORT_DEFAULT, &sf.resolver,
				 &of_loaded));
		ck_assert_uint_eq(of_live->num_rows, of_loaded->num_rows);
		ck_assert_int_eq(of_live->total_size_diff, of_loaded->total_size_diff);
		ck_assert_int_eq(of_live->older.blocks, 40);
		ck_assert_mem_eq(&of_live->older, &of_loaded->older, sizeof(of_live->older));
		for (k = 0; k < of_live->num_rows; k++) {
			const struct stat_row *a = &of_live->rows[k], *b = &of_loaded->rows[k];

			ck_assert_str_eq(a->group.label, b->group.label);
			ck_assert_int_eq(a->size, b->size);
			ck_assert_int_eq(a->size_diff, b->size_diff);
			ck_assert_int_eq(a->count_diff, b->count_diff);
			ck_assert_int_eq(a->group.is_older, b->group.is_older);
			num_older += b->group.is_older;
		}
		ck_assert_uint_eq(num_older, 1);
		stats_destroy(of_live);
		stats_destroy(of_loaded);
	}
	for (i = 0; i < 2; i++) {
		snapshot_destroy(live[i]);
		snapshot_destroy(loaded[i]);
	}
	store_fixture_deinit(&sf);

#test a_loaded_snapshot_can_be_stored_again
	struct store_fixture sf;
	struct store *store, *copy;
	struct snapshot *loaded;
	struct store_meta meta = {0};
	char path[160], *expected;
	uint64_t random = 4;

	store_fixture_init(&sf);
	snprintf(path, sizeof(path), "%s/copy.db", sf.dir);
	fixture_work(&sf.f, 200, &random);
	fixture_turnover(&sf.f, 50, &random);
	ck_ok(store_open_append(sf.path, &store));
	expected = store_fixture_append(&sf, store, "first");
	ck_ok(store_load(store, NULL, sf.f.heap, sf.archive, &loaded));
	ck_ok(store_open_append(path, &copy));
	ck_ok(store_append(copy, loaded, &sf.source, &meta, NULL));
	// Into the file it came from it adds values, and nothing that is shared.
	ck_ok(store_append(store, loaded, &sf.source, &meta, NULL));
	store_close(copy);
	store_close(store);
	check_stored(path, "first", expected);
	check_stored(sf.path, "2", expected);
	free(expected);
	snapshot_destroy(loaded);
	store_fixture_deinit(&sf);

#test truncated_and_cut_stacks
	struct store_fixture sf;
	struct store *store;
	uint64_t frames[2];
	uint32_t id[4], i;
	char *expected;

	store_fixture_init(&sf);
	frames[0] = fixture_frame(&sf.f, "a.c:1");
	frames[1] = fixture_frame(&sf.f, "b.c:2");
	ck_ok(stacks_intern(heap_stacks(sf.f.heap), frames, 2, 2, 0, &id[0]));
	ck_ok(stacks_intern(heap_stacks(sf.f.heap), frames, 2, 2, STACK_TRUNCATED, &id[1]));
	ck_ok(stacks_intern(heap_stacks(sf.f.heap), frames, 2, 65535, 0, &id[2]));
	ck_ok(stacks_intern(heap_stacks(sf.f.heap), NULL, 0, 0, STACK_TRUNCATED, &id[3]));
	for (i = 0; i < 4; i++)
		ck_ok(heap_alloc(sf.f.heap, 16 + i, i, id[i], UINT32_MAX - i, -5));
	ck_ok(store_open_append(sf.path, &store));
	expected = store_fixture_append(&sf, store, "s");
	store_close(store);
	check_stored(sf.path, "s", expected);
	free(expected);
	store_fixture_deinit(&sf);

#test only_changes_are_stored
	struct store_fixture sf;
	struct store *store;
	struct store_entries list = {0};
	uint64_t random = 5;
	char *expected[3];

	store_fixture_init(&sf);
	fixture_work(&sf.f, 500, &random);
	ck_ok(store_open_append(sf.path, &store));
	expected[0] = store_fixture_append(&sf, store, "a");
	expected[1] = store_fixture_append(&sf, store, "b");
	fixture_alloc(&sf.f, 1, 0, 1, 10, "new.c:1");
	fixture_alloc(&sf.f, 1, 0, 1, 10, "new.c:2");
	expected[2] = store_fixture_append(&sf, store, "c");
	ck_ok(store_list(store, &list));
	ck_assert_uint_eq(list.num, 3);
	ck_assert_uint_eq(list.items[0].num_rows, list.items[0].num_sites);
	ck_assert_uint_eq(list.items[1].num_rows, 0);
	ck_assert_uint_eq(list.items[2].num_rows, 2);
	store_entries_deinit(&list);
	store_close(store);
	check_stored(sf.path, "a", expected[0]);
	check_stored(sf.path, "b", expected[1]);
	check_stored(sf.path, "c", expected[2]);
	ck_assert_str_eq(expected[0], expected[1]);
	free(expected[0]);
	free(expected[1]);
	free(expected[2]);
	store_fixture_deinit(&sf);

#test which_snapshot_a_name_means
	struct store_fixture sf;
	struct store *store;
	struct store_entries list = {0};
	char *text = NULL;

	store_fixture_init(&sf);
	ck_ok(store_open_append(sf.path, &store));
	ck_err(load_text(store, NULL, &text), ERR_NOT_FOUND, "has no snapshots");
	ck_ok(store_list(store, &list));
	ck_assert_ptr_null(store_find(&list, NULL));
	store_entries_deinit(&list);
	free(store_fixture_append(&sf, store, "x"));
	free(store_fixture_append(&sf, store, "x"));
	free(store_fixture_append(&sf, store, "1"));
	free(store_fixture_append(&sf, store, ""));
	ck_ok(store_list(store, &list));
	ck_assert_uint_eq(store_find(&list, "x")->id, 2);
	ck_assert_uint_eq(store_find(&list, "1")->id, 3);
	ck_assert_uint_eq(store_find(&list, "2")->id, 2);
	ck_assert_uint_eq(store_find(&list, "")->id, 4);
	ck_assert_uint_eq(store_find(&list, NULL)->id, 4);
	ck_assert_ptr_null(store_find(&list, "9"));
	ck_assert_ptr_null(store_find(&list, "2x"));
	ck_assert_ptr_null(store_find(&list, "18446744073709551617"));
	store_entries_deinit(&list);
	ck_err(load_text(store, "y", &text), ERR_NOT_FOUND, "s.db: has no snapshot 'y'");
	store_close(store);
	store_fixture_deinit(&sf);

#test file_and_snapshot_in_one_word
	struct store_fixture sf;
	char word[256], *path, *name;

	store_fixture_init(&sf);
	snprintf(word, sizeof(word), "%s/a:b", sf.dir);
	write_file(word, "", 0);
	ck_ok(store_parse_spec(word, &path, &name));
	ck_assert_str_eq(path, word);
	ck_assert_ptr_null(name);
	free(path);
	strcat(word, ":12:30");
	ck_ok(store_parse_spec(word, &path, &name));
	ck_assert_str_eq(path + strlen(sf.dir), "/a:b");
	ck_assert_str_eq(name, "12:30");
	free(path);
	free(name);
	snprintf(word, sizeof(word), "%s/a:b:", sf.dir);
	ck_ok(store_parse_spec(word, &path, &name));
	ck_assert_str_eq(path + strlen(sf.dir), "/a:b");
	ck_assert_ptr_null(name);
	free(path);
	snprintf(word, sizeof(word), "%s/none:x", sf.dir);
	ck_ok(store_parse_spec(word, &path, &name));
	ck_assert_str_eq(path, word);
	ck_assert_ptr_null(name);
	free(path);
	ck_ok(store_parse_spec("", &path, &name));
	ck_assert_str_eq(path, "");
	ck_assert_ptr_null(name);
	free(path);
	store_fixture_deinit(&sf);

#test names_that_an_URI_would_misread
	struct store_fixture sf;
	struct store *store;
	char *expected;

	store_fixture_init(&sf);
	snprintf(sf.path, sizeof(sf.path), "%s/a?b#c%%20d &\xc3\xa4\xff.db", sf.dir);
	fixture_s1(&sf.f);
	ck_ok(store_open_append(sf.path, &store));
	expected = store_fixture_append(&sf, store, "s");
	store_close(store);
	ck_assert_int_eq(access(sf.path, R_OK), 0);
	check_stored(sf.path, "s", expected);
	ck_assert_uint_eq(store_fixture_files(&sf), 1);
	free(expected);
	store_fixture_deinit(&sf);

#test a_counter_that_is_too_large_is_refused
	struct store_fixture sf;
	struct store *store;
	struct snapshot *s;
	struct store_meta meta = {0};
	char *expected;

	store_fixture_init(&sf);
	fixture_s1(&sf.f);
	ck_ok(store_open_append(sf.path, &store));
	s = fixture_snapshot(&sf.f, "s");
	s->sites[0].total_bytes = UINT64_MAX;
	ck_err(store_append(store, s, &sf.source, &meta, NULL), ERR_OTHER, "too large");
	snapshot_destroy(s);
	s = fixture_snapshot(&sf.f, "s");
	s->totals.total_bytes = UINT64_MAX;
	ck_err(store_append(store, s, &sf.source, &meta, NULL), ERR_OTHER, "too large");
	snapshot_destroy(s);
	expected = store_fixture_append(&sf, store, "good");
	store_close(store);
	check_stored(sf.path, "1", expected);
	free(expected);
	store_fixture_deinit(&sf);

#test full_disk_and_failing_resolver
	struct store_fixture sf;
	struct store *store;
	struct snapshot *s;
	struct store_meta meta = {0};
	struct rlimit limit, old;
	uint64_t random = 6;
	char *expected[2];

	store_fixture_init(&sf);
	fixture_work(&sf.f, 50, &random);
	ck_ok(store_open_append(sf.path, &store));
	expected[0] = store_fixture_append(&sf, store, "a");
	fixture_work(&sf.f, 900, &random);
	s = fixture_snapshot(&sf.f, "b");
	sf.f.is_broken = true;
	ck_err(store_append(store, s, &sf.source, &meta, NULL), ERR_FORMAT, "resolver is broken");
	sf.f.is_broken = false;
	// A file size limit stands for a full disk.
	signal(SIGXFSZ, SIG_IGN);
	ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &old), 0);
	limit = old;
	limit.rlim_cur = 120000;
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
	ck_err(store_append(store, s, &sf.source, &meta, NULL), ERR_OTHER, "s.db: ");
	ck_err(store_append(store, s, &sf.source, &meta, NULL), ERR_OTHER, "s.db: ");
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &old), 0);
	check_loaded(store, NULL, expected[0]);
	expected[1] = store_fixture_append(&sf, store, "b");
	store_close(store);
	check_stored(sf.path, "a", expected[0]);
	check_stored(sf.path, "2", expected[1]);
	free(expected[0]);
	free(expected[1]);
	snapshot_destroy(s);
	store_fixture_deinit(&sf);

#test paths_that_cannot_be_written
	struct store *store;

	ck_err(store_open_append("/nonexistent-directory/s.db", &store), ERR_OTHER,
	       "/nonexistent-directory/s.db: ");
	ck_err(store_open_append("/proc/self/s.db", &store), ERR_OTHER, "/proc/self/s.db: ");
	ck_err(store_open_append("/", &store), ERR_FORMAT, "is a directory");
	ck_err(store_open_append("/dev/full", &store), ERR_FORMAT, "not a regular file");

#test an_empty_file_becomes_a_store
	struct store_fixture sf;
	struct store *store;
	char *expected;

	store_fixture_init(&sf);
	fixture_s1(&sf.f);
	write_file(sf.path, "", 0);
	ck_ok(store_open_append(sf.path, &store));
	expected = store_fixture_append(&sf, store, "s");
	store_close(store);
	check_stored(sf.path, "s", expected);
	free(expected);
	store_fixture_deinit(&sf);

#main-pre
	tcase_set_timeout(tc1_1, 120);
