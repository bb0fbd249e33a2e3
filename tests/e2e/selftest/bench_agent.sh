#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The part of bench about the agent: each row has a value, or says what is missing.
. "$(dirname "$0")/../lib.sh"

command -v python3 >/dev/null || skip "python3 is missing"
timeout 280 "$srcdir/scripts/bench" --part agent --engine breakpoint --quick --repeat 1 \
	--malloscope "$MALLOSCOPE" >rows || fail "bench ends with $?"
cat rows
value='-?[0-9]+\.[0-9]{3} +[-.0-9]+ (ok|OVER)? +[^ ]'
for row in 'pair, 24 frames, launched' 'pair, 24 frames, attached' 'pair, 8 frames' \
	'pair, 64 frames' '4 threads, 24 frames, a pair' 'malloc, realloc, free' \
	'sqlite3, against breakpoints' 'redis, attached, against untraced' 'unsampled pair' \
	'added with 20000 live blocks' 'after 20000 events' '1,000 threads, 4 allocate' \
	'malloc, p99.9' 'memory added by a thread' 'attach, 200 threads, 150 libraries' \
	'the same, longest stop'; do
	has rows "^$row.* ($value|- +[-.0-9]+ +not available: [^ ])" "the row"
done
# What needs nobody else is there.
for row in 'added with' 'after' '1,000 threads' 'malloc, p99.9' 'memory added' 'attach, 200'; do
	has_not rows "^$row.*not available" "the row"
done
