// SPDX-License-Identifier: GPL-3.0-or-later
#include "store_fixture.h"

#include <sqlite3.h>
#include <sys/stat.h>

#suite store_hostile

/** A good file, and its snapshots as text. */
struct good {
	struct store_fixture sf;
	char *bytes;
	size_t size;
	char *texts[3];
};

static const char *const good_names[3] = {"a", "b", "c"};

static void good_init(struct good *g)
{
	uint64_t random = 1;
	struct store *store;
	unsigned i;

	store_fixture_init(&g->sf);
	ck_ok(store_open_append(g->sf.path, &store));
	for (i = 0; i < 3; i++) {
		fixture_work(&g->sf.f, 60, &random);
		fixture_turnover(&g->sf.f, 20, &random);
		g->texts[i] = store_fixture_append(&g->sf, store, good_names[i]);
	}
	store_close(store);
	g->bytes = read_file(g->sf.path, &g->size);
}

static void good_deinit(struct good *g)
{
	unsigned i;

	for (i = 0; i < 3; i++)
		free(g->texts[i]);
	free(g->bytes);
	store_fixture_deinit(&g->sf);
}

/** Open the file and use all of it. What loads must be what was stored. */
static struct err *read_all(struct good *g, const char *path)
{
	struct store_entries list = {0};
	struct store *store;
	struct err *err = store_open_read(path, &store);
	unsigned i;

	if (err)
		return err;
	err = store_list(store, &list);
	store_entries_deinit(&list);
	for (i = 0; i < 3; i++) {
		_cleanup_free_ char *text = NULL;
		struct err *load_err = load_text(store, good_names[i], &text);

		if (!load_err)
			ck_assert_str_eq(text, g->texts[i]);
		if (err)
			err_destroy(load_err);
		else
			err = load_err;
	}
	store_close(store);
	return err;
}

/** As read_all(); moreover nothing may be written. The error, if any, names the file and has one
 *  line. */
static bool is_accepted(struct good *g, const void *bytes, size_t size)
{
	_cleanup_free_ char *after = NULL;
	struct err *err;
	size_t after_size;
	bool is_ok;

	write_file(g->sf.path, bytes, size);
	err = read_all(g, g->sf.path);
	is_ok = !err;
	if (err) {
		ck_assert_msg(strstr(err_text(err), "s.db: ") != NULL, "%s", err_text(err));
		ck_assert_ptr_null(strchr(err_text(err), '\n'));
		ck_assert_msg(err->code == ERR_FORMAT || err->code == ERR_NOT_FOUND, "%s",
			      err_text(err));
	}
	err_destroy(err);
	ck_assert_uint_eq(store_fixture_files(&g->sf), 1);
	after = read_file(g->sf.path, &after_size);
	ck_assert_uint_eq(after_size, size);
	ck_assert(memcmp(after, bytes, size) == 0);
	return is_ok;
}

static void run_sql(const char *path, const char *sql)
{
	sqlite3 *db;
	char *message = NULL;

	ck_assert_int_eq(sqlite3_open(path, &db), SQLITE_OK);
	sqlite3_exec(db, sql, NULL, NULL, &message);
	ck_assert_msg(!message, "%s: %s", sql, message);
	ck_assert_int_eq(sqlite3_close(db), SQLITE_OK);
}

/** The good file, changed by these statements. */
static bool is_accepted_after(struct good *g, const char *sql)
{
	_cleanup_free_ char *bytes = NULL;
	size_t size;

	write_file(g->sf.path, g->bytes, g->size);
	run_sql(g->sf.path, sql);
	bytes = read_file(g->sf.path, &size);
	return is_accepted(g, bytes, size);
}

/** Neither reading nor appending takes the file, nor touches it. */
static void check_refused(struct good *g, const char *text)
{
	_cleanup_free_ char *before = NULL, *after = NULL;
	size_t before_size, after_size;
	struct store *store;

	before = read_file(g->sf.path, &before_size);
	ck_err(store_open_read(g->sf.path, &store), ERR_FORMAT, text);
	if (before_size)
		ck_err(store_open_append(g->sf.path, &store), ERR_FORMAT, text);
	after = read_file(g->sf.path, &after_size);
	ck_assert_uint_eq(before_size, after_size);
	ck_assert(memcmp(before, after, before_size) == 0);
	ck_assert_uint_eq(store_fixture_files(&g->sf), 1);
}

