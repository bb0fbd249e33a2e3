#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A program that looks closely at its signals sees what it would see without a tracer: the pc and
# the address of faults, displaced instructions among them; real-time signals in order and number;
# alternate stacks, restarted system calls, timers at 10 kHz; its own traps.
. "$(dirname "$0")/../lib.sh"

rounds=${SIGNALS_ROUNDS:-3}

check() {
	await "$1" 60 "$2"
	is "$status" 0 "status of $2: $(cat "$3")"
	has "$3" '^EXIT-SUCCESS$' "$2"
	echo "ok: $2"
}

# Traced for all its life, from the begin or from a moment before.
ms run -o blocks -e 'wait exit' -e status -- "$TARGETS/signals" "$rounds" </dev/null
is "$status" 0 "status of signals"
has out '^EXIT-SUCCESS$' "signals, launched"
nothing_odd blocks 'signals, launched'
has blocks 'replaced blocks=0, abandoned calls=[0-9]*, lost events=0' "events of signals"
# Attached to and left again and again.
spawn "$TARGETS/signals" $((rounds * 8))
target=$pid
num=0
until is_over "$target"; do
	timeout 30 "$MALLOSCOPE" attach -o listing -e "wait 0.0$((num % 7))" "$target" 2>err \
		</dev/null
	status=$?
	[ "$status" -eq 0 ] || until_true 2 is_over "$target" || fail "attach $num: status $status"
	num=$((num + 1))
done
check "$target" "signals, $num attachments" "$pid_out"
[ "$num" -gt 2 ] || fail "only $num attachments, nothing was tested"
