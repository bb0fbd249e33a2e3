// SPDX-License-Identifier: GPL-3.0-or-later
#include "heap/pattern.h"

#include "pattern_table.h"
#include "test_util.h"

#define NUM_OF(array) (sizeof(array) / sizeof((array)[0]))

static bool matches(const char *pattern, const char *name)
{
	_cleanup_pattern_ struct pattern *p = NULL;

	ck_ok(pattern_create(pattern, &p));
	return pattern_matches(p, name);
}

#suite heap_pattern

#tcase pattern

#test L8_whole_string
	ck_assert(!matches("c.c", "lib/c.c"));
	ck_assert(matches("*/c.c", "lib/c.c"));
	ck_assert(matches("*c.c", "lib/c.c"));
	ck_assert(matches("*", "/a/.b/c"));
	ck_assert(matches("?a", "/a"));
	ck_assert(matches("*a", ".a"));
	ck_assert(!matches("A", "a"));
	ck_assert(matches("", ""));
	ck_assert(!matches("", "a"));
	ck_assert(matches("*", ""));
	ck_assert(!matches("?", ""));

#test L9_differences_to_fnmatch_of_C
	// ^ is a character, and only ! negates.
	ck_assert(matches("[^a]", "^"));
	ck_assert(matches("[^a]", "a"));
	ck_assert(!matches("[^a]", "b"));
	ck_assert(matches("[!a]", "b"));
	// A set followed by ], not a class.
	ck_assert(matches("[[:alpha:]]", "p]"));
	ck_assert(!matches("[[:alpha:]]", "p"));
	ck_assert(matches("{a,b}", "{a,b}"));
	ck_assert(!matches("{a,b}", "a"));
	ck_assert(matches("[a", "[a"));
	ck_assert(!matches("[c-a]", "b"));
	ck_assert(!matches("[c-a]", "c"));
	ck_assert(matches("\\a", "\\a"));
	ck_assert(!matches("\\a", "a"));
	// Characters are characters in any locale, and stray bytes are, too.
	ck_assert(matches("?", "\xc3\xa9"));
	ck_assert(matches("?", "\xff"));
	ck_assert(!matches("??", "\xc3\xa9"));

#test equal_to_Python
	size_t row, i;

	for (row = 0; row < NUM_OF(pattern_rows); row++) {
		const char *pattern = pattern_rows[row].pattern;

		for (i = 0; i < NUM_OF(pattern_names); i++)
			ck_assert_msg(matches(pattern, pattern_names[i]) ==
					      (pattern_rows[row].matches[i] == '1'),
				      "pattern %s, name %s", pattern, pattern_names[i]);
		ck_assert_uint_eq(strlen(pattern_rows[row].matches), i);
	}

#test many_stars_take_no_time
	char pattern[2 * 2000 + 2], name[20001];
	size_t i;

	for (i = 0; i < 2000; i++)
		memcpy(pattern + 2 * i, "*a", 2);
	strcpy(pattern + 2 * i, "b");
	memset(name, 'a', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	ck_assert(!matches(pattern, name));