#tcase hostile

#test D3_truncated_at_any_byte
	struct good g;
	size_t size;

	good_init(&g);
	ck_assert(is_accepted(&g, g.bytes, g.size));
	for (size = 0; size < 120; size++)
		ck_assert(!is_accepted(&g, g.bytes, size));
	for (size = 120; size < g.size; size += size < 5000 ? 97 : 811)
		ck_assert_msg(!is_accepted(&g, g.bytes, size), "cut to %zu", size);
	ck_assert(!is_accepted(&g, g.bytes, g.size - 1));
	good_deinit(&g);

#test D3_flipped_bits
	struct good g;
	uint64_t random = 7;
	unsigned i, num_refused = 0;

	good_init(&g);
	for (i = 0; i < 800; i++) {
		size_t at = test_random(&random) % g.size;
		unsigned bit = 1u << test_random(&random) % 8;

		// A flip may hit what nobody reads, but what loads is right.
		g.bytes[at] ^= bit;
		num_refused += !is_accepted(&g, g.bytes, g.size);
		g.bytes[at] ^= bit;
	}
	ck_assert_uint_gt(num_refused, 100);
	good_deinit(&g);

#test overwritten_pages
	struct good g;
	uint64_t random = 8;
	unsigned i;

	good_init(&g);
	for (i = 0; i < 300; i++) {
		_cleanup_free_ char *bytes = malloc(g.size);
		size_t from = test_random(&random) % (g.size / 512) * 512;
		size_t to = test_random(&random) % (g.size / 512) * 512;
		size_t num = 512 * (1 + test_random(&random) % 8), j;

		memcpy(bytes, g.bytes, g.size);
		for (j = 0; j < num && from + j < g.size && to + j < g.size; j++)
			bytes[to + j] = i % 3 ? g.bytes[from + j] : (char)test_random(&random);
		is_accepted(&g, bytes, g.size);
	}
	good_deinit(&g);

