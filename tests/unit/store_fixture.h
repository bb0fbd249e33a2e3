// SPDX-License-Identifier: GPL-3.0-or-later
/** Snapshot files in a directory of their own, filled from a heap fixture. */
#ifndef TESTS_UNIT_STORE_FIXTURE_H
#define TESTS_UNIT_STORE_FIXTURE_H

#include "base/io.h"
#include "base/vec.h"
#include "heap_fixture.h"
#include "store/store.h"

#include <dirent.h>
#include <ftw.h>
#include <sys/stat.h>
#include <unistd.h>

struct store_fixture {
	struct fixture f;
	/** A source for the frames of the fixture, and one for those of archive. */
	struct resolver resolver;
	struct frame_source source;
	/** Loaded frames. Its strings are those of the fixture. */
	struct archive *archive;
	/** A temporary directory, and a file in it. */
	char dir[64];
	char path[128];
};

static inline struct err *store_fixture_resolve(void *ctx, uint64_t frame,
						const struct location **ret, size_t *num_ret)
{
	struct store_fixture *sf = ctx;

	if (frame_module(frame) == FRAME_MODULE_STORED)
		return archive_resolve(sf->archive, frame, ret, num_ret);
	return fixture_resolve(&sf->f, frame, ret, num_ret);
}

/** Frames belong to three modules, one of them without build-id. The unknown frame belongs to
 *  none. */
static inline void store_fixture_origin(void *ctx, uint64_t frame, struct frame_origin *ret)
{
	static const char *const paths[] = {"/bin/prog", "/lib/a b.so", "/lib/\xff.so"};
	struct store_fixture *sf = ctx;
	unsigned which = frame_addr(frame) % 3;

	if (frame_module(frame) == FRAME_MODULE_STORED) {
		archive_origin(sf->archive, frame, ret);
		return;
	}
	*ret = (struct frame_origin){.module = "", .offset = frame_addr(frame) * 16};
	if (frame == FRAME_UNKNOWN)
		return;
	ret->module = paths[which];
	ret->build_id = (const uint8_t *)"\0\1\2\3identifier";
	ret->build_id_size = which * 7;
}

/** Every third line cannot be read. */
static inline char *store_fixture_line(void *ctx, const char *file, uint32_t line)
{
	char *text;

	(void)ctx;
	if (line % 3 == 0)
		return NULL;
	ck_assert_int_ge(asprintf(&text, "\tline %u of %s", line, file), 0);
	return text;
}

static inline void store_fixture_init(struct store_fixture *sf)
{
	const char *tmp = getenv("TMPDIR");

	fixture_init(&sf->f);
	ck_ok(archive_create(sf->f.strings, &sf->archive));
	sf->resolver = (struct resolver){sf, sf->f.strings, store_fixture_resolve};
	sf->source = (struct frame_source){
		.ctx = sf,
		.resolver = &sf->resolver,
		.origin = store_fixture_origin,
		.read_line = store_fixture_line,
	};
	snprintf(sf->dir, sizeof(sf->dir), "%s/store-XXXXXX",
		 tmp && strlen(tmp) < 40 ? tmp : "/tmp");
	ck_assert_ptr_nonnull(mkdtemp(sf->dir));
	snprintf(sf->path, sizeof(sf->path), "%s/s.db", sf->dir);
}

