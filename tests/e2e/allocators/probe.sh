#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# --probe: allocators of the user's own, to the byte, beside malloc that they stand on; their domain
# has its name in rows, filters, JSON and files.
. "$(dirname "$0")/../lib.sh"

arena='domain=arena,alloc=arena_alloc(size=2),alloc=arena_get(out=2,count=3,size=4),realloc=arena_resize(ptr=2,size=3),free=arena_free(ptr=2)'
wrap='domain=wrap,alloc=wrap_alloc(size=1),free=wrap_free(ptr=1)'
commands=(-e 'wait call checkpoint' -e blocks -e 'top domain' -e probes -e status -e memory
	-e 'dump f' -e 'filter add +@arena' -e 'top domain' -e 'filter add -@wrap' -e 'filter list'
	-e 'filter clear' -e 'wait exit')

# check LISTING: the blocks of each domain are those of the ledger, and malloc's are the chunks and
# what is wrapped.
check() {
	has_not "$1" 'truncated=[1-9]|failed=[1-9]|lost events=[1-9]' "stacks and events"
	grep -E '^0x[0-9a-f]+ [0-9]+ arena ' "$1" | sed -E 's/ [^ ]+$//' |
		awk '{ print $1, $2, $5 }' | sort >arena
	grep -E '^0x[0-9a-f]+ [0-9]+ wrap ' "$1" | awk '{ print $1, $2, $5 }' | sort >wrap
	grep -E '^0x[0-9a-f]+ [0-9]+ malloc ' "$1" | awk '{ print $1, $2, $5 }' | sort >malloc
	grep -v ' site_wrap$' ledger | sort | diff - arena >differences ||
		fail "blocks of arena: $(head differences)"
	grep ' site_wrap$' ledger | sort | diff - wrap >differences ||
		fail "blocks of wrap: $(head differences)"
	# The wrapper hands the address of malloc on: the block is there twice, once in each domain.
	awk '{ print $1, $2 }' wrap >wanted
	awk '$3 == "site_wrap" || $3 == "wrap_alloc" { print $1, $2 }' malloc |
		diff wanted - >differences || fail "malloc below wrap: $(head differences)"
	is "$(awk '$3 == "arena_alloc" { n++; s += $2 } END { print n, s }' malloc)" '6 393216' \
		"chunks of the arenas"
	sum_wrap=$(awk '{ s += $2 } END { print s }' wrap)
	has "$1" "^arena: size=.*, count=$(wc -l <arena)," "row of arena"
	has "$1" "^wrap: size=$sum_wrap B, count=$(wc -l <wrap)," "row of wrap"
	is "$(current_bytes "$1")" "$(awk '{ s += $2 } END { print s }' arena wrap malloc)" "memory"
	has "$1" '^alloc +arena_alloc +0x[0-9a-f]{16} +[0-9]+ arena +breakpoint /.*/arena( \(.*\))?$' \
		"arena_alloc in probes"
	has "$1" '^realloc +arena_resize .* arena ' "arena_resize in probes"
	has "$1" '^free +wrap_free .* wrap ' "wrap_free in probes"
	has "$1" '^alloc +malloc .* malloc ' "malloc in probes"
	# Behind the first filter there is arena alone.
	is "$(sed -n '/^\[ Top/,/^Total/p' "$1" | grep -cE '^(arena|wrap|malloc): ')" 4 \
		"rows with and without filter"
	has "$1" '^-@wrap$' "filter list"
}

LEDGER=$dir/ledger ms run -o listing --probe "$arena" --probe "$wrap" "${commands[@]}" \
	-- "$TARGETS/arena" </dev/null
is "$status" 0 "status"
has out '^EXIT-SUCCESS$' "the program's own checks"
check listing

# The same on a process that runs already.
rm f
LEDGER=$dir/ledger LEDGER_WAIT=1 spawn "$TARGETS/arena"
target=$pid target_out=$pid_out
until_true 10 says "$target_out" '^ready$' || fail "the target is not ready"
ms attach -o listing --probe "$arena" --probe "$wrap" "${commands[@]}" "$target" </dev/null
is "$status" 0 "status of attach"
await "$target" 10 "the target"
check listing

