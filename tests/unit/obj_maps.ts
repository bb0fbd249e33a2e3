// SPDX-License-Identifier: GPL-3.0-or-later
#include "obj/maps.h"

#include "base/io.h"
#include "test_util.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#suite obj_maps

static size_t count(const char *text, size_t size, size_t *num_malformed_ret)
{
	struct maps_cursor cursor;
	struct map_entry entry;
	size_t num = 0;

	maps_cursor_init(&cursor, text, size);
	while (maps_next(&cursor, &entry)) {
		ck_assert(entry.start < entry.end);
		ck_assert(entry.path >= text && entry.path + entry.path_size <= text + size);
		num++;
	}
	if (num_malformed_ret)
		*num_malformed_ret = cursor.num_malformed;
	return num;
}

static bool parse_one(const char *line, struct map_entry *ret)
{
	struct maps_cursor cursor;

	maps_cursor_init(&cursor, line, strlen(line));
	return maps_next(&cursor, ret);
}

#tcase parse

#test fields_of_a_line
	struct map_entry e;

	ck_assert(parse_one("7f12a000-7f12b000 r-xp 0002a000 103:1f 1835107                    /usr/lib/a b.so\n", &e));
	ck_assert_uint_eq(e.start, 0x7f12a000);
	ck_assert_uint_eq(e.end, 0x7f12b000);
	ck_assert_uint_eq(e.offset, 0x2a000);
	ck_assert_uint_eq(e.dev, makedev(0x103, 0x1f));
	ck_assert_uint_eq(e.inode, 1835107);
	ck_assert(e.is_readable && !e.is_writable && e.is_executable);
	ck_assert(map_entry_has_path(&e, "/usr/lib/a b.so"));
	ck_assert(!map_entry_has_path(&e, "/usr/lib/a"));

#test lines_without_path_or_newline
	struct map_entry e;

	ck_assert(parse_one("1000-2000 rw-p 00000000 00:00 0 ", &e));
	ck_assert_uint_eq(e.path_size, 0);
	ck_assert(parse_one("1000-2000 ---s 00000000 00:00 0", &e));
	ck_assert_uint_eq(e.path_size, 0);
	ck_assert(!e.is_readable && !e.is_writable && !e.is_executable);
	ck_assert(parse_one("ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0                  [vsyscall]\n", &e));
	ck_assert(map_entry_has_path(&e, "[vsyscall]"));

#test malformed_lines_are_skipped_and_counted
	static const char text[] =
		"\n"
		"garbage\n"
		"1000-2000 rwxp 00000000 00:00 0 ok1\n"
		"2000-1000 rwxp 00000000 00:00 0 backwards\n"
		"1000-1000 rwxp 00000000 00:00 0 empty\n"
		"11000000000000000-2000 rwxp 00000000 00:00 0 overflow\n"
		"1000-fffffffffffffffff rwxp 00000000 00:00 0 overflow\n"
		"1000-2000 rwxq 00000000 00:00 0 permissions\n"
		"1000-2000 rwx\n"
		"1000-2000\n"
		"1000-\n"
		"-\n"
		"1000-2000 rwxp 00000000 00:00 99999999999999999999999 inode\n"
		"1000-2000 rwxp 00000000 00:00 12x inode\n"
		"1000-2000 rwxp 00000000 0000 0 device\n"
		"1000-2000 rwxp 00000000 100000000:00 0 device\n"
		"1000-2000 rwxp -1 00:00 0 offset\n"
		" 1000-2000 rwxp 00000000 00:00 0 blank\n"
		"1000-2000 rwxp 00000000 00:00 0 ok2";
	size_t num_malformed;

	ck_assert_uint_eq(count(text, sizeof(text) - 1, &num_malformed), 2);
	ck_assert_uint_eq(num_malformed, 17);

#test nul_bytes_do_not_reach_paths
	static const char text[] = "1000-2000 rwxp 00000000 00:00 1 /a\0b\n1000-2000 rwxp 0 00:00 1 /c\n";
	size_t num_malformed;

	ck_assert_uint_eq(count(text, sizeof(text) - 1, &num_malformed), 1);
	ck_assert_uint_eq(num_malformed, 1);

#test every_prefix_is_safe
	static const char text[] = "7f12a000-7f12b000 r-xp 0002a000 103:1f 1835107   /x\n1-2 rwxp 0 0:0 0\n";
	size_t size;

	// A copy of the exact size lets AddressSanitizer see one byte too many.
	for (size = 0; size < sizeof(text); size++) {
		char *copy = malloc(size + !size);

		memcpy(copy, text, size);
		ck_assert_uint_le(count(copy, size, NULL), 2);
		free(copy);
	}

#test random_bytes_are_safe
	static const char alphabet[] = "0123456789abcdef-:rwxps \n/\0";
	char text[400];
	unsigned round, seed = 1;
	size_t i, num_lines;

	for (round = 0; round < 20000; round++) {
		for (i = 0, num_lines = 1; i < sizeof(text); i++) {
			text[i] = alphabet[rand_r(&seed) % (sizeof(alphabet) - 1)];
			num_lines += text[i] == '\n';
		}
		ck_assert_uint_le(count(text, sizeof(text), NULL), num_lines);
	}

#test own_maps_are_well_formed
	struct maps_cursor cursor;
	struct map_entry entry;
	size_t size, num_malformed;
	bool is_found = false;
	struct stat st;
	char *text;

	ck_ok(io_read_file("/proc/self/maps", 1 << 24, &text, &size));
	ck_assert_uint_gt(count(text, size, &num_malformed), 10);
	ck_assert_uint_eq(num_malformed, 0);
	ck_assert_int_eq(stat("/proc/self/exe", &st), 0);
	maps_cursor_init(&cursor, text, size);
	while (maps_next(&cursor, &entry))
		is_found |= entry.inode == st.st_ino && entry.is_executable &&
			    (uintptr_t)count >= entry.start && (uintptr_t)count < entry.end;
	ck_assert(is_found);
	free(text);
