#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Names that somebody chose to annoy: C++ templates and operators, paths with newlines, escape
# sequences, quotes and bytes that are no UTF-8. Text never drives the terminal nor feigns a row;
# JSON gives them back as they are.
. "$(dirname "$0")/../lib.sh"

python=$(PATH=/usr/bin:/bin:$PATH command -v python3) || skip "python3 is missing"
cxx=$(command -v "${CXX:-g++}") || skip "no C++ compiler"

# The directory is part of every path; the source's name also feigns a row.
odd=$'odd "dir\\\e[31m\xff\x9b2J'
mkdir "$odd"
cat >source.cc <<'END'
#include <cstdlib>
#include <utility>
#include <vector>
struct Odd {
	int value;
	bool operator<(const Odd &other) const;
	void *operator()(const char *text, std::size_t size) const;
	Odd operator<<(int n) const;
};
__attribute__((noinline)) bool Odd::operator<(const Odd &other) const
{
	void *volatile p = malloc(1001);
	return p && value < other.value;
}
__attribute__((noinline)) void *Odd::operator()(const char *, std::size_t size) const
{
	void *volatile p = malloc(size);
	return p;
}
__attribute__((noinline)) Odd Odd::operator<<(int n) const
{
	void *volatile p = malloc(1003);
	return {p ? value << n : 0};
}
template <typename T, std::size_t N>
__attribute__((noinline)) void *take(std::pair<T, T> *, T (*)[N])
{
	void *volatile p = malloc(1000 + N);
	return p;
}
int main()
{
	Odd a{1}, b{2};
	auto f = [](int n) __attribute__((noinline)) {
		void *volatile p = malloc(1000 + n); return p != nullptr; };
	take<std::vector<const char *>, 4>(nullptr, nullptr);
	return a < b && a("x", 1002) && (a << 5).value && f(5) ? 0 : 1;
}
END
source=$odd/$'a.c:1: size=1 B\n[ Top 9 ] live\r\t.cc'
mv source.cc "$source"
"$cxx" -std=gnu++17 -g -O1 -x c++ -o "$odd/pro\"gram" "$PWD/$source" || exit 99
ms run -o text -e 'wait exit' -e top -e 'top function' -e 'top module' -e 'top traceback' \
	-e traceback -e traces -e status -e probes \
	-e 'dump f' -e 'check growth peak live --max 0' -e 'filter add +*odd*' -e 'filter list' \
	-e top -- "$odd/pro\"gram" </dev/null
is "$status" 0 "status"
[ "$(LC_ALL=C tr -d '\n\t[:print:]' <text | wc -c)" = 0 ] ||
	fail "bytes other than printable ones: $(
		LC_ALL=C tr -d '\n\t[:print:]' <text | od -c | head
	)"
has_not text '^\[ Top 9 \] live' "a row that is none"
has text '^/.*/odd "dir\\\\x1b\[31m\\xff\\x9b2J/a\.c:1: size=1 B\\n\[ Top 9 \] live\\r\\t\.cc:[0-9]+: size=100[1-5] B' "a row by line"
has text '^Odd::operator<\(Odd const&\) const \(.*\): size=1001 B, count=1, ' "a row by function"
has text '^take<std::vector<char const\*>, 4ul>\(.*\) \(.*\): size=1004 B' "a template"
# Not from a file either, and not in an error.
ms open -e top -e 'traceback' f
[ "$(LC_ALL=C tr -d '\n\t[:print:]' <out | wc -c)" = 0 ] || fail "raw bytes from a file"
ms run -o text -- $'./no\e[2Jsuch\nprogram' </dev/null
is "$status" 1 "a program that is not there"
is "$(wc -l <err)" 1 "lines of the error"
has err '/no\\x1b\[2Jsuch\\nprogram' "name in an error"

# JSON has them all.
ms run --json -o listing -e 'wait exit' -e top -e 'top function' -e 'top module' -e traces \
	-e blocks -- "$odd/pro\"gram" </dev/null
is "$status" 0 "status with --json"
cat >read.py <<'END'
import json, os, sys

name = os.fsencode(os.path.join(os.getcwd(), "")).decode() + sys.argv[1]
source = 'a.c:1: size=1 B\n[ Top 9 ] live\r\t.cc'
top, function, module, *lines = [json.loads(line) for line in open("listing", encoding="utf-8")
                                 if "wait" not in line[:20] and '"note"' not in line[:20]]
wanted = {1001: "Odd::operator<(Odd const&) const",
          1002: "Odd::operator()(char const*, unsigned long) const",
          1003: "Odd::operator<<(int) const",
          1004: "void* take<std::vector<char const*, std::allocator<char const*> >, 4ul>"}
rows = {row["size"]: row for row in top["rows"] if 1001 <= row["size"] <= 1005}
assert len(rows) == 5, top
for row in rows.values():
    assert row["filename"] == name + "/" + source, row
    assert row["label"] == "%s:%d" % (row["filename"], row["lineno"]), row
functions = {row["size"]: row for row in function["rows"]}
for size, text in wanted.items():
    assert functions[size]["function"].startswith(text), functions[size]
    assert functions[size]["module"] == name + '/pro"gram', functions[size]
assert any(row["module"] == name + '/pro"gram' for row in module["rows"]), module
traces = {line["size"]: line["frames"] for line in lines if "frames" in line}
blocks = {line["size"]: line for line in lines if line.get("command") == "blocks"}
for size, text in wanted.items():
    assert any(frame["function"].startswith(text) for frame in traces[size]
               if frame["function"]), traces[size]
    assert blocks[size]["filename"] == name + "/" + source, blocks[size]
    assert blocks[size]["domain"] == 0, blocks[size]
END
"$python" read.py $'odd "dir\\\e[31m\\xff\\x9b2J' >out 2>err || fail "documents: $(tail -n 1 err)"

# 0.1 is 0.1.
ms run --json -o listing -e 'wait exit' -e 'top -n 100' -- "$odd/pro\"gram" </dev/null
"$python" - <<'END' >out 2>err || fail "numbers: $(tail -n 1 err)"
import re

numbers = re.findall(r"[:,\[](-?\d+\.\d+(?:e[-+]?\d+)?)",
                     re.sub(r'"(\\.|[^"\\])*"', '""', open("listing").read()))
assert numbers
for number in numbers:
    assert float(repr(float(number))) == float(number), number
    assert len(number) <= len(repr(float(number))) + 4, number
END
exit 0