# The file knows the names, whatever else has those numbers in another process; so does JSON.
LEDGER=$dir/ledger2 ms run -o other --probe "$wrap" --probe "$arena" -e 'wait call checkpoint' \
	-e 'load f old' -e 'diff old domain' -e 'dump f' -- "$TARGETS/arena" </dev/null
is "$status" 0 "status with another order"
has other '^arena: size=.* \(\+0 B\), count=[0-9]+ \(\+0\)' "arena of both"
has other '^wrap: size=.* \(\+0 B\), count=[0-9]+ \(\+0\)' "wrap of both"
ms open -e 'top domain' -e 'filter add +@wrap' -e 'top domain' f
is "$status" 0 "status of open"
has out '^arena: size=' "arena from a file"
is "$(sed -n '/^\[ Top/,/^Total/p' out | grep -cE '^wrap: ')" 2 "wrap from a file"
ms open --json -e 'top domain' -e traces f
grep -q '"domain_name":"arena"' out || fail "name in JSON"
command -v sqlite3 >/dev/null &&
	is "$(sqlite3 f "SELECT value FROM meta WHERE key GLOB 'domain.*' ORDER BY value" |
		tr '\n' ' ')" 'arena wrap ' "names in the file"

# Functions without a name are told by their addresses: of the program, or of a library. What is no
# beginning of a function is left alone.
if command -v strip nm >/dev/null; then
	strip -K checkpoint -o stripped "$TARGETS/arena" || exit 99
	place() {
		nm ${2:+-D} "${2:-$TARGETS/arena}" |
			awk -v name="$1" '{ sub(/@.*/, "", $3) } $3 == name { print "0x" $1; exit }'
	}
	libc=$(ldd "$TARGETS/arena" | sed -n 's/.*libc\.so\.6 => \([^ ]*\) .*/\1/p')
	by_place=$arena
	for name in arena_alloc arena_get arena_resize arena_free; do
		by_place=${by_place/$name/$(place $name)}
	done
	middle=$(printf '0x%x' $(($(place arena_alloc) + 1)))
	in_libc=libc.so.6+$(place valloc "$libc")
	LEDGER=$dir/ledger3 ms run -o listing --probe "$by_place" \
		--probe "domain=odd,alloc=$middle(size=2)" \
		--probe "domain=odd,alloc=$in_libc(size=1)" -e 'wait call checkpoint' -e blocks \
		-e probes -e 'wait exit' -- ./stripped </dev/null
	is "$status" 0 "status of the stripped program"
	has out '^EXIT-SUCCESS$' "the stripped program's own checks"
	is "$(awk '/^0x/ && $3 == "arena" { print $1, $2 }' listing | sort)" \
		"$(grep -v ' site_wrap$' ledger3 | awk '{ print $1, $2 }' | sort)" \
		"blocks of arena by addresses"
	has listing "^free +$(place arena_free) +0x[0-9a-f]+ +[1-9][0-9]* arena " "free by address"
	has listing "^alloc +libc\.so\.6\+0x[0-9a-f]+ +0x[0-9a-f]+ +0 odd .*libc" "in a library"
	has listing "^# --probe: no function of stripped begins at '$middle'" "in the middle"
	has_not listing "^alloc +$middle " "what is in the middle"
fi

