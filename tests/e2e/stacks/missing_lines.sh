#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A program whose split debug information is gone: no line stands beside a name that it is not of,
# and one note says what is missing.
. "$(dirname "$0")/../lib.sh"

cat >one.c <<'END'
#include <stdlib.h>
static inline __attribute__((always_inline)) void *mid(int n)
{
	void *p = malloc(n); /* in mid */
	__asm__ volatile("" : "+r"(p) : : "memory");
	return p;
}
__attribute__((noinline)) void *api(int n)
{
	void *p = mid(n + 1);
	__asm__ volatile("" : "+r"(p) : : "memory");
	return p;
}
__attribute__((noinline)) void checkpoint(void)
{
	__asm__ volatile("" : : : "memory");
}
int main(void)
{
	void *p = api(76);
	checkpoint();
	free(p);
	return 0;
}
END
cc -O2 -gdwarf-5 -gsplit-dwarf -c one.c || skip "the compiler cannot split debug information"
cc -o one one.o || exit 99
[ -e one.dwo ] || skip "the compiler makes no .dwo file"

look() {
	ms run -o listing -e 'wait call checkpoint' -e 'blocks' -e 'top lineno' -e 'top traceback' \
		-e 'traceback #1' -e 'wait exit' -- ./one </dev/null
	is "$status" 0 "status"
}

look
has listing ' 77 malloc [0-9]+ mid .*/one\.c:4$' "the block with all debug information"
has_not listing 'missing' "a note for nothing"

rm one.dwo
look
has listing ' 77 malloc [0-9]+ api one\(api\+0x[0-9a-f]+\)$' \
	"the block without split debug information"
has_not listing 'one\.c:' "a line that may be of an inlined function"
is "$(grep -c '^# one: split debug information is missing (one.dwo): no lines there$' listing)" 1 \
	"notes"
echo "ok: split debug information"
