// SPDX-License-Identifier: GPL-3.0-or-later
// Fuzz target: opens bytes as a snapshot file and loads all of it. With libFuzzer see scripts/fuzz;
// without, `store_open [FILE|DIRECTORY]...` runs over these, by default over the corpus;
// `store_open --seed FILE` writes a good file.
#include "config.h"

#include "base/io.h"
#include "store/store.h"

#include <assert.h>
#include <dirent.h>
#include <sqlite3.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/** Snapshots of a file that are loaded: an input shall not take long. */
#define LOADS_MAX 20

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void succeed(struct err *err)
{
	if (!err)
		return;
	fprintf(stderr, "store_open: %s\n", err_text(err));
	abort();
}

/** What a loaded snapshot says must hang together. */
static void look_at(const struct snapshot *snapshot, const struct frame_source *source)
{
	const struct location *locations;
	struct frame_origin origin;
	size_t i, num;
	uint32_t j;

	assert(!snapshot->sample_rate == !snapshot->variances);
	for (i = 0; i < snapshot->num_sites; i++) {
		const struct alloc_site *site =
			heap_alloc_site(snapshot->heap, snapshot->sites[i].site);
		struct stack stack = stacks_get(heap_stacks(snapshot->heap), site->stack);

		assert(stack.num_frames && stack.total_nframe >= stack.num_frames);
		assert(!snapshot->variances || snapshot->variances[i].live.size >= 0);
		for (j = 0; j < stack.num_frames; j++) {
			succeed(archive_resolve(source->ctx, stack_frame(&stack, j), &locations,
						&num));
			assert(num && strtab_get(source->resolver->strings, locations[0].file));
			archive_origin(source->ctx, stack_frame(&stack, j), &origin);
			assert(origin.module);
		}
	}
}

static void load_all(struct store *store)
{
	struct store_entries entries = {0};
	struct strtab *strings;
	struct archive *archive;
	struct heap *heap;
	size_t i;

	succeed(strtab_create(&strings));
	succeed(archive_create(strings, &archive));
	succeed(heap_create(&heap));
	err_destroy(store_list(store, &entries));
	for (i = 0; i < entries.num && i < LOADS_MAX; i++) {
		_cleanup_snapshot_ struct snapshot *snapshot = NULL;

		err_destroy(store_load(store, entries.items[i].name, heap, archive, &snapshot));
		if (snapshot)
			look_at(snapshot, archive_source(archive));
	}
	store_entries_deinit(&entries);
	store_close(store);
	heap_destroy(heap);
	archive_destroy(archive);
	strtab_destroy(strings);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char path[4096];
	static bool has_file;
	const char *tmpdir = getenv("TMPDIR");
	struct store *store;
	struct err *err;
	FILE *file;

	// One file, written over and over; a fuzzer leaves one behind.
	if (!has_file) {
		snprintf(path, sizeof(path), "%s/store-fuzz-XXXXXX", tmpdir ? tmpdir : "/tmp");
		close(mkstemp(path));
	}
	has_file = true;
	file = fopen(path, "w");
	if (!file || fwrite(data, 1, size, file) != size || fclose(file) != 0)
		abort();
	err = store_open_read(path, &store);
	if (!err)
		load_all(store);
	err_destroy(err);
#ifndef WITH_FUZZER
	unlink(path);
	has_file = false;
#endif
	return 0;
}

#ifdef WITH_FUZZER

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed);

/** What a column of a table is set to, or what is done to its rows. */
static const char *const changes[] = {
	"UPDATE %s SET %s = -1",
	"UPDATE %s SET %s = 0",
	"UPDATE %s SET %s = NULL",
	"UPDATE %s SET %s = 9223372036854775807",
	"UPDATE %s SET %s = -9223372036854775807 - 1",
	"UPDATE %s SET %s = %s + 1",
	"UPDATE %s SET %s = 1 << (abs(random()) %% 63)",
	"UPDATE %s SET %s = abs(random()) %% 8",
	"UPDATE %s SET %s = 'x'",
	"UPDATE %s SET %s = x'00ff'",
	"UPDATE %s SET %s = '[0,1,2,1,0]'",
	"UPDATE %s SET %s = '[[0],{\"a\":-1},1.5,null,99999999999]'",
	"UPDATE %s SET %s = substr(%s, 2)",
	"DELETE FROM %s WHERE %s = %s",
};

static char *pick_column(sqlite3 *db, char **table_ret)
{
	sqlite3_stmt *statement;
	char *column = NULL;

	if (sqlite3_prepare_v2(
		    db,
		    "SELECT t.name, c.name FROM sqlite_master t, pragma_table_info(t.name) c "
		    "WHERE t.type = 'table' ORDER BY random() LIMIT 1",
		    -1, &statement, NULL) != SQLITE_OK)
		return NULL;
	if (sqlite3_step(statement) == SQLITE_ROW) {
		*table_ret = strdup((const char *)sqlite3_column_text(statement, 0));
		column = strdup((const char *)sqlite3_column_text(statement, 1));
	}
	sqlite3_finalize(statement);
	return column;
}

/** Change a few rows of one column. */
static void change_rows(sqlite3 *db, unsigned seed)
{
	const char *change = changes[seed % (sizeof(changes) / sizeof(changes[0]))];
	_cleanup_free_ char *table = NULL;
	_cleanup_free_ char *column = pick_column(db, &table);
	char sql[512], where[256];

	if (!column)
		return;
		// Not all of these take the third argument.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	snprintf(sql, sizeof(sql), change, table, column, column);
#pragma GCC diagnostic pop
	snprintf(where, sizeof(where), " %s abs(random()) %% 3 = 0",
		 strstr(sql, "WHERE") ? "AND" : "WHERE");
	strncat(sql, where, sizeof(sql) - strlen(sql) - 1);
	sqlite3_exec(db, sql, NULL, NULL, NULL);
}

