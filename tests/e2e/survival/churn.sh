#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Attach and leave at any moment while the target makes children, makes and ends threads, throws,
# takes signals: it comes to its own good end, and no child of it falls over a breakpoint that was
# left.
. "$(dirname "$0")/../lib.sh"

# One life of the target. It can be over before we came often enough: then another one follows.
live() {
	local target target_out

	LEDGER=$dir/ledger spawn "$@"
	target=$pid
	target_out=$pid_out
	while ! is_over "$target"; do
		timeout 30 "$MALLOSCOPE" attach -o listing -e "wait 0.0$((num % 5))" "$target" \
			2>err </dev/null
		status=$?
		# It may end while we come.
		[ "$status" -eq 0 ] || until_true 2 is_over "$target" ||
			fail "attach $num to $*: status $status"
		num=$((num + 1))
	done
	await "$target" 5 "$*"
	is "$status" 0 "status of $* after $num attachments: $(cat "$target_out")"
	has "$target_out" '^EXIT-SUCCESS$' "$*"
}

try() {
	num=0
	for _ in 1 2 3 4 5 6; do
		live "$@"
		[ "$num" -le 3 ] || break
	done
	[ "$num" -gt 3 ] || fail "$*: only $num attachments, nothing was tested"
	echo "ok: $*: $num attachments"
}

try "$TARGETS/children" "${CHURN_ROUNDS:-150}"
try "$TARGETS/exit_threads" 600
try "$TARGETS/own_traps" 40
