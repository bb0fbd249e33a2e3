// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/fmt.h"
#include "test_util.h"

static const double K = 1024, M = 1048576, G = 1073741824, T = 1099511627776;

static void check_size(double size, const char *plain, const char *with_sign)
{
	char buf[FMT_SIZE_MAX];

	ck_assert_str_eq(fmt_size(size, false, buf), plain);
	ck_assert_str_eq(fmt_size(size, true, buf), with_sign);
}

static void check_parse(const char *text, uint64_t expected)
{
	uint64_t size = 0;

	ck_ok(fmt_parse_size(text, &size));
	ck_assert_uint_eq(size, expected);
}

#suite base_fmt

#tcase size

#test bytes
	check_size(0, "0 B", "+0 B");
	check_size(99, "99 B", "+99 B");
	check_size(1023, "1023 B", "+1023 B");
	check_size(1024, "1024 B", "+1024 B");
	check_size(10239, "10239 B", "+10239 B");

#test kibibytes
	check_size(10240, "10.0 KiB", "+10.0 KiB");
	check_size(10291, "10.0 KiB", "+10.0 KiB");
	check_size(102399, "100.0 KiB", "+100.0 KiB");
	check_size(102400, "100 KiB", "+100 KiB");
	check_size(1048575, "1024 KiB", "+1024 KiB");
	check_size(1048576, "1024 KiB", "+1024 KiB");
	check_size(10485759, "10240 KiB", "+10240 KiB");

#test mebibytes
	check_size(10485760, "10.0 MiB", "+10.0 MiB");
	check_size(104857599, "100.0 MiB", "+100.0 MiB");
	check_size(104857600, "100 MiB", "+100 MiB");
	check_size(G, "1024 MiB", "+1024 MiB");

#test gibibytes
	check_size(10 * G, "10.0 GiB", "+10.0 GiB");
	check_size(100 * G, "100 GiB", "+100 GiB");
	check_size(T, "1024 GiB", "+1024 GiB");

#test tebibytes
	check_size(10 * T, "10.0 TiB", "+10.0 TiB");
	check_size(20000 * T, "20000 TiB", "+20000 TiB");
	check_size(0x1p64, "16777216 TiB", "+16777216 TiB");

#test negative
	check_size(-1, "-1 B", "-1 B");
	check_size(-10239, "-10239 B", "-10239 B");
	check_size(-10240, "-10.0 KiB", "-10.0 KiB");
	check_size(-102400, "-100 KiB", "-100 KiB");

#test halves_round_to_even
	check_size(0.5, "0 B", "+0 B");
	check_size(1.5, "2 B", "+2 B");
	check_size(2.5, "2 B", "+2 B");
	check_size(7.5, "8 B", "+8 B");

#tcase parse

#test accepted
	check_parse("0", 0);
	check_parse("4096", 4096);
	check_parse("4096B", 4096);
	check_parse("10KiB", 10 * 1024);
	check_parse("10 kib", 10 * 1024);
	check_parse("1.5MiB", 3 * 512 * 1024);
	check_parse("2GiB", 2ull << 30);
	check_parse("1TiB", 1ull << 40);
	check_parse("0.3 B", 0);

#test refused
	static const char *const bad[] = {"", "x", "-1", "+1", " 1", "1x", "1KB", "1 Ki", "KiB",
					  "inf", "nan", "1e300", "9999999TiB", "1.5.2"};
	uint64_t size = 77;
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ck_err(fmt_parse_size(bad[i], &size), ERR_USAGE, "is no size");
	ck_assert_uint_eq(size, 77);

#test parse_reads_what_size_prints
	check_parse("10.0 KiB", (uint64_t)(10 * K));
	check_parse("100 MiB", (uint64_t)(100 * M));