/** Bytes alone seldom reach what is behind SQLite's own checks: half of the changes are made in
 *  rows. */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
	unsigned char *copy, *bytes = NULL;
	sqlite3_int64 new_size = 0;
	sqlite3 *db;

	if (seed % 2 || sqlite3_open(":memory:", &db) != SQLITE_OK)
		return LLVMFuzzerMutate(data, size, max_size);
	copy = sqlite3_malloc64(size + 1);
	memcpy(copy, data, size);
	if (sqlite3_deserialize(db, "main", copy, (sqlite3_int64)size, (sqlite3_int64)size,
				SQLITE_DESERIALIZE_FREEONCLOSE | SQLITE_DESERIALIZE_RESIZEABLE) ==
	    SQLITE_OK) {
		change_rows(db, seed / 2);
		bytes = sqlite3_serialize(db, "main", &new_size, 0);
	}
	sqlite3_close(db);
	if (!bytes || new_size <= 0 || (size_t)new_size > max_size) {
		sqlite3_free(bytes);
		return LLVMFuzzerMutate(data, size, max_size);
	}
	memcpy(data, bytes, (size_t)new_size);
	sqlite3_free(bytes);
	return (size_t)new_size;
}

#else

static struct err *resolve(void *ctx, uint64_t frame, const struct location **ret, size_t *num_ret)
{
	static struct location locations[] = {
		{.file = 1, .line = 7, .function = 2, .module = 3, .has_line = true},
		{.file = 3, .function = 2, .module = 3, .is_alloc_wrapper = true},
	};

	(void)ctx;
	*ret = &locations[frame_addr(frame) % 2];
	*num_ret = 2 - frame_addr(frame) % 2;
	return NULL;
}

static void origin(void *ctx, uint64_t frame, struct frame_origin *ret)
{
	(void)ctx;
	*ret = (struct frame_origin){
		.module = "/lib/x.so",
		.build_id = (const uint8_t *)"build-id",
		.build_id_size = 8,
		.offset = frame_addr(frame),
	};
}

static char *read_line(void *ctx, const char *file, uint32_t line)
{
	(void)ctx;
	(void)file;
	return line ? strdup("\tp = malloc(n);") : NULL;
}

static void write_seed(const char *path)
{
	const struct store_pair pair = {"note", "seed"};
	struct store_meta meta = {.pid = 1,
				  .exe = "/bin/x",
				  .command = "x",
				  .wall_ns = 1,
				  .pairs = &pair,
				  .num_pairs = 1};
	const uint64_t frames[] = {frame_make(1, 1), frame_make(1, 2), FRAME_UNKNOWN};
	struct resolver resolver = {NULL, NULL, resolve};
	struct frame_source source = {NULL, &resolver, origin, read_line};
	struct snapshot *snapshot;
	struct store *store;
	struct heap *heap;
	uint32_t id, i;

	succeed(heap_create(&heap));
	// So densely that each block stands for itself, but for a tiny variance.
	heap_set_sampling(heap, 20, 1);
	succeed(strtab_create(&resolver.strings));
	succeed(strtab_intern(resolver.strings, "x.c", &id));
	succeed(strtab_intern(resolver.strings, "f", &id));
	succeed(strtab_intern(resolver.strings, "/lib/x.so", &id));
	succeed(store_open_append(path, &store));
	for (i = 1; i <= 3; i++) {
		succeed(stacks_intern(heap_stacks(heap), frames, i, i, i & 1, &id));
		succeed(heap_alloc(heap, i * 16, i * 100, id, i, 1));
		succeed(heap_note_usable(heap, i * 100, i * 104, i * 100));
		succeed(heap_free_older(heap, i * 104, i * 100));
		succeed(heap_free_older(heap, 0, 0));
		succeed(snapshot_create(heap, "s", &snapshot));
		snapshot->name[0] += i;
		succeed(store_append(store, snapshot, &source, &meta, NULL));
		snapshot_destroy(snapshot);
	}
	store_close(store);
	heap_destroy(heap);
	strtab_destroy(resolver.strings);
}

static size_t run_path(const char *path)
{
	_cleanup_free_ char *bytes = NULL;
	struct dirent *entry;
	size_t size, num = 0;
	DIR *dir = opendir(path);

	if (!dir) {
		succeed(io_read_file(path, 1 << 28, &bytes, &size));
		LLVMFuzzerTestOneInput((const uint8_t *)bytes, size);
		return 1;
	}
	while ((entry = readdir(dir))) {
		_cleanup_free_ char *file = NULL;

		if (entry->d_name[0] == '.')
			continue;
		if (asprintf(&file, "%s/%s", path, entry->d_name) < 0)
			abort();
		num += run_path(file);
	}
	closedir(dir);
	return num;
}

int main(int argc, char *argv[])
{
	const char *srcdir = getenv("srcdir");
	_cleanup_free_ char *corpus = NULL;
	size_t num = 0;
	int i;

	if (argc == 3 && strcmp(argv[1], "--seed") == 0) {
		write_seed(argv[2]);
		return 0;
	}
	if (asprintf(&corpus, "%s/tests/fuzz/corpus/store", srcdir ? srcdir : ".") < 0)
		abort();
	for (i = 1; i < argc; i++)
		num += run_path(argv[i]);
	if (argc == 1)
		num = run_path(corpus);
	printf("store_open: %zu files\n", num);
	return num ? 0 : 1;
}

#endif
