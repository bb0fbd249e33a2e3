// SPDX-License-Identifier: GPL-3.0-or-later
// What fails while a file is opened or listed. Linked with --wrap: calls of malloc, calloc, realloc
// and realpath in our own objects come here first.
#include "store_fixture.h"

#include "store/store_internal.h"

#include <errno.h>
#include <signal.h>
#include <sys/resource.h>

void *__real_malloc(size_t size);
void *__real_calloc(size_t num, size_t size);
void *__real_realloc(void *p, size_t size);
char *__real_realpath(const char *path, char *resolved);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t num, size_t size);
void *__wrap_realloc(void *p, size_t size);
char *__wrap_realpath(const char *path, char *resolved);

/** Allocations until one fails, 0: none does. */
static unsigned until_failure;
/** The next realpath() finds nothing: the file comes into being a moment later. */
static bool is_absent;

static bool fails(void)
{
	return until_failure && --until_failure == 0;
}

void *__wrap_malloc(size_t size)
{
	return fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t num, size_t size)
{
	return fails() ? NULL : __real_calloc(num, size);
}

void *__wrap_realloc(void *p, size_t size)
{
	return fails() ? NULL : __real_realloc(p, size);
}

char *__wrap_realpath(const char *path, char *resolved)
{
	if (!is_absent)
		return __real_realpath(path, resolved);
	is_absent = false;
	errno = ENOENT;
	return NULL;
}

/** Descriptors of this process. */
static unsigned num_fds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	unsigned num = 0;

	ck_assert_ptr_nonnull(dir);
	while (readdir(dir))
		num++;
	closedir(dir);
	return num;
}

/** Open for appending and close, with each allocation failing in turn until none does. The file
 *  is a new one each time if is_new, and then seen late if is_late. */
static void check_open(struct store_fixture *sf, bool is_new, bool is_late)
{
	unsigned num = num_fds(), n;
	bool is_failed = true;
	struct store *store;
	struct err *err;

	for (n = 1; is_failed; n++) {
		if (is_new)
			remove(sf->path);
		is_absent = is_late;
		until_failure = n;
		err = store_open_append(sf->path, &store);
		is_failed = !until_failure;
		until_failure = 0;
		ck_assert_msg(!err || err == &err_nomem, "allocation %u: %s", n,
			      err ? err_text(err) : "");
		ck_assert_msg(!err || is_failed, "allocation %u", n);
		if (!err) {
			ck_assert_ptr_nonnull(store->file);
			store_close(store);
		}
		ck_assert_msg(num_fds() == num, "allocation %u: %u descriptors, before %u", n,
			      num_fds(), num);
	}
	ck_assert_uint_gt(n, 3);
	ck_ok(store_open_read(sf->path, &store));
	store_close(store);
	ck_assert_uint_eq(num_fds(), num);
}

/** Texts that get chunks of their own in an arena. */
#define TEXT_SIZE 100000

/** Two snapshots with metadata. */
static void append_two(struct store_fixture *sf, const struct store_pair *pairs, size_t num)
{
	struct store_meta meta = {.exe = "", .command = "", .host = ""};
	struct store *store;
	unsigned i;

	ck_ok(store_open_append(sf->path, &store));
	for (i = 0; i < 2; i++) {
		_cleanup_snapshot_ struct snapshot *s =
			fixture_snapshot(&sf->f, i ? "second" : "first");

		meta.pairs = pairs;
		meta.num_pairs = num;
		ck_ok(store_append(store, s, &sf->source, &meta, NULL));
	}
	store_close(store);
}

static void check_list(const struct store_entries *list, const struct store_pair *pairs,
		       size_t num)
{
	size_t i, k;

	ck_assert_uint_eq(list->num, 2);
	for (i = 0; i < 2; i++) {
		ck_assert_uint_eq(list->items[i].meta.num_pairs, num);
		for (k = 0; k < num; k++) {
			ck_assert_str_eq(list->items[i].meta.pairs[k].key, pairs[k].key);
			ck_assert_str_eq(list->items[i].meta.pairs[k].value, pairs[k].value);
		}
	}
}

#suite store_errors

#tcase errors

#test no_memory_while_a_file_is_opened
	struct store_fixture sf;

	store_fixture_init(&sf);
	check_open(&sf, true, false);
	check_open(&sf, false, false);
	store_fixture_deinit(&sf);

#test a_file_that_comes_into_being_meanwhile
	struct store_fixture sf;

	store_fixture_init(&sf);
	check_open(&sf, true, true);
	check_open(&sf, false, true);
	store_fixture_deinit(&sf);

#test a_late_file_that_cannot_be_written
	struct rlimit before, none;
	struct store_fixture sf;
	struct store *store;
	struct err *err;

	store_fixture_init(&sf);
	signal(SIGXFSZ, SIG_IGN);
	ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &before), 0);
	none = (struct rlimit){0, before.rlim_max};
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &none), 0);
	is_absent = true;
	err = store_open_append(sf.path, &store);
	// Or no message could be written.
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &before), 0);
	ck_err(err, ERR_OTHER, "s.db: cannot be used: File too large");
	ck_assert(!is_absent);
	store_fixture_deinit(&sf);

#test no_memory_while_a_file_is_listed
	static char long_text[TEXT_SIZE];
	const struct store_pair pairs[] = {{"a", long_text}, {"b", ""}, {"c", long_text}};
	struct store_entries list = {0};
	struct store_fixture sf;
	struct store *store;
	bool is_failed = true;
	struct err *err;
	unsigned n;

	memset(long_text, 'x', sizeof(long_text) - 1);
	store_fixture_init(&sf);
	fixture_alloc(&sf.f, 1, 0, 100, 64, "a.c:1@main@/bin/prog");
	append_two(&sf, pairs, 3);
	ck_ok(store_open_read(sf.path, &store));
	for (n = 1; is_failed; n++) {
		until_failure = n;
		err = store_list(store, &list);
		is_failed = !until_failure;
		until_failure = 0;
		// Not a single text is missing unless it says so.
		ck_assert_msg((err == &err_nomem) == is_failed, "allocation %u", n);
		if (!err)
			check_list(&list, pairs, 3);
		store_entries_deinit(&list);
	}
	ck_assert_uint_gt(n, 5);
	store_close(store);
	store_fixture_deinit(&sf);
