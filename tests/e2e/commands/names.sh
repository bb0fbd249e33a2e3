#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Short names of C++ functions: by default, unless --long, in JSON, and where two rows would look
# the same.
. "$(dirname "$0")/../lib.sh"

cxx=$(command -v "${CXX:-g++}") || skip "no C++ compiler"
cat >names.cc <<'END'
#include <cstdlib>
#include <map>
#include <string>
#include <vector>
#define SITE __attribute__((noinline))
namespace ns {
template <int N> struct Numbered {};
template <typename T> struct Keeper {
	SITE void keep(size_t size) { void *p = malloc(size); __asm__ volatile("" : : "r"(p)); }
};
}
using Map = std::map<std::string, std::vector<std::string>>;
SITE void fill(Map const &, std::string const &, std::vector<int> const &)
{
	void *p = malloc(5000);
	__asm__ volatile("" : : "r"(p));
}
template <int N>
using Pair = std::pair<ns::Numbered<111111>, std::pair<ns::Numbered<222222>, ns::Numbered<N>>>;
int main()
{
	fill({}, "", {});
	ns::Keeper<Pair<333333>>().keep(4000);
	ns::Keeper<Pair<444444>>().keep(3000);
	ns::Keeper<std::string>().keep(2000);
}
END
"$cxx" -std=gnu++17 -g -O1 -o names names.cc || exit 99
top=(-e 'wait exit' -e 'filter add +*names.cc' -e 'top function' -e 'traceback #1')
ms run -o short "${top[@]}" -e 'top function --long' -e 'top function --json' -- ./names
is "$status" 0 "status"
has short '^fill\(\.\.\.\) \(names\): size=5000 B' "a long list of parameters"
has short 'in fill\(\.\.\.\)$' "the name in a traceback"
has short '^ns::Keeper<std::string>::keep\(unsigned long\) \(names\): size=2000 B' "std::string"
for last in 333333 444444; do
	has short "^ns::Keeper<std::pair<.*$last.*>::keep\\(unsigned long\\) \\(names\\): size=" \
		"rows that would look the same"
done
whole='fill\(std::map<std::(__cxx11::)?basic_string<char.*> > const&\)'
has short "^$whole \\(names\\): size=5000 B" "the whole name with --long"
has short "\"label\":\"$whole \\(names\\)\"" "the whole name in JSON"
ms run -o long --long "${top[@]}" -- ./names
has long "^$whole \\(names\\): size=5000 B" "the whole name with malloscope --long"
has long "in $whole\$" "the whole name in a traceback"
grep -q 'std::string' long && fail "a short name with --long: $(cat long)"
exit 0
