#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# While the rescue handler stands in the target, and when it has stayed there behind a killed
# tracer, a SIGTRAP that is not ours kills as it does without us; leaving takes the handler out.
. "$(dirname "$0")/../lib.sh"

ulimit -c 0

catches_trap() {
	local caught

	caught=$(sed -n 's/^SigCgt:[[:space:]]*//p' "/proc/$1/status")
	(((0x$caught >> 4 & 1) == 1))
}

for kind in int3 cd03 raise; do
	ms run -o listing -e 'wait exit' -- "$TARGETS/default_trap" "$kind"
	is "$status" 133 "status of $kind"
done

spawn "$TARGETS/default_trap" wait
target=$pid
until_true 10 says "$pid_out" '^running$' || fail "the target did not start"
spawn "$MALLOSCOPE" attach -o listing -e 'wait 60' "$target"
malloscope=$pid
until_true 10 catches_trap "$target" || fail "no handler was installed"
kill -TERM "$malloscope"
await "$malloscope" 10 malloscope
is_left "$target" 10
! catches_trap "$target" || fail "the handler has stayed"

# What kills the supervisor may kill the tracer in the next moment, while it leaves.
spawn "$MALLOSCOPE" attach -o listing -e 'wait 60' "$target"
malloscope=$pid
until_true 10 catches_trap "$target" || fail "no handler was installed for the second time"
kill -KILL "$malloscope"
await "$malloscope" 10 malloscope
is_left "$target" 10
catches_trap "$target" || fail "the handler was taken out when the supervisor had been killed"

spawn "$MALLOSCOPE" attach -o listing -e 'wait 60' "$target"
malloscope=$pid
until_true 10 is_traced_by_someone "$target" || fail "not attached again"
tracer=$(sed -n 's/^TracerPid:[[:space:]]*//p' "/proc/$target/status")
[ "$tracer" -gt 1 ] || fail "who traces?"
kill -KILL "$tracer"
await "$malloscope" 10 malloscope
is "$status" 1 "status of malloscope whose tracer was killed"
is_left "$target" 10
catches_trap "$target" || fail "the handler has gone with its tracer"
kill -TRAP "$target"
await "$target" 10 "the target after SIGTRAP"
is "$status" 133 "status of the target after SIGTRAP"
