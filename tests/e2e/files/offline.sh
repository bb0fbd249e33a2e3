#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Files without the process, its binaries and its sources: open, top, diff; symbols and source lines
# come from the file. Files that are none, or damaged, get one line.
. "$(dirname "$0")/../lib.sh"

# A program and its source that are gone later.
mkdir away
cat >away/gone.c <<'END'
#include <stdlib.h>
__attribute__((noinline)) void *leak(size_t n)
{
	void *p = malloc(n); /* the leak */
	__asm__ volatile("" : "+r"(p));
	return p;
}
int main(void)
{
	for (int i = 0; i < 10; i++)
		leak(1000);
	leak(2000);
	return 0;
}
END
${CC:-cc} -g -O1 -o away/gone "$PWD/away/gone.c" || exit 99
ms run -o listing -e 'wait call leak 3' -e 'snapshot a' -e 'dump a f' -e 'wait call leak 8' \
	-e 'dump f' -e 'diff a s1' -e 'top traceback' -e 'traceback' -- ./away/gone
is "$status" 0 "status of the run"
sed -n '/^\[ Top.*diff/,/^Total/p' listing | tail -n +2 >rows
sed -n '/^\[ Traceback/,$p' listing | grep -E '^    |^  File' >stack
rm -r away

ms open -e 'diff a s1' -e 'top traceback' -e traceback f
is "$status" 0 "status of open"
sed -n '/^\[ Top.*diff/,/^Total/p' out | tail -n +2 | diff - rows >differences ||
	fail "rows of diff: $(cat differences)"
sed -n '/^\[ Traceback/,$p' out | grep -E '^    |^  File' | diff - stack >differences ||
	fail "traceback: $(cat differences)"
has out '^    void \*p = malloc\(n\); /\* the leak \*/$' "source line from the file"
ms diff f:a f:s1
is "$status" 0 "status of diff"
tail -n +2 out | diff - rows >differences || fail "rows of malloscope diff: $(cat differences)"
ms top f:a lineno -n 1
has out '^\[ Top 1 \] f:a: 2000 B in 2 blocks' "malloscope top"
has out '/away/gone\.c:4: size=2000 B, count=2, average=1000 B$' "row of malloscope top"
ms top f --json
python3 -c 'import json, sys; assert json.load(open("out"))["snapshot"]["name"] == "f"' ||
	fail "JSON of top"
ms open f </dev/null
has out '^s1 ' "open lists the snapshots"
ms open -e 'wait exit' f
is "$status" 1 "waiting without a process"
ms open -e 'snapshot x' f
is "$status" 1 "snapshot without a process"
has err "-e 'snapshot x': there is no process to take snapshots of$" \
	"error of snapshot without a process"
ms open -e status f
has out 'state=stored in a file' "state without a process"

# What cannot be read: one line, status 1, nothing changed.
refused() {
	local before

	before=$(stat -c '%s %Y' "$1" 2>/dev/null)
	ms top "$1"
	is "$status" 1 "status with $2"
	is "$(wc -l <err)" 1 "lines about $2"
	has err '^malloscope: ' "text about $2"
	is "$(stat -c '%s %Y' "$1" 2>/dev/null)" "$before" "$2 is left alone"
}
refused nosuch "a file that is not there"
head -c 5000 /dev/urandom >random
refused random "random bytes"
: >empty
refused empty "an empty file"
size=$(stat -c %s f)
for cut in 1 50 100 512 4096 5000 $((size / 2)) $((size - 4096)) $((size - 1)); do
	head -c "$cut" f >shortened
	refused shortened "a file cut at $cut"
done
ms diff f
is "$status" 2 "diff with one file"
has err "what is f to be compared with" "error of diff with one file"
exit 0