#test hostile_values
	static const char *const statements[] = {
		// Counters.
		"UPDATE value SET live_bytes = -1 WHERE id = (SELECT min(id) FROM value)",
		"UPDATE value SET live_blocks = live_blocks - 1000000",
		"UPDATE value SET freed_bytes = -9223372036854775807",
		"UPDATE value SET live_bytes = 9223372036854775807",
		"UPDATE value SET freed_blocks = 9223372036854775807",
		"UPDATE value SET live_bytes = 1.5",
		"UPDATE value SET live_bytes = 'x'",
		"UPDATE value SET live_bytes = x'00'",
		"UPDATE value SET live_bytes = live_bytes + 1 WHERE id ="
		" (SELECT max(id) FROM value)",
		"DELETE FROM value WHERE id = (SELECT max(id) FROM value)",
		"INSERT INTO value SELECT last_value, 1, 1, 1, 1 FROM snapshot WHERE id = 1",
		"UPDATE value SET id = id - 1000",
		// Snapshots.
		"UPDATE snapshot SET base = 0",
		"UPDATE snapshot SET base = id + 1",
		"UPDATE snapshot SET base = 3 - id",
		"UPDATE snapshot SET base = 2 WHERE id = 1",
		"UPDATE snapshot SET base = -1",
		"UPDATE snapshot SET first_value = 0, last_value = 9223372036854775807",
		"UPDATE snapshot SET first_value = -5",
		"UPDATE snapshot SET last_value = -9223372036854775808",
		"UPDATE snapshot SET last_value = first_value - 2",
		"UPDATE snapshot SET checksum = checksum + 1",
		"UPDATE snapshot SET live_bytes = -1",
		"UPDATE snapshot SET peak_blocks = 'x'",
		"UPDATE snapshot SET nframe = 65536",
		"UPDATE snapshot SET time_ns = -1",
		"UPDATE snapshot SET name = x'61'",
		"UPDATE snapshot SET name = 'a' || char(0) || 'b'",
		"UPDATE snapshot SET name = hex(zeroblob(600000))",
		"UPDATE snapshot SET name = hex(zeroblob(3000000))",
		"UPDATE snapshot SET id = 5000000000 WHERE id = 3",
		"UPDATE snapshot SET session = 99",
		"DELETE FROM session",
		"UPDATE session SET pid = 'x'",
		"INSERT INTO snapshot_meta VALUES (99, 'k', 'v')",
		"INSERT INTO snapshot_meta VALUES (0, 'k', 'v')",
		"INSERT INTO snapshot_meta VALUES (1, x'00', 'v')",
		"DELETE FROM snapshot",
		// Older blocks.
		"UPDATE older_class SET freed_blocks = -1",
		"UPDATE older_class SET freed_blocks = 0",
		"UPDATE older_class SET freed_blocks = 9223372036854775807",
		"UPDATE older_class SET freed_blocks = freed_blocks + 1 WHERE usable = 0",
		"UPDATE older_class SET freed_blocks = 1.5",
		"UPDATE older_class SET freed_usable = -1",
		"UPDATE older_class SET freed_usable = 9223372036854775807",
		"UPDATE older_class SET freed_usable = 6000000000000000000 WHERE usable > 0",
		"UPDATE older_class SET freed_usable = 'x'",
		"UPDATE older_class SET freed_usable = freed_usable + 1",
		"UPDATE older_class SET usable = usable + 1",
		"UPDATE older_class SET usable = -usable",
		"UPDATE older_class SET usable = 1 << 49 WHERE usable ="
		" (SELECT max(usable) FROM older_class)",
		"UPDATE older_class SET low = usable + 1",
		"UPDATE older_class SET low = -1",
		"UPDATE older_class SET traced_requested = traced_usable + 1",
		"UPDATE older_class SET traced_requested = -1",
		"UPDATE older_class SET traced_usable = -1",
		"UPDATE older_class SET traced_usable = 0",
		"UPDATE older_class SET traced_usable = 9223372036854775807",
		"UPDATE older_class SET snapshot = snapshot + 100",
		"DELETE FROM older_class",
		"DELETE FROM older_class WHERE usable = 0",
		"INSERT INTO older_class VALUES (1, 3, 3, 1, 3, 0, 0)",
		// Sites.
		"UPDATE site SET stack = 1000000",
		"UPDATE site SET stack = -1",
		"UPDATE site SET stack = 4294967296",
		"UPDATE site SET domain = -1",
		"UPDATE site SET thread = 2147483648",
		"UPDATE site SET id = id + 1000000",
		"DELETE FROM site WHERE id = 3",
		"DELETE FROM site",
		"INSERT INTO site SELECT max(id) + 1, 0, 0, 0 FROM site UNION ALL"
		" SELECT max(id) + 2, 0, 0, 0 FROM site",
		// Stacks.
		"UPDATE stack SET frames = '[]' WHERE id = 2",
		"UPDATE stack SET frames = '[0' WHERE id = 2",
		"UPDATE stack SET frames = '[0,]' WHERE id = 2",
		"UPDATE stack SET frames = '[-1]' WHERE id = 2",
		"UPDATE stack SET frames = '[ 0]' WHERE id = 2",
		"UPDATE stack SET frames = '[0]x' WHERE id = 2",
		"UPDATE stack SET frames = '[0][0]' WHERE id = 2",
		"UPDATE stack SET frames = '[[0]]' WHERE id = 2",
		"UPDATE stack SET frames = '' WHERE id = 2",
		"UPDATE stack SET frames = '[1000000]' WHERE id = 2",
		"UPDATE stack SET frames = '[99999999999999999999999999]' WHERE id = 2",
		"UPDATE stack SET frames = '[0' || replace(hex(zeroblob(500000)), '00', ',0') ||"
		" ']', total_nframe = 65535 WHERE id = 2",
		"UPDATE stack SET frames = '[0' || replace(hex(zeroblob(70000)), '00', ',0') ||"
		" ']', total_nframe = 65535 WHERE id = 2",
		"UPDATE stack SET frames = NULL || '' WHERE 0; UPDATE stack SET frames = 7",
		"UPDATE stack SET frames = (SELECT frames FROM stack WHERE id = 0)",
		"UPDATE stack SET total_nframe = 0",
		"UPDATE stack SET total_nframe = 65536",
		"UPDATE stack SET is_truncated = 2",
		"DELETE FROM stack WHERE id = 0",
		"DELETE FROM stack",
		// Frames.
		"UPDATE frame SET module = 99",
		"UPDATE frame SET module = -1",
		"UPDATE frame SET offset = -1",
		"UPDATE frame SET offset = 1 << 47",
		"UPDATE frame SET offset = offset + 1",
		"DELETE FROM frame WHERE id = 1",
		"DELETE FROM location",
		"DELETE FROM location WHERE frame = 1",
		"UPDATE location SET depth = depth + 100",
		"UPDATE location SET depth = -1 WHERE depth = 0",
		"UPDATE location SET file = 1000000",
		"UPDATE location SET function = -1",
		"UPDATE location SET module = 4294967296",
		"UPDATE location SET line = -1",
		"UPDATE location SET line = 4294967296",
		"UPDATE location SET line = line + 1",
		"UPDATE location SET has_line = 2",
		"UPDATE location SET is_plumbing = 1 - is_plumbing",
		"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000)"
		" INSERT INTO location SELECT 0, i, 1, 1, 1, 1, 0, 0 FROM n WHERE i NOT IN"
		" (SELECT depth FROM location WHERE frame = 0)",
		// Strings and modules.
		"UPDATE string SET text = 'x' WHERE id = 0",
		"UPDATE string SET text = text || 'x' WHERE id > 0",
		"UPDATE string SET text = (SELECT text FROM string WHERE id = 1) WHERE id = 2",
		"UPDATE string SET text = hex(zeroblob(600000)) WHERE id = 1",
		"UPDATE string SET text = char(0) || 'x' WHERE id = 1",
		"UPDATE string SET text = x'6162' WHERE id = 1",
		"UPDATE string SET id = -5 WHERE id = 1",
		"UPDATE string SET id = 9223372036854775807 WHERE id = 1",
		"DELETE FROM string WHERE id = 0",
		"DELETE FROM string",
		"DELETE FROM module",
		"UPDATE module SET path = 1000000",
		"UPDATE module SET path = -1",
		"UPDATE module SET build_id = zeroblob(65)",
		"UPDATE module SET build_id = x'41' WHERE id > 0",
		"UPDATE source_line SET file = -1",
		"UPDATE source_line SET file = 0, line = 1",
		"UPDATE source_line SET line = 4294967296",
		"UPDATE source_line SET text = x'00'",
		"DELETE FROM source_line WHERE id = 0",
	};
	struct good g;
	unsigned i;

	good_init(&g);
	for (i = 0; i < sizeof(statements) / sizeof(*statements); i++)
		ck_assert_msg(!is_accepted_after(&g, statements[i]), "%s", statements[i]);
	good_deinit(&g);

