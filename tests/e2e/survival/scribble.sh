#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A target that writes random bytes over all memory that it shares with malloscope: malloscope may
# stop tracing, with a message, and does nothing worse. It ends by itself and by no signal, its
# memory does not grow without bound, and the file behind the memory cannot be shrunk.
. "$(dirname "$0")/../lib.sh"

ms_timeout=90
scribbled=0

# How malloscope may end: as the target, or with an error of one line.
check_end() {
	case $status in
	0 | 90 | 1[3-5]?) ;;
	1) is "$(grep -c '^malloscope: ' err)" 1 "messages of $1: $(cat err)" ;;
	*) fail "malloscope ended with $status ($1)" ;;
	esac
	has_not err 'Sanitizer|assert|Assertion|crash' "messages of $1"
}

count_scribbled() {
	# It spoils our figures, and nothing of its own.
	has "$1" '^EXIT-SUCCESS$' "the end of the target"
	scribbled=$((scribbled + $(sed -n 's/^scribbled //p' "$1" | head -n 1) + 0))
	has_not "$1" '^shrunk [1-9]' "shrinking the memory that is shared"
}

for ((i = 0; i < ${SCRIBBLE_ROUNDS:-2}; i++)); do
	# No more address space than that: nobody believes a size that the target wrote.
	ms run -o listing -e 'wait exit' -e status -e 'top -n 3' -e traces -- "$TARGETS/scribble" 1
	check_end "a launch"
	count_scribbled out

	spawn "$TARGETS/scribble" 3
	target=$pid
	target_out=$pid_out
	until_true 10 says "$target_out" '^ready$' || fail "scribble did not start"
	ms attach -o listing -e 'wait 1' -e status "$target"
	check_end "an attach"
	# Untouched is what it did not touch: its code.
	[ ! -d "/proc/$target" ] || [ "$status" != 0 ] || is_left "$target"
	until_true 60 is_over "$target" || fail "the target does not end"
	count_scribbled "$target_out"
done
[ "$scribbled" -gt 0 ] ||
	skip "with the engine $(sed -n 's/^engine: //p' listing) nothing is shared with the target"
echo "ok: $scribbled bytes"
