// SPDX-License-Identifier: GPL-3.0-or-later
#include "store_fixture.h"

#include "base/clock.h"

#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>

#suite store_wal

#define NUM_SNAPSHOTS 32

/** What parent and child both see. */
struct shared {
	volatile unsigned num_done;
	char texts[NUM_SNAPSHOTS][1 << 18];
};

static struct shared *shared_map(void)
{
	struct shared *shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
				     MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	ck_assert_ptr_ne(shared, MAP_FAILED);
	return shared;
}

static unsigned count_snapshots(struct store *store)
{
	struct store_entries list = {0};
	unsigned num;

	ck_ok(store_list(store, &list));
	num = list.num;
	store_entries_deinit(&list);
	return num;
}

/** Append snapshots 1, 2, ... for ever; tells of each when it is done. The text is there before. */
static void write_for_ever(struct store_fixture *sf, struct shared *shared, uint64_t random)
{
	struct store *store;
	char name[16];
	unsigned i;

	ck_ok(store_open_append(sf->path, &store));
	for (i = shared->num_done; i < NUM_SNAPSHOTS; i++) {
		_cleanup_snapshot_ struct snapshot *s = NULL;
		_cleanup_free_ char *text = NULL;
		struct store_meta meta = {0};

		fixture_work(&sf->f, 20, &random);
		snprintf(name, sizeof(name), "n%u", i + 1);
		s = fixture_snapshot(&sf->f, name);
		text = render_sites(s, &sf->source);
		ck_assert_uint_lt(strlen(text), sizeof(shared->texts[0]));
		strcpy(shared->texts[i], text);
		ck_ok(store_append(store, s, &sf->source, &meta, NULL));
		shared->num_done = i + 1;
	}
	for (;;)
		pause();
}

/** All snapshots that were done are there, and at most one more. Returns how many. */
static unsigned check_done(struct store_fixture *sf, struct shared *shared)
{
	unsigned num, i, num_done = shared->num_done;
	struct store *store;
	char name[16];

	ck_ok(store_open_read(sf->path, &store));
	num = count_snapshots(store);
	ck_assert_uint_ge(num, num_done);
	for (i = 0; i < num; i++) {
		snprintf(name, sizeof(name), "n%u", i + 1);
		check_loaded(store, name, shared->texts[i]);
	}
	store_close(store);
	return num;
}

/** The writer has done so many. */
static void wait_until(pid_t pid, struct shared *shared, unsigned num)
{
	int status;

	while (shared->num_done < num) {
		ck_assert_msg(waitpid(pid, &status, WNOHANG) == 0, "the writer has ended");
		usleep(100);
	}
}

static void wait_for(pid_t pid)
{
	int status;

	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFSIGNALED(status));
}

/** A file that a killed writer left, with its -wal and -shm. */
static void leave_killed(struct store_fixture *sf, struct shared *shared)
{
	pid_t pid = test_fork();

	if (!pid) {
		write_for_ever(sf, shared, 9);
		_exit(1);
	}
	wait_until(pid, shared, 5);
	kill(pid, SIGKILL);
	wait_for(pid);
	ck_assert_uint_eq(store_fixture_files(sf), 3);
}

#tcase wal

#test a_file_that_is_being_written_can_be_read
	struct store_fixture sf;
	struct store *writer, *reader;
	uint64_t random = 1;
	char *expected[3];

	store_fixture_init(&sf);
	ck_ok(store_open_append(sf.path, &writer));
	ck_ok(store_open_read(sf.path, &reader));
	ck_assert_uint_eq(count_snapshots(reader), 0);
	fixture_work(&sf.f, 100, &random);
	expected[0] = store_fixture_append(&sf, writer, "a");
	check_loaded(reader, NULL, expected[0]);
	fixture_work(&sf.f, 100, &random);
	expected[1] = store_fixture_append(&sf, writer, "b");
	check_loaded(reader, NULL, expected[1]);
	check_stored(sf.path, "a", expected[0]);
	fixture_work(&sf.f, 100, &random);
	expected[2] = store_fixture_append(&sf, writer, "c");
	store_close(writer);
	check_loaded(reader, "b", expected[1]);
	check_loaded(reader, "c", expected[2]);
	store_close(reader);
	check_stored(sf.path, "c", expected[2]);
	free(expected[0]);
	free(expected[1]);
	free(expected[2]);
	store_fixture_deinit(&sf);

