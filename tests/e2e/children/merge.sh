#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# One table of several processes: top, diff, tree and dump with --merge, top --processes. The
# numbers are the sums of those of the processes, which the workers choose.
. "$(dirname "$0")/../lib.sh"

cc=$(command -v "${CC:-gcc}") || skip "no C compiler"
cat >workers.c <<'END'
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
#define WORKERS 6
__attribute__((noinline)) void *work(size_t size) { return malloc(size); }
__attribute__((noinline)) void keep(void *p) { __asm__ volatile("" : : "r"(p)); }
__attribute__((noinline)) void checkpoint(void) { __asm__ volatile(""); }
int main(void)
{
	int ready[2], go[2], i;
	char c;

	if (pipe(ready) || pipe(go))
		return 1;
	for (i = 1; i <= WORKERS; i++) {
		if (fork())
			continue;
		close(go[1]);
		keep(work(i * 1000));
		if (write(ready[1], "r", 1) != 1 || read(go[0], &c, 1) != 0)
			_exit(1);
		keep(work(i * 100));
		_exit(0);
	}
	for (i = 0; i < WORKERS; i++)
		if (read(ready[0], &c, 1) != 1)
			return 1;
	checkpoint();
	close(go[1]);
	while (wait(NULL) > 0)
		continue;
	keep(malloc(7));
	return 0;
}
END
"$cc" -g -O1 -fno-optimize-sibling-calls -o workers workers.c 2>err || exit 99
ms run --follow fork -o listing -e 'wait call checkpoint' -e 'snapshot a --merge workers' \
	-e 'top --merge workers' -e 'wait all' -e 'top --merge workers' -e 'traceback #1' \
	-e 'diff a --merge workers' -e 'tree a --merge workers' -e 'top --processes' \
	-e 'top --processes --json' -e 'dump f --merge workers' -e 'dump a f --merge workers' \
	-e 'top --json --merge workers -n 1' -e top -- ./workers
is "$status" 0 "status"
has listing '^a of 7 processes of workers: 20[.]5 KiB in 6 blocks' "a snapshot in each process"
has listing '/workers\.c:5: size=20[.]5 KiB, count=6, ' "the workers while they live"
has listing '/workers\.c:5: size=22[.]6 KiB, count=12, ' "the workers at their ends"
has listing '/workers\.c:[0-9]+: size=7 B, count=1, ' "their parent"
has listing '^  File ".*/workers.c", line 5, in work$' "the traceback of a row"
has listing '/workers\.c:5: size=22[.]6 KiB \(\+2100 B\), count=12 \(\+6\), ' "a comparison"
has listing '^ +\+2100 B +\+6 +99\.7%  .*main \(workers.c:[0-9]+\)$' "the tree of changes"
has listing '^Total change: \+2107 B in \+7 blocks$' "the change of all"
is "$(grep -cE '^workers \([0-9]+, ended \(exit status 0\)\): size=' listing)" 7 "rows of processes"
has listing '^workers \([0-9]+, .*\): size=6600 B, count=2, average=3300 B$' "the row of a process"
is "$(grep -o '"key":"process","total_size":[0-9]*' listing)" '"key":"process","total_size":23107' \
	"the sum of processes in JSON"
has listing '"name":"live of 7 processes of workers",.*"total_size":23107,' "a merged table in JSON"
# The table of one process stays what it was.
is "$(tail -n 1 listing)" "Total allocated size: 7 B" "the current process"
ms open -e 'top --snapshot "live of 7 processes of workers" -n 1' \
	-e 'diff "a of 7 processes of workers" "live of 7 processes of workers" -n 1' f
has out '/workers\.c:5: size=22[.]6 KiB, count=12, ' "a merged snapshot from a file"
has out '^Total change: \+2107 B in \+7 blocks$' "two of them"

for command in 'top --merge nobody' 'diff --merge workers' 'diff never --merge workers' \
	'top --processes --merge workers' 'top lineno --processes' 'snapshot --merge workers' \
	'top --merge workers --since a'; do
	ms run --follow fork -e 'snapshot a' -e "$command" -- ./workers
	is "$status" 1 "status of $command"
done
exit 0
