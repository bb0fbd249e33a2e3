#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# From launch every free is that of a block that we know, and counts once, however many functions it
# goes through: sized delete jumps to delete, which jumps to free; in jemalloc, tcmalloc and
# mimalloc the forms of delete jump or call each other.
. "$(dirname "$0")/../lib.sh"

cxx=$(command -v "${CXX:-g++}") || skip "no C++ compiler"
cat >forms.cc <<'END'
#include <cstdlib>
#include <new>
struct alignas(128) Wide { char bytes[256]; };
struct Small { long a, b; };
#define SITE __attribute__((noinline))
#define KEEP(p) __asm__ volatile("" : "+r"(p) : : "memory")
void *volatile kept[10];
SITE void forms(int i)
{
	Small *a = new Small;
	char *b = new char[40];
	Wide *c = new Wide, *d = new Wide[2];
	void *e = ::operator new(72, std::nothrow);
	void *f = malloc(88), *g = calloc(3, 33), *h = nullptr;
	KEEP(a); KEEP(b); KEEP(c); KEEP(d); KEEP(e); KEEP(f); KEEP(g);
	f = realloc(f, 4000);
	KEEP(f);
	if (posix_memalign(&h, 64, 100))
		abort();
	delete a;
	delete[] b;
	delete c;
	delete[] d;
	::operator delete(e, std::nothrow);
	free(f);
	free(g);
	free(h);
	// Each address again and again, by another form.
	void *p = malloc(16);
	KEEP(p);
	free(p);
	a = new Small;
	KEEP(a);
	::operator delete(a, sizeof(*a));
	if (i % 10 == 0)
		kept[i / 10] = malloc(50);
}
extern "C" SITE void checkpoint() { __asm__ volatile(""); }
int main()
{
	for (int i = 0; i < 100; i++)
		forms(i);
	checkpoint();
}
END
cat >jumping.c <<'END'
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stddef.h>
extern void __libc_free(void *);
extern void *__libc_malloc(size_t);
void *malloc(size_t size) { return __libc_malloc(size); }
void free(void *p) { __libc_free(p); }
END
"$cxx" -std=gnu++17 -O2 -g -o forms forms.cc || exit 99
"${CC:-gcc}" -O2 -shared -fPIC -o jumping.so jumping.c || exit 99

# check WHAT PROGRAM [ENVIRONMENT]: 1,000 blocks come and go, 10 stay.
check() {
	local what=$1 program=$2 setting=${3-LC_ALL=C}

	ms run -o listing -e 'wait call checkpoint' -e status -e top \
		-e 'wait exit' -e status -- env "$setting" "./$program"
	is "$status" 0 "status, $what"
	is "$(grep -c '^oddities: unknown frees=0, replaced blocks=0,' listing)" 2 \
		"what is odd, $what: $(grep '^oddities' listing | tr '\n' ' ')"
	has listing 'forms.cc:[0-9]+: size=500 B, count=10,' "what stays, $what"
	echo "ok: $what"
}

check dynamic forms
"$cxx" -std=gnu++17 -O2 -g -static -o forms_static forms.cc 2>/dev/null && check static forms_static
check "a preloaded free that jumps into libc's" forms LD_PRELOAD="$dir/jumping.so"
for library in libjemalloc.so.2 libtcmalloc_minimal.so.4 libmimalloc.so.2; do
	path=$(ldconfig -p | sed -n "s/.*$library .* => //p" | head -n 1)
	[ -n "$path" ] && check "$library" forms LD_PRELOAD="$path"
done
exit 0
