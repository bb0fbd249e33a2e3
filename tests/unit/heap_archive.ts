// SPDX-License-Identifier: GPL-3.0-or-later
#include "heap/archive.h"

#include "heap_fixture.h"

#suite heap_archive

#tcase archive

#test equal_content_is_an_equal_frame
	struct strtab *strings;
	struct archive *archive;
	struct location two[2] = {{.file = 1, .line = 7, .has_line = true}, {.file = 2}};
	struct archive_frame frame = {.locations = two, .num_locations = 2, .offset = 0x10};
	uint64_t first, other;
	uint32_t id;

	ck_ok(strtab_create(&strings));
	ck_ok(strtab_intern(strings, "a.c", &id));
	ck_ok(strtab_intern(strings, "b.c", &id));
	ck_ok(archive_create(strings, &archive));
	ck_ok(archive_define(archive, &frame, &first));
	ck_assert_uint_eq(first, frame_make(FRAME_MODULE_STORED, 0));
	ck_ok(archive_define(archive, &frame, &other));
	ck_assert_uint_eq(other, first);
	// Each member is part of the content.
	frame.offset = 0x11;
	ck_ok(archive_define(archive, &frame, &other));
	ck_assert_uint_eq(frame_addr(other), 1);
	frame.num_locations = 1;
	ck_ok(archive_define(archive, &frame, &other));
	ck_assert_uint_eq(frame_addr(other), 2);
	two[0].line++;
	ck_ok(archive_define(archive, &frame, &other));
	ck_assert_uint_eq(frame_addr(other), 3);
	two[0].function = 2;
	ck_ok(archive_define(archive, &frame, &other));
	ck_assert_uint_eq(frame_addr(other), 4);
	two[0].module = 2;
	ck_ok(archive_define(archive, &frame, &other));
	ck_assert_uint_eq(frame_addr(other), 5);
	two[0].has_line = false;
	ck_ok(archive_define(archive, &frame, &other));
	ck_assert_uint_eq(frame_addr(other), 6);
	two[0].is_plumbing = true;
	ck_ok(archive_define(archive, &frame, &other));
	ck_assert_uint_eq(frame_addr(other), 7);
	ck_ok(archive_define_module(archive, 1, NULL, 0, &frame.module));
	ck_ok(archive_define(archive, &frame, &other));
	ck_assert_uint_eq(frame_addr(other), 8);
	ck_assert_uint_eq(archive_num(archive), 9);
	archive_destroy(archive);
	archive_destroy(NULL);
	strtab_destroy(strings);

#test resolve_and_origin
	struct strtab *strings;
	struct archive *archive;
	const struct frame_source *source;
	struct location location = {.line = 7, .has_line = true};
	struct archive_frame frame = {.locations = &location, .num_locations = 1, .offset = 0x10};
	const struct location *found;
	struct frame_origin origin;
	uint64_t value;
	size_t num;
	uint32_t path;

	ck_ok(strtab_create(&strings));
	ck_ok(strtab_intern(strings, "/lib/x.so", &path));
	ck_ok(strtab_intern(strings, "a.c", &location.file));
	ck_ok(archive_create(strings, &archive));
	ck_ok(archive_define_module(archive, path, (const uint8_t *)"\1\2", 2, &frame.module));
	ck_ok(archive_define(archive, &frame, &value));
	location.line = 0;
	source = archive_source(archive);
	ck_ok(source->resolver->resolve(source->resolver->ctx, value, &found, &num));
	ck_assert_uint_eq(num, 1);
	ck_assert_uint_eq(found->line, 7);
	ck_assert_str_eq(strtab_get(source->resolver->strings, found->file), "a.c");
	source->origin(source->ctx, value, &origin);
	ck_assert_str_eq(origin.module, "/lib/x.so");
	ck_assert_uint_eq(origin.build_id_size, 2);
	ck_assert_mem_eq(origin.build_id, "\1\2", 2);
	ck_assert_uint_eq(origin.offset, 0x10);
	// Not of this archive.
	ck_err(archive_resolve(archive, frame_make(1, 0), &found, &num), ERR_NOT_FOUND, "not found");
	ck_err(archive_resolve(archive, value + 1, &found, &num), ERR_NOT_FOUND, "not found");
	archive_origin(archive, value + 1, &origin);
	ck_assert_str_eq(origin.module, "");
	archive_destroy(archive);
	strtab_destroy(strings);