static inline int store_fixture_remove(const char *path, const struct stat *st, int type,
				       struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static inline void store_fixture_deinit(struct store_fixture *sf)
{
	nftw(sf->dir, store_fixture_remove, 8, FTW_DEPTH | FTW_PHYS);
	archive_destroy(sf->archive);
	fixture_deinit(&sf->f);
}

/** Number of files in the directory. */
static inline unsigned store_fixture_files(struct store_fixture *sf)
{
	DIR *dir = opendir(sf->dir);
	struct dirent *entry;
	unsigned num = 0;

	while ((entry = readdir(dir)))
		num += entry->d_name[0] != '.';
	closedir(dir);
	return num;
}

static inline void write_file(const char *path, const void *bytes, size_t size)
{
	FILE *file = fopen(path, "w");

	ck_assert_ptr_nonnull(file);
	ck_assert_uint_eq(fwrite(bytes, 1, size, file), size);
	ck_assert_int_eq(fclose(file), 0);
}

static inline char *read_file(const char *path, size_t *size)
{
	char *bytes;

	ck_ok(io_read_file(path, 1 << 28, &bytes, size));
	return bytes;
}

static inline void render_frame(FILE *out, uint64_t frame, const struct frame_source *source)
{
	const struct strtab *strings = source->resolver->strings;
	const struct location *l;
	struct frame_origin origin;
	size_t num, i;

	ck_ok(source->resolver->resolve(source->resolver->ctx, frame, &l, &num));
	source->origin(source->ctx, frame, &origin);
	fprintf(out, " (%s+%llx", origin.module, (unsigned long long)origin.offset);
	for (i = 0; i < origin.build_id_size; i++)
		fprintf(out, " %02x", origin.build_id[i]);
	for (i = 0; i < num; i++)
		fprintf(out, " %s:%u:%s:%s:%d%d", strtab_get(strings, l[i].file), l[i].line,
			strtab_get(strings, l[i].function), strtab_get(strings, l[i].module),
			l[i].has_line, l[i].is_alloc_wrapper);
	fprintf(out, ")");
}

static inline int compare_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static inline char *render_site(const struct snapshot *s, size_t i,
				const struct frame_source *source)
{
	const struct snapshot_site *site = &s->sites[i];
	const struct alloc_site *id = heap_alloc_site(s->heap, site->site);
	struct stack stack = stacks_get(heap_stacks(s->heap), id->stack);
	char *text;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	uint32_t j;

	fprintf(out, "%u %d %llu %llu %llu %llu %u/%u %u", id->domain, id->tid,
		(unsigned long long)site->live_bytes, (unsigned long long)site->live_blocks,
		(unsigned long long)site->total_bytes, (unsigned long long)site->total_blocks,
		stack.num_frames, stack.total_nframe, stack.flags);
	if (s->variances)
		fprintf(out, " %a %a %a %a", s->variances[i].live.size, s->variances[i].live.count,
			s->variances[i].total.size, s->variances[i].total.count);
	for (j = 0; j < stack.num_frames; j++)
		render_frame(out, stack_frame(&stack, j), source);
	fclose(out);
	return text;
}

static inline void render_older(FILE *out, const struct snapshot *s)
{
	size_t i;

	fprintf(out, "older %llu of no size, %llu in all\n", (unsigned long long)s->older_unsized,
		(unsigned long long)s->totals.older_frees);
	for (i = 0; i < s->num_older; i++) {
		const struct older_class *c = &s->older[i];

		fprintf(out, "older %llu-%llu: %llu/%llu %llu/%llu\n", (unsigned long long)c->low,
			(unsigned long long)c->usable, (unsigned long long)c->freed_usable,
			(unsigned long long)c->freed_blocks,
			(unsigned long long)c->traced_requested,
			(unsigned long long)c->traced_usable);
	}
}

/** The sites of a snapshot as text: what they are, and their counters, in an order that is the same
 *  for all heaps; and its freed older blocks. */
static inline char *render_sites(const struct snapshot *s, const struct frame_source *source)
{
	char **lines = calloc(s->num_sites + 1, sizeof(*lines)), *text;
	size_t size, i;
	FILE *out = open_memstream(&text, &size);

	for (i = 0; i < s->num_sites; i++)
		lines[i] = render_site(s, i, source);
	qsort(lines, s->num_sites, sizeof(*lines), compare_text);
	for (i = 0; i < s->num_sites; i++) {
		fprintf(out, "%s\n", lines[i]);
		free(lines[i]);
	}
	free(lines);
	render_older(out, s);
	if (s->sample_rate)
		fprintf(out, "sampled at %llu from %lld on\n", (unsigned long long)s->sample_rate,
			(long long)s->first_seq);
	fclose(out);
	return text;
}

/** Append the fixture's heap as it is now. Returns its text. */
static inline char *store_fixture_append(struct store_fixture *sf, struct store *store,
					 const char *name)
{
	_cleanup_snapshot_ struct snapshot *s = fixture_snapshot(&sf->f, name);
	struct store_meta meta = {.pid = 42, .exe = "/bin/prog", .host = "here"};

	s->nframe = 32;
	s->time_ns = s->seq * 1000;
	ck_ok(store_append(store, s, &sf->source, &meta, NULL));
	return render_sites(s, &sf->source);
}

/** Load a snapshot into a heap of its own. Returns its text, to be freed. */
static inline struct err *load_text(struct store *store, const char *name, char **ret)
{
	struct strtab *strings;
	struct archive *archive;
	struct heap *heap;
	struct snapshot *s;
	struct err *err;

	ck_ok(strtab_create(&strings));
	ck_ok(archive_create(strings, &archive));
	ck_ok(heap_create(&heap));
	err = store_load(store, name, heap, archive, &s);
	if (!err) {
		*ret = render_sites(s, archive_source(archive));
		snapshot_destroy(s);
	}
	store_forget_heaps(store);
	heap_destroy(heap);
	archive_destroy(archive);
	strtab_destroy(strings);
	return err;
}

/** Check that the snapshot of that name, in a file or in an open store, has this text. */
static inline void check_loaded(struct store *store, const char *name, const char *expected)
{
	_cleanup_free_ char *text = NULL;

	ck_ok(load_text(store, name, &text));
	ck_assert_str_eq(text, expected);
}

static inline void check_stored(const char *path, const char *name, const char *expected)
{
	struct store *store;

	ck_ok(store_open_read(path, &store));
	check_loaded(store, name, expected);
	store_close(store);
}

/** Free older blocks at random. */
static inline void fixture_turnover(struct fixture *f, unsigned num, uint64_t *random)
{
	for (; num; num--) {
		uint64_t usable = test_random(random) % 9 * (test_random(random) % 5000);

		ck_ok(heap_free_older(f->heap, usable, usable - usable / 9));
		if (test_random(random) % 2)
			ck_ok(heap_note_usable(f->heap, usable - usable / 10, usable,
					       usable - usable / 9));
	}
}

/** Allocate and free at random, as a program does. */
static inline void fixture_work(struct fixture *f, unsigned num, uint64_t *random)
{
	char stack[256], *p;
	unsigned depth;

	for (; num; num--) {
		p = stack;
		for (depth = 1 + test_random(random) % 5; depth; depth--)
			p += sprintf(p, "%sdir/f%u.c:%u@fn%u@/lib/x.so%s ",
				     test_random(random) % 9 ? "" : "!",
				     (unsigned)(test_random(random) % 7),
				     (unsigned)(test_random(random) % 9),
				     (unsigned)(test_random(random) % 2),
				     test_random(random) % 5 ? "" : "|inlined.h:8@in");
		if (test_random(random) % 20 == 0)
			sprintf(stack, "<unknown> =prog(main+0x17)@main");
		fixture_alloc(f, 1, test_random(random) % 5, 100 + test_random(random) % 3,
			      test_random(random) % 9999, stack);
		if (test_random(random) % 3)
			heap_free(f->heap,
				  0x1000 + 16 * (test_random(random) % (1 + heap_seq(f->heap))));
	}
}

#endif
