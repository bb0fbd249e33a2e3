#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# --max-memory: what is counted stays exact, what is kept does not grow beyond the limit, and it is
# told once.
. "$(dirname "$0")/../lib.sh"

# limited SIZE: a run; the listing of status and top.
limited() {
	ms run --max-memory "$1" -o listing -e 'wait exit' -e memory -e status -e 'top -n 5' \
		-- "$TARGETS/many_stacks"
	is "$status" 0 "status with --max-memory $1"
	is "$(cat out)" '8192 413328' "the target's own sums"
	is "$(grep -c '^# the tables of process' listing)" "$2" "notes about the limit $1"
}

limited 64MiB 0
has listing '^max memory: tables=.* of 64\.0 MiB$' 'the limit in status'
has_not listing 'beyond|unrecorded' 'nothing is lost within the limit'
all=$(sed -n 's/^allocated: .* in \([0-9]*\) calls.*/\1/p' listing)
live=$(current_bytes listing)
[ "$all" -ge 8192 ] || fail "only $all allocations"

limited 1MiB 1
has listing '^max memory: tables=.* of 1024 KiB, full: no stacks are added$' 'the limit in status'
is "$(sed -n 's/^allocated: .* in \([0-9]*\) calls.*/\1/p' listing)" "$all" 'all allocations'
has listing '^<beyond --max-memory>: size=.*, count=[1-9]' 'a row for what came later'
# With so many stacks there is room for all blocks.
limited 1700KiB 1
has listing '^<beyond --max-memory>: size=' 'a row for what came later'
has_not listing 'unrecorded' 'all blocks have room'
is "$(current_bytes listing)" "$live" 'live bytes'

# The stacks that were there before the limit, and the new one, are stored as any other.
ms run --max-memory 1MiB -e 'wait exit' -e 'dump f.msnap' -- "$TARGETS/many_stacks"
is "$status" 0 "status of dump"
ms top f.msnap lineno -n 5
is "$status" 0 "status of top of a file"
has out '^<beyond --max-memory>: size=.*, count=[1-9]' 'the row in a file'

ms run --json --max-memory 1MiB -e 'wait exit' -e status -o listing -- "$TARGETS/many_stacks"
has listing '"max_memory": ?1048576, ?"full": ?true' 'the limit in JSON'

for size in 10KiB 5x -3; do
	ms run --max-memory "$size" -- /bin/true
	is "$status" 2 "status with --max-memory $size"
	has err '^malloscope: --max-memory: ' "what is wrong with $size"
done