#test modules
	struct strtab *strings;
	struct archive *archive;
	uint32_t path, id;

	ck_ok(strtab_create(&strings));
	ck_ok(strtab_intern(strings, "/lib/x.so", &path));
	ck_ok(archive_create(strings, &archive));
	ck_assert_uint_eq(archive_num_modules(archive), 1);
	ck_ok(archive_define_module(archive, 0, NULL, 0, &id));
	ck_assert_uint_eq(id, 0);
	ck_ok(archive_define_module(archive, path, NULL, 0, &id));
	ck_assert_uint_eq(id, 1);
	// Another build of it is another module.
	ck_ok(archive_define_module(archive, path, (const uint8_t *)"1", 1, &id));
	ck_assert_uint_eq(id, 2);
	ck_ok(archive_define_module(archive, path, (const uint8_t *)"1\0", 2, &id));
	ck_assert_uint_eq(id, 3);
	ck_ok(archive_define_module(archive, path, NULL, 0, &id));
	ck_assert_uint_eq(id, 1);
	ck_assert_uint_eq(archive_get_module(archive, 3)->build_id_size, 2);
	archive_destroy(archive);
	strtab_destroy(strings);

#test lines
	struct strtab *strings;
	struct archive *archive;
	const char *text = "untouched";
	char *copy;
	uint32_t file;

	ck_ok(strtab_create(&strings));
	ck_ok(strtab_intern(strings, "a.c", &file));
	ck_ok(archive_create(strings, &archive));
	ck_assert(!archive_find_line(archive, file, 1, &text));
	ck_assert_str_eq(text, "untouched");
	ck_ok(archive_define_line(archive, file, 1, "one"));
	ck_ok(archive_define_line(archive, file, 1, "two"));
	ck_ok(archive_define_line(archive, file, 2, NULL));
	ck_assert(archive_find_line(archive, file, 1, &text));
	ck_assert_str_eq(text, "one");
	ck_assert(archive_find_line(archive, file, 2, &text));
	ck_assert_ptr_null(text);
	ck_assert_uint_eq(archive_num_lines(archive), 1);
	copy = archive_read_line(archive, "a.c", 1);
	ck_assert_str_eq(copy, "one");
	free(copy);
	ck_assert_ptr_null(archive_read_line(archive, "a.c", 2));
	ck_assert_ptr_null(archive_read_line(archive, "b.c", 1));
	archive_destroy(archive);
	strtab_destroy(strings);

#test sites_without_counters
	struct fixture f;
	struct snapshot *s;
	uint32_t id, again, stack;

	fixture_init(&f);
	fixture_s1(&f);
	stack = fixture_stack(&f, "new.c:1");
	ck_ok(heap_define_site(f.heap, stack, 7, -1, &id));
	ck_ok(heap_define_site(f.heap, stack, 7, -1, &again));
	ck_assert_uint_eq(id, again);
	ck_assert_uint_eq(heap_num_sites(f.heap), 5);
	ck_assert_uint_eq(heap_site(f.heap, id)->domain, 7);
	ck_assert_int_eq(heap_site(f.heap, id)->tid, -1);
	s = fixture_snapshot(&f, "s");
	ck_assert_uint_eq(s->num_sites, 4);
	snapshot_destroy(s);
	// It is the site that allocations of that stack go to.
	ck_ok(heap_alloc(f.heap, 0x99, 5, stack, 7, -1));
	ck_assert_uint_eq(heap_site(f.heap, id)->live_bytes, 5);
	fixture_deinit(&f);