#test numbers_of_older_blocks_have_ranges
	// The checksum would find these, too, but it is no secret.
	static const struct {
		const char *set;
		const char *text;
	} cases[] = {
		{"freed_usable = 6000000000000000000 WHERE usable > 0", "bad older_class.freed_usable"},
		{"freed_blocks = 0", "bad older_class.freed_blocks"},
		{"low = usable + 1", "bad older_class.low"},
		{"traced_requested = traced_usable + 1", "bad older_class.traced_requested"},
		{"freed_usable = 1 WHERE usable = 0", "bad older_class.usable"},
		{"usable = 1 << 49 WHERE snapshot = 1 AND usable ="
		 " (SELECT max(usable) FROM older_class WHERE snapshot = 1)", "bad older_class.usable"},
		{"freed_blocks = 5000000000000000000", "damaged: integer overflow"},
		{"freed_blocks = 'x'", "bad snapshot.older_frees"},
	};
	struct good g;
	unsigned i;

	good_init(&g);
	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		_cleanup_free_ char *sql = NULL;

		ck_assert_int_gt(asprintf(&sql, "UPDATE older_class SET %s", cases[i].set), 0);
		write_file(g.sf.path, g.bytes, g.size);
		run_sql(g.sf.path, sql);
		ck_err(read_all(&g, g.sf.path), ERR_FORMAT, cases[i].text);
	}
	good_deinit(&g);

