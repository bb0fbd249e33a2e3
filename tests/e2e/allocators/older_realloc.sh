#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Blocks from before the tracing whose realloc does not simply return: it is left by longjmp, or a
# clear comes while it is under way. They are freed for all that, once.
. "$(dirname "$0")/../lib.sh"

cat >program.c <<'END'
#include <setjmp.h>
#include <stddef.h>

#define SITE __attribute__((noinline))
static char memory[1 << 16];
static size_t used;
static jmp_buf env;
static int want_jump;

SITE void middle(void) { __asm__ volatile(""); }
SITE void begin(void) { __asm__ volatile(""); }
SITE void end(void) { __asm__ volatile(""); }

SITE void *arena_alloc(size_t size)
{
	used += 1024;
	__asm__ volatile("" : : "r"(size));
	return memory + used;
}

SITE void *arena_realloc(void *p, size_t size)
{
	middle();
	if (want_jump)
		longjmp(env, 1);
	used += 1024;
	__asm__ volatile("" : : "r"(size), "r"(p));
	return memory + used;
}

int main(void)
{
	void *volatile old = arena_alloc(100);
	void *volatile moved;

	begin();
	want_jump = 1;
	if (!setjmp(env))
		moved = arena_realloc(old, 200);
	want_jump = 0;
	moved = arena_alloc(50);
	moved = arena_realloc(moved, 80);
	end();
	return 0;
}
END
"${CC:-gcc}" -O1 -g -fno-optimize-sibling-calls -o program program.c || exit 99

arena='domain=arena,alloc=arena_alloc(size=1),realloc=arena_realloc(ptr=1,size=2)'
ms run -o listing --probe "$arena" -e 'wait call begin' -e clear -e 'wait call middle' -e status \
	-e 'wait call middle' -e status -e clear -e 'wait call end' -e status -e 'top domain' \
	-e 'wait exit' -- ./program
is "$status" 0 status
is "$(grep -c '^oddities: unknown frees=0, replaced blocks=0,' listing)" 3 'what is odd'
# The one that was left; behind the second clear the one whose realloc was under way.
is "$(sed -n 's/^older frees: \([0-9]* block\)s*,.*/\1/p' listing | tr '\n' ' ')" \
	'1 block 1 block ' 'older blocks that were freed'
has listing '^arena: size=80 B, count=1' 'what the second realloc returned'
