#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# E8: blocks of operator new and new[] of a C++ program are in their domains, whichever form was
# called, dynamic or static, and though libraries' new[] only jumps to new, or is the same function.
. "$(dirname "$0")/../lib.sh"

cxx=$(command -v "${CXX:-g++}") || skip "no C++ compiler"
cat >forms.cc <<'END'
#include <cstdlib>
#include <new>
#include <string>
#include <vector>
struct alignas(128) Wide { char bytes[256]; };
#define SITE __attribute__((noinline))
#define KEEP(p) __asm__ volatile("" : "+r"(p) : : "memory")
SITE void site_new() { void *p = ::operator new(101); KEEP(p); }
SITE void site_new_array() { char *p = new char[102]; KEEP(p); }
SITE void site_new_nothrow() { void *p = ::operator new(103, std::nothrow); KEEP(p); }
SITE void site_array_nothrow() { char *p = new (std::nothrow) char[104]; KEEP(p); }
SITE void site_new_wide() { Wide *p = new Wide; KEEP(p); }
SITE void site_array_wide() { Wide *p = new Wide[2]; KEEP(p); }
SITE void site_malloc() { void *p = malloc(105); KEEP(p); }
SITE void site_vector() { auto *p = new std::vector<char>(1000); KEEP(p); }
extern "C" SITE void checkpoint() { __asm__ volatile(""); }
int main()
{
	site_new();
	site_new_array();
	site_new_nothrow();
	site_array_nothrow();
	site_new_wide();
	site_array_wide();
	site_malloc();
	site_vector();
	checkpoint();
}
END
# check FLAGS [LIBRARY]: with that library in front of the C library's allocator.
check() {
	ms run -o listing -e 'wait call checkpoint' -e blocks -e 'top domain' \
		-e 'filter add +@new[]' -e 'top domain' -e 'wait exit' \
		-- env ${2:+LD_PRELOAD="$2"} ./forms
	is "$status" 0 "status with $*"
	is "$(awk '/^0x/ && $5 ~ /^site_[^v]/ { sub(/\(.*/, "", $5); print $3, $5, $2 }' listing |
		sort)" "malloc site_malloc 105
new site_new 101
new site_new_nothrow 103
new site_new_wide 256
new[] site_array_nothrow 104
new[] site_array_wide 512
new[] site_new_array 102" "domains with $*"
	has listing '^0x[0-9a-f]+ 1000 new ' "what a container holds, with $*"
	is "$(grep -c '^new\[\]: size=718 B, count=3, ' listing)" 2 "rows of new[] with $*"
	echo "ok: $*"
}

for flags in -O1 '-O2 -fno-plt' '-O0 -no-pie' '-O1 -static' '-O2 -Wl,-z,lazy -fcf-protection'; do
	# shellcheck disable=SC2086 # several flags
	"$cxx" -std=gnu++17 -g $flags -o forms forms.cc 2>/dev/null || {
		[[ $flags == *static* ]] && continue
		exit 99
	}
	check "$flags"
	# Where new and new[] are one function, calls through the linkage table and without one.
	[[ $flags == -O1 || $flags == *-fno-plt ]] || continue
	for library in libtcmalloc_minimal.so.4 libmimalloc.so.2; do
		path=$(ldconfig -p | sed -n "s/.*$library .* => //p" | head -n 1)
		[ -z "$path" ] || check "$flags" "$path"
	done
done
exit 0