#test hostile_schema
	static const char *const statements[] = {
		"DROP TABLE meta",
		"DROP TABLE value",
		"DROP TABLE older_class",
		"DROP TABLE older_class; PRAGMA user_version = 1",
		"ALTER TABLE older_class ADD COLUMN more INTEGER",
		"ALTER TABLE site ADD COLUMN more INTEGER",
		"ALTER TABLE site RENAME COLUMN thread TO tid",
		"DROP TABLE site;"
		"CREATE TABLE site (id INTEGER PRIMARY KEY, stack, domain, thread)",
		"DROP TABLE value; CREATE VIEW value AS WITH RECURSIVE n(id) AS (SELECT 1 UNION ALL"
		" SELECT id + 1 FROM n) SELECT id, 1 live_bytes, 1 live_blocks, 1 freed_bytes,"
		" 1 freed_blocks FROM n",
		"DROP TABLE string; CREATE TABLE string (id INTEGER PRIMARY KEY,"
		" text TEXT AS (hex(zeroblob(100000000))))",
		"PRAGMA writable_schema = ON; UPDATE sqlite_master SET rootpage ="
		" (SELECT rootpage FROM sqlite_master WHERE name = 'value') WHERE name = 'stack'",
		"PRAGMA writable_schema = ON; UPDATE sqlite_master SET rootpage = 1"
		" WHERE name = 'site'",
		"PRAGMA writable_schema = ON; UPDATE sqlite_master SET rootpage = 9999999"
		" WHERE name = 'site'",
		"PRAGMA writable_schema = ON; UPDATE sqlite_master SET sql = 'nonsense'"
		" WHERE name = 'site'",
		"PRAGMA writable_schema = ON; DELETE FROM sqlite_master WHERE name = 'site'",
	};
	struct good g;
	unsigned i;

	good_init(&g);
	for (i = 0; i < sizeof(statements) / sizeof(*statements); i++)
		ck_assert_msg(!is_accepted_after(&g, statements[i]), "%s", statements[i]);
	// What a user has added for himself does no harm, nor is it run.
	ck_assert(is_accepted_after(&g, "CREATE TABLE mine (x); CREATE INDEX i ON site (stack);"
					" CREATE VIEW v AS SELECT * FROM no_such_table;"
					" CREATE TRIGGER t AFTER INSERT ON snapshot BEGIN"
					" DELETE FROM value; END; ANALYZE"));
	ck_assert(is_accepted_after(&g, "VACUUM"));
	good_deinit(&g);

#test triggers_of_the_file_are_not_run
	struct good g;
	struct store *store;
	char *expected;

	good_init(&g);
	run_sql(g.sf.path, "CREATE TRIGGER t AFTER INSERT ON snapshot BEGIN"
			   " DELETE FROM value; END");
	ck_ok(store_open_append(g.sf.path, &store));
	expected = store_fixture_append(&g.sf, store, "d");
	store_close(store);
	check_stored(g.sf.path, "d", expected);
	check_stored(g.sf.path, "a", g.texts[0]);
	free(expected);
	good_deinit(&g);

#test other_files
	struct good g;
	struct store *store;
	char path[160];

	good_init(&g);
	write_file(g.sf.path, "", 0);
	check_refused(&g, "s.db: is empty");
	write_file(g.sf.path, "hello\n", 6);
	check_refused(&g, "s.db: is not a snapshot file");
	memset(g.bytes, 'x', g.size);
	write_file(g.sf.path, g.bytes, g.size);
	check_refused(&g, "s.db: is not a snapshot file");
	ck_assert_int_eq(remove(g.sf.path), 0);
	run_sql(g.sf.path, "CREATE TABLE snapshot (id)");
	check_refused(&g, "SQLite file of another application");
	run_sql(g.sf.path, "PRAGMA application_id = 0x4d53434f; PRAGMA user_version = 1");
	check_refused(&g, "s.db: ");

	ck_err(store_open_read(g.sf.dir, &store), ERR_FORMAT, "is a directory");
	snprintf(path, sizeof(path), "%s/fifo", g.sf.dir);
	ck_assert_int_eq(mkfifo(path, 0600), 0);
	ck_err(store_open_read(path, &store), ERR_FORMAT, "is not a regular file");
	ck_err(store_open_read("/dev/zero", &store), ERR_FORMAT, "is not a regular file");
	ck_err(store_open_read("/nonexistent", &store), ERR_NOT_FOUND,
	       "/nonexistent: no such file");
	ck_err(store_open_read("", &store), ERR_NOT_FOUND, "no such file");
	good_deinit(&g);