#test readers_of_another_process
	struct store_fixture sf;
	struct shared *shared = shared_map();
	unsigned num;
	pid_t pid;

	store_fixture_init(&sf);
	pid = test_fork();
	if (!pid) {
		write_for_ever(&sf, shared, 1);
		_exit(1);
	}
	wait_until(pid, shared, 1);
	do {
		ck_assert_int_eq(waitpid(pid, NULL, WNOHANG), 0);
		num = check_done(&sf, shared);
	} while (num < NUM_SNAPSHOTS);
	kill(pid, SIGKILL);
	wait_for(pid);
	ck_assert_uint_eq(check_done(&sf, shared), NUM_SNAPSHOTS);
	store_fixture_deinit(&sf);
	munmap(shared, sizeof(*shared));

#test kill_9_loses_at_most_the_snapshot_being_written
	struct store_fixture sf;
	struct shared *shared = shared_map();
	uint64_t random = 3;
	unsigned round;
	pid_t pid;

	store_fixture_init(&sf);
	for (round = 0; round < 25 && shared->num_done < NUM_SNAPSHOTS - 4; round++) {
		unsigned before = shared->num_done;

		pid = test_fork();
		if (!pid) {
			write_for_ever(&sf, shared, 100 + round);
			_exit(1);
		}
		wait_until(pid, shared, before + 1);
		usleep(test_random(&random) % 4000);
		kill(pid, SIGKILL);
		wait_for(pid);
		shared->num_done = check_done(&sf, shared);
	}
	store_fixture_deinit(&sf);
	munmap(shared, sizeof(*shared));

#test killed_at_any_write
	struct store_fixture sf;
	struct shared *shared = shared_map();
	struct rlimit limit;
	unsigned kilobytes, num;
	pid_t pid;

	// The limit kills the writer, without any chance to tidy up, as soon as a file would grow
	// beyond it.
	for (kilobytes = 1; kilobytes < 400; kilobytes += kilobytes < 110 ? 3 : 17) {
		store_fixture_init(&sf);
		shared->num_done = 0;
		pid = test_fork();
		if (!pid) {
			signal(SIGXFSZ, SIG_DFL);
			limit.rlim_cur = limit.rlim_max = kilobytes * 1024;
			setrlimit(RLIMIT_FSIZE, &limit);
			limit.rlim_cur = limit.rlim_max = 0;
			setrlimit(RLIMIT_CORE, &limit);
			write_for_ever(&sf, shared, 5);
			_exit(1);
		}
		wait_for(pid);
		num = shared->num_done;
		if (num)
			ck_assert_uint_le(check_done(&sf, shared), num + 1);
		// Whatever was left, the next writer goes on with it.
		pid = test_fork();
		if (!pid) {
			write_for_ever(&sf, shared, 6);
			_exit(1);
		}
		wait_until(pid, shared, num + 2);
		kill(pid, SIGKILL);
		wait_for(pid);
		ck_assert_uint_ge(check_done(&sf, shared), num + 2);
		store_fixture_deinit(&sf);
	}
	munmap(shared, sizeof(*shared));

#test a_log_without_its_index
	struct store_fixture sf;
	struct shared *shared = shared_map();
	char wal[160], shm[160];
	char *bytes[4];
	size_t size[4];

	store_fixture_init(&sf);
	leave_killed(&sf, shared);
	snprintf(wal, sizeof(wal), "%s-wal", sf.path);
	snprintf(shm, sizeof(shm), "%s-shm", sf.path);
	// As copied to another machine: file and log. Nothing is created beside them, nothing changed
	// in them.
	ck_assert_int_eq(remove(shm), 0);
	bytes[0] = read_file(sf.path, &size[0]);
	bytes[1] = read_file(wal, &size[1]);
	check_done(&sf, shared);
	ck_assert_uint_eq(store_fixture_files(&sf), 2);
	bytes[2] = read_file(sf.path, &size[2]);
	bytes[3] = read_file(wal, &size[3]);
	ck_assert_uint_eq(size[0], size[2]);
	ck_assert_uint_eq(size[1], size[3]);
	ck_assert(memcmp(bytes[0], bytes[2], size[0]) == 0);
	ck_assert(memcmp(bytes[1], bytes[3], size[1]) == 0);
	free(bytes[0]);
	free(bytes[1]);
	free(bytes[2]);
	free(bytes[3]);
	store_fixture_deinit(&sf);
	munmap(shared, sizeof(*shared));

