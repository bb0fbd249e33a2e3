// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/utf8.h"

#include "test_util.h"

#include <stdlib.h>

static void check_decode(const char *s, uint32_t expected, size_t expected_size)
{
	uint32_t c;

	ck_assert_uint_eq(utf8_decode(s, &c), expected_size);
	ck_assert_uint_eq(c, expected);
}

static void check_escape(const char *s, const char *expected)
{
	char *escaped = utf8_escape(s);

	ck_assert_str_eq(escaped, expected);
	free(escaped);
}

static void check_printable(const char *s, const char *expected)
{
	char *printable = utf8_printable(s);

	ck_assert_str_eq(printable, expected);
	free(printable);
}

#suite base_utf8

#tcase utf8

#test characters
	check_decode("", 0, 1);
	check_decode("az", 'a', 1);
	check_decode("\x7f", 0x7f, 1);
	check_decode("\xc2\x80", 0x80, 2);
	check_decode("\xdf\xbf", 0x7ff, 2);
	check_decode("\xe0\xa0\x80", 0x800, 3);
	check_decode("\xed\x9f\xbf", 0xd7ff, 3);
	check_decode("\xee\x80\x80", 0xe000, 3);
	check_decode("\xef\xbf\xbf", 0xffff, 3);
	check_decode("\xf0\x90\x80\x80", 0x10000, 4);
	check_decode("\xf4\x8f\xbf\xbf", 0x10ffff, 4);

#test stray_bytes
	check_decode("\x80", 0xdc80, 1);
	check_decode("\xff", 0xdcff, 1);
	// Cut short, by the end and by another character.
	check_decode("\xe2\x82", 0xdce2, 1);
	check_decode("\xe2\x82z", 0xdce2, 1);
	check_decode("\xf0\x90\x80", 0xdcf0, 1);
	// Overlong, a surrogate, above the last character.
	check_decode("\xc0\x80", 0xdcc0, 1);
	check_decode("\xe0\x9f\xbf", 0xdce0, 1);
	check_decode("\xf0\x8f\xbf\xbf", 0xdcf0, 1);
	check_decode("\xed\xa0\x80", 0xdced, 1);
	check_decode("\xf4\x90\x80\x80", 0xdcf4, 1);

#test printable
	check_printable("", "");
	check_printable("/src/\xc3\xa9 \\n.c", "/src/\xc3\xa9 \\n.c");
	check_printable("a\nb\tc\rd", "a\\nb\\tc\\rd");
	check_printable("\x1b[2J\x07\x7f", "\\x1b[2J\\x07\\x7f");
	// CSI as one character of C1, and as a stray byte.
	check_printable("\xc2\x9b" "2J\x9b" "2J", "\\xc2\\x9b2J\\x9b2J");

#test escape
	check_escape("", "");
	check_escape("/usr/lib/\xc3\xa9.c", "/usr/lib/\xc3\xa9.c");
	check_escape("a\xff\xc3z\xc3", "a\\xff\\xc3z\\xc3");

#test shorten
	_cleanup_free_ char *same = utf8_shorten("abcdefghij", 10);
	_cleanup_free_ char *shorter = utf8_shorten("abcdefghijk", 10);
	_cleanup_free_ char *wide = utf8_shorten("\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9", 10);
	_cleanup_free_ char *escaped = utf8_shorten("\x1b\x1b\x1b", 11);

	ck_assert_str_eq(same, "abcdefghij");
	ck_assert_str_eq(shorter, "abc...ijk");
	ck_assert_str_eq(wide, "\xc3\xa9\xc3\xa9\xc3\xa9...\xc3\xa9\xc3\xa9\xc3\xa9");
	ck_assert_str_eq(escaped, "\\x1b...\\x1b");
