#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Code that was made at run time: stacks go on through it by the frame pointer, as far as that leads
# to code; the runtime's own files name it.
. "$(dirname "$0")/../lib.sh"

run() {
	ms run -o listing -e 'wait call checkpoint' -e status -e 'top traceback --by size -n 1' \
		-e traceback -e 'top traceback --by count' -e 'traceback #2' \
		-e 'top function --cumulative -n 20' -e 'wait exit' -- "$TARGETS/jit_code" "$1"
	is "$status" 0 "$1: status"
	has out '^EXIT-SUCCESS$' "$1: the program"
	has listing "^engine: $ENGINE\$" "$1: the engine"
	has listing '^unwinding: stacks=[0-9]+, truncated=3, failed=0$' "$1: walks"
	has listing '^truncated: 3 in memory that belongs to no file$' "$1: the reason"
	has listing '^# the newest 2 of [0-9]+ frames are certain' "$1: what a frame pointer found"
	has listing '^# truncated: the oldest frame is in memory that belongs to no file$' \
		"$1: the note"
	has listing ', in call_made$' "$1: who called the made code"
	has_not listing ', in call_lost$' "$1: who called code without frame pointer"
}

run none
has listing '^  <unknown>:0$' "no names"

ms run --json -o listing -e 'wait call checkpoint' -e 'top traceback -n 1' -e traceback \
	-- "$TARGETS/jit_code" none
is "$(grep -o '"sure_nframe":2,' listing | wc -l)" 2 "frames that are sure in JSON"

run map
has listing '^  \[jit\]\(made outer\+0xb\)$' "perf map: the outer function"
has listing '^  \[jit\]\(made_inner\+0x5\)$' "perf map: the inner function"
has listing '^made_inner \(\[jit\]\): size=' "perf map: a row"
has_not listing '\(replaced' "perf map: what was there before"

run dump
has listing '^  \[jit\]\(dumped_outer\+0xb\)$' "jitdump: the outer function"
has listing '^  File "/src/made.js", line 7, in dumped_inner$' "jitdump: a line"