#test a_file_without_its_log
	struct store_fixture sf;
	struct shared *shared = shared_map();
	struct store *store;
	char wal[160], shm[160];

	store_fixture_init(&sf);
	leave_killed(&sf, shared);
	snprintf(wal, sizeof(wal), "%s-wal", sf.path);
	snprintf(shm, sizeof(shm), "%s-shm", sf.path);
	ck_assert_int_eq(remove(wal), 0);
	ck_assert_int_eq(remove(shm), 0);
	// What was in the log alone is gone; the file is good, and no other appears.
	ck_ok(store_open_read(sf.path, &store));
	ck_assert_uint_le(count_snapshots(store), NUM_SNAPSHOTS);
	store_close(store);
	ck_assert_uint_eq(store_fixture_files(&sf), 1);
	store_fixture_deinit(&sf);
	munmap(shared, sizeof(*shared));

#test hostile_logs
	struct store_fixture sf;
	struct shared *shared = shared_map();
	struct store *store;
	struct err *err;
	char wal[160], shm[160], *text, *bytes, *log;
	size_t size, log_size;
	uint64_t random = 11;
	unsigned i;

	store_fixture_init(&sf);
	leave_killed(&sf, shared);
	snprintf(wal, sizeof(wal), "%s-wal", sf.path);
	snprintf(shm, sizeof(shm), "%s-shm", sf.path);
	bytes = read_file(sf.path, &size);
	log = read_file(wal, &log_size);
	for (i = 0; i < 300; i++) {
		size_t cut = i % 3 ? log_size : test_random(&random) % log_size;
		size_t at = test_random(&random) % log_size;

		log[at] ^= 1 << i % 8;
		write_file(sf.path, bytes, size);
		write_file(wal, log, cut);
		if (i % 2)
			remove(shm);
		err = store_open_read(sf.path, &store);
		text = NULL;
		if (!err) {
			err = load_text(store, "n1", &text);
			store_close(store);
		}
		if (text)
			ck_assert_str_eq(text, shared->texts[0]);
		free(text);
		err_destroy(err);
		log[at] ^= 1 << i % 8;
	}
	free(bytes);
	free(log);
	store_fixture_deinit(&sf);
	munmap(shared, sizeof(*shared));

#test two_processes_append
	struct store_fixture sf;
	struct shared *shared = shared_map();
	struct store *store;
	char name[16], *expected[20];
	uint64_t random = 12;
	unsigned i;
	pid_t pid;

	store_fixture_init(&sf);
	pid = test_fork();
	if (!pid) {
		write_for_ever(&sf, shared, 13);
		_exit(1);
	}
	ck_ok(store_open_append(sf.path, &store));
	for (i = 0; i < 20; i++) {
		fixture_work(&sf.f, 20, &random);
		snprintf(name, sizeof(name), "p%u", i);
		expected[i] = store_fixture_append(&sf, store, name);
	}
	wait_until(pid, shared, NUM_SNAPSHOTS);
	kill(pid, SIGKILL);
	wait_for(pid);
	ck_assert_uint_eq(count_snapshots(store), NUM_SNAPSHOTS + 20);
	for (i = 0; i < 20; i++) {
		snprintf(name, sizeof(name), "p%u", i);
		check_loaded(store, name, expected[i]);
		free(expected[i]);
	}
	for (i = 0; i < NUM_SNAPSHOTS; i++) {
		snprintf(name, sizeof(name), "n%u", i + 1);
		check_loaded(store, name, shared->texts[i]);
	}
	store_close(store);
	ck_assert_uint_eq(store_fixture_files(&sf), 1);
	store_fixture_deinit(&sf);
	munmap(shared, sizeof(*shared));

#test a_file_that_is_locked
	struct store_fixture sf;
	struct store *a, *b;
	char *expected;

	// Handles of one process: closing one must not take away the locks of the other.
	store_fixture_init(&sf);
	fixture_s1(&sf.f);
	ck_ok(store_open_append(sf.path, &a));
	expected = store_fixture_append(&sf, a, "a");
	ck_ok(store_open_append(sf.path, &b));
	free(store_fixture_append(&sf, b, "b"));
	store_close(b);
	ck_assert_uint_eq(store_fixture_files(&sf), 3);
	free(store_fixture_append(&sf, a, "c"));
	check_stored(sf.path, "c", expected);
	store_close(a);
	ck_assert_uint_eq(store_fixture_files(&sf), 1);
	check_stored(sf.path, "b", expected);
	free(expected);
	store_fixture_deinit(&sf);

#main-pre
	tcase_set_timeout(tc1_1, 120);