# Pools: all blocks go with their pool, and with a pool that is a block of it; not those that were
# freed before, nor what has got their addresses.
cc=$(command -v "${CC:-gcc}") || cc=
cat >pools.c <<'END'
#include <stdlib.h>
#define SITE __attribute__((noinline))
#define KEEP(p) __asm__ volatile("" : "+r"(p) : : "memory")
static char memory[1 << 20];
static size_t used;
/* All at places of their own, unless the last one is reused. */
SITE void *pool_get(void *pool, size_t size)
{
	void *p = memory + used;
	(void)pool;
	used += size + 64;
	KEEP(p);
	return p;
}
SITE void *pool_more(void *pool, void *old, size_t size)
{
	(void)pool; (void)old;
	void *p = memory + used;
	used += size + 64;
	KEEP(p);
	return p;
}
SITE void pool_put(void *p) { KEEP(p); }
SITE void pool_end(void *pool) { KEEP(pool); }
SITE void checkpoint(void) { __asm__ volatile(""); }
int main(void)
{
	int a, b;
	for (int i = 0; i < 100; i++) {
		void *p = pool_get(&a, 1000 + i);
		if (i % 2)
			pool_put(p);
	}
	void *kept = pool_get(&b, 2001);
	pool_more(&b, pool_get(&b, 2002), 2003);
	/* Freed by a, and given to b. */
	size_t mark = used;
	pool_put(pool_get(&a, 2004));
	used = mark;
	pool_get(&b, 2005);
	/* Pools that are blocks: of a, of that, of b. */
	void *inner = pool_get(&a, 3001), *deep = pool_get(inner, 3002), *other;
	pool_get(deep, 3003);
	pool_get(inner, 3004);
	other = pool_get(&b, 4001);
	pool_get(other, 4002);
	pool_get(other, 4003);
	pool_end(&a);
	checkpoint();
	pool_end(other);
	checkpoint();
	pool_end(&b);
	checkpoint();
	KEEP(kept);
	return 0;
}
END
if [ -n "$cc" ] && "$cc" -O1 -g -o pools pools.c; then
	spec='domain=pool,alloc=pool_get(pool=1,size=2),realloc=pool_more(pool=1,ptr=2,size=3)'
	spec+=',free=pool_put(ptr=1),destroy=pool_end(pool=1)'
	ms run -o listing --probe "$spec" -e 'wait call checkpoint' -e blocks \
		-e 'wait call checkpoint' -e blocks -e 'wait call checkpoint' -e blocks -e status \
		-e probes -- ./pools
	is "$status" 0 "status with pools"
	is "$(awk '/^0x/ && $3 == "pool" { print $2 }' listing | sort -n | tr '\n' ' ')" \
		'2001 2001 2003 2003 2005 2005 4001 4002 4003 ' "blocks of the pools, two times"
	has listing '^destroy +pool_end +0x[0-9a-f]+ +3 pool ' "calls of pool_end"
	nothing_odd listing "the pools"
fi

# Functions that are nowhere get a note; bad input is told before anything begins.
ms run -o listing --probe 'domain=x,alloc=no_such_alloc(size=1)' -- "$TARGETS/single" </dev/null
is "$status" 0 "status without the function"
has listing "^# --probe: no function 'no_such_alloc' in the loaded modules" "note"
refused() {
	ms run --probe "$1" -- touch began
	is "$status" 2 "status of --probe '$1'"
	has err "^malloscope: --probe: .*$2" "text about '$1'"
	is "$(wc -l <err)" 1 "lines about '$1'"
	[ ! -e began ] || fail "the program ran"
}
refused '' 'domain=, alloc=, realloc=, free= and destroy= are possible'
refused 'domain=x' 'nothing allocates'
refused 'alloc=f(size=1)' 'which domain'
refused 'domain=x,alloc=f(size=0)' 'the number of an argument is 1 to 6'
refused 'domain=x,alloc=f(size=7)' 'the number of an argument is 1 to 6'
refused 'domain=x,alloc=f(size=1' 'a comma or \)'
refused 'domain=x,alloc=f' 'arguments follow the function'
refused 'domain=x,alloc=f(ptr=1)' 'alloc takes size=N'
refused 'domain=x,free=f(size=1)' 'free takes ptr=N'
refused 'domain=x,realloc=f(size=1)' 'which argument is the block'
refused 'domain=x,alloc=f(size=1),free=f(ptr=1)' 'has a role already'
refused 'domain=7,alloc=f(size=1)' 'begins with a letter'
exit 0
