#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A program without any allocator: says so, names what was searched, goes on, and the program comes
# to its end. One that runs without a call of its allocator gets a note with the likely reason; one
# that sleeps, or calls, gets none.
. "$(dirname "$0")/../lib.sh"

echo hello >input
ms run -- "$TARGETS/no_allocator" <input
is "$status" 5 "status of the program"
is "$(cat out)" hello "output of the program"
has err 'allocator' "the note"
has err 'no_allocator' "what was searched"

mkfifo hold
exec 9<>hold
"$TARGETS/no_allocator" <hold >copied &
target=$!
pids+=("$target")
ms attach -e 'wait 0.1' -e status "$target"
has err 'allocator' "the note"
is_left "$target"
echo on >&9
until_true 5 says copied '^on$' || fail "the program does not go on"

# All at the same time.
cc=$(command -v "${CC:-gcc}") || exit 0
cat >silent.c <<'END'
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
int main(int argc, char **argv)
{
	size_t size = 64 << 20, at = 0, i;
	char *pool = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	const char *how = argc > 1 ? argv[1] : "";

	if (pool == MAP_FAILED || write(1, "ready\n", 6) != 6)
		return 1;
	for (;;) {
		if (strcmp(how, "grows") == 0 && at < size)
			memset(pool + (at += 65536) - 65536, 1, 65536);
		void *volatile p = strcmp(how, "calls") == 0 ? malloc(10) : NULL;
		if (p)
			free(p);
		if (strcmp(how, "sleeps") == 0)
			pause();
		for (volatile int k = i = 0; k < 500000; k++)
			i++;
		usleep(5000);
	}
}
END
"$cc" -O1 -o silent silent.c || exit 99
silence='^# process [0-9]+ runs, but calls no allocator function'
for how in runs grows calls sleeps; do
	spawn ./silent "$how"
	target=$pid
	until_true 10 says "$pid_out" '^ready$' || fail "the target $how is not ready"
	spawn "$MALLOSCOPE" attach -o "silent.$how" -e 'wait 300' -e status "$target"
done
until_true 100 says silent.runs "$silence: it allocates nothing now, or from a pool" ||
	fail "no note on one that runs"
until_true 100 says silent.grows "$silence, while its private memory has grown by [0-9]" ||
	fail "no note on growth"
is "$(cat silent.* | grep -cE "$silence")" 2 "notes"
exit 0