#test other_versions
	struct good g;

	good_init(&g);
	run_sql(g.sf.path, "PRAGMA user_version = 3");
	check_refused(&g, "s.db: is of format version 3, of a newer malloscope; this malloscope "
			  "reads versions 1 to 2");
	run_sql(g.sf.path, "PRAGMA user_version = -1");
	check_refused(&g, "s.db: is of format version 4294967295");
	run_sql(g.sf.path, "PRAGMA user_version = 0");
	check_refused(&g, "s.db: is of format version 0; this malloscope reads versions 1 to 2");
	run_sql(g.sf.path, "PRAGMA user_version = 1; PRAGMA application_id = 1");
	check_refused(&g, "SQLite file of another application");
	good_deinit(&g);

#test files_of_version_1
	static const char downgrade[] = "DROP TABLE older_class; UPDATE meta SET value ="
					" 'malloscope snapshots 1' WHERE key = 'format';"
					" PRAGMA user_version = 1";
	struct store_fixture sf;
	struct store *store, *reader;
	struct store_entries list;
	char *expected[2];
	uint64_t random = 1;

	store_fixture_init(&sf);
	fixture_work(&sf.f, 60, &random);
	ck_ok(store_open_append(sf.path, &store));
	expected[0] = store_fixture_append(&sf, store, "a");
	store_close(store);
	run_sql(sf.path, downgrade);
	// It is read as it is.
	check_stored(sf.path, "a", expected[0]);
	ck_ok(store_open_read(sf.path, &reader));
	ck_ok(store_list(reader, &list));
	ck_assert_uint_eq(list.num, 1);
	ck_assert_uint_eq(list.items[0].totals.older_frees, 0);
	store_entries_deinit(&list);
	store_close(reader);
	// A writer brings it to version 2.
	fixture_turnover(&sf.f, 10, &random);
	ck_ok(store_open_append(sf.path, &store));
	expected[1] = store_fixture_append(&sf, store, "b");
	ck_ok(store_open_read(sf.path, &reader));
	check_loaded(reader, "a", expected[0]);
	check_loaded(reader, "b", expected[1]);
	store_close(reader);
	store_close(store);
	check_stored(sf.path, "a", expected[0]);
	check_stored(sf.path, "b", expected[1]);
	run_sql(sf.path, "SELECT 1 / (count(*) = 1) FROM meta WHERE value = 'malloscope snapshots 2'");
	free(expected[0]);
	free(expected[1]);
	store_fixture_deinit(&sf);

#test a_reader_sees_the_file_become_version_2
	struct store_fixture sf;
	struct store *store, *reader;
	char *expected[2];
	uint64_t random = 1;

	store_fixture_init(&sf);
	fixture_work(&sf.f, 60, &random);
	ck_ok(store_open_append(sf.path, &store));
	expected[0] = store_fixture_append(&sf, store, "a");
	store_close(store);
	run_sql(sf.path, "DROP TABLE older_class; PRAGMA user_version = 1");
	ck_ok(store_open_read(sf.path, &reader));
	check_loaded(reader, "a", expected[0]);
	fixture_turnover(&sf.f, 10, &random);
	ck_ok(store_open_append(sf.path, &store));
	expected[1] = store_fixture_append(&sf, store, "b");
	check_loaded(reader, "b", expected[1]);
	check_loaded(reader, "a", expected[0]);
	store_close(reader);
	store_close(store);
	free(expected[0]);
	free(expected[1]);
	store_fixture_deinit(&sf);

#test a_journal_of_others_is_not_played_back
	struct good g;
	struct store *store;
	struct err *err;
	char path[160];
	_cleanup_free_ char *after = NULL;
	size_t size;

	// Garbage under the names that SQLite looks for beside a file.
	good_init(&g);
	snprintf(path, sizeof(path), "%s-journal", g.sf.path);
	write_file(path, g.bytes, 5000);
	err = store_open_read(g.sf.path, &store);
	if (!err)
		store_close(store);
	err_destroy(err);
	remove(path);
	snprintf(path, sizeof(path), "%s-wal", g.sf.path);
	write_file(path, g.bytes, 5000);
	err = store_open_read(g.sf.path, &store);
	if (!err)
		store_close(store);
	err_destroy(err);
	after = read_file(g.sf.path, &size);
	ck_assert_uint_eq(size, g.size);
	ck_assert(memcmp(after, g.bytes, size) == 0);
	good_deinit(&g);

#main-pre
	tcase_set_timeout(tc1_1, 120);
