#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A target that sleeps when malloscope comes, and then makes children without allocating itself,
# gets the rescue handler at the end of its first fork: children that are made when both of
# malloscope's processes have been killed live.
. "$(dirname "$0")/../lib.sh"

ulimit -c 0

catches_trap() {
	local caught

	caught=$(sed -n 's/^SigCgt:[[:space:]]*//p' "/proc/$1/status")
	(((0x$caught >> 4 & 1) == 1))
}

for victims in both tracer; do
	spawn "$TARGETS/forker" sleep 100
	target=$pid
	target_out=$pid_out
	until_true 10 says "$target_out" '^running$' || fail "forker did not start"
	spawn "$MALLOSCOPE" attach -o listing -e 'wait 60' "$target"
	malloscope=$pid
	until_true 10 catches_trap "$target" || fail "no handler was installed"
	tracer=$(sed -n 's/^TracerPid:[[:space:]]*//p' "/proc/$target/status")
	[ "$tracer" -gt 1 ] || fail "who traces?"
	[ "$victims" = tracer ] || kill -KILL "$malloscope"
	kill -KILL "$tracer"
	await "$malloscope" 10 malloscope
	# Some children more.
	sleep 0.5
	kill -USR1 "$target" || fail "the target has died: $(cat "$target_out")"
	await "$target" 20 forker
	is "$status" 0 "status of the target: $(cat "$target_out")"
	has "$target_out" '^EXIT-SUCCESS$' "output of the target"
done
