#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The target dies when it maps executable memory: displaced instructions must find another place, or
# the filter is suspended. With either filter it lives on when the tracer is killed; where nothing
# can protect it that is said.
. "$(dirname "$0")/../lib.sh"

ulimit -c 0

catches_trap() {
	local caught

	caught=$(sed -n 's/^SigCgt:[[:space:]]*//p' "/proc/$1/status")
	(((0x$caught >> 4 & 1) == 1))
}

# killed HOW WHO: the tracer, or both, are killed while a target with that filter allocates.
killed() {
	spawn "$TARGETS/seccomp" "$1"
	target=$pid
	target_out=$pid_out
	until_true 10 says "$target_out" '^running$' ||
		fail "$1: the target did not start: $(cat "$target_out")"
	spawn "$MALLOSCOPE" attach -o listing -e 'wait 60' "$target"
	malloscope=$pid
	until_true 10 catches_trap "$target" ||
		fail "$1: no handler was installed: $(cat "$pid_out")"
	tracer=$(sed -n 's/^TracerPid:[[:space:]]*//p' "/proc/$target/status")
	[ "$tracer" -gt 1 ] || fail "who traces?"
	[ "$2" = tracer ] || kill -KILL "$malloscope"
	kill -KILL "$tracer"
	await "$malloscope" 10 malloscope
	sleep 0.2
	kill -USR1 "$target" || fail "$1: the target has died with the $2"
	await "$target" 20 "the target"
	is "$status" 0 "$1: status of the target when the $2 died"
	has "$target_out" '^EXIT-SUCCESS$' "$1: output of the target when the $2 died"
}

LEDGER_WAIT=1 LEDGER=$dir/ledger spawn "$TARGETS/seccomp"
target=$pid
until_true 10 says "$pid_out" '^ready$' || fail "the target did not get ready: $(cat "$pid_out")"
grep -q '^Seccomp:[[:space:]]*2' "/proc/$target/status" || skip "no seccomp filters here"
ms attach -o blocks -e 'wait call checkpoint' -e blocks -e status "$target"
is "$status" 0 "status of attach"
await "$target" 30 "the target"
is "$status" 0 "status of the target"
has "$pid_out" '^EXIT-SUCCESS$' "output of the target"
same_blocks blocks ledger
has blocks 'lost events=0' "what was lost"

# A tracer may ask filters what they say, and suspend them, with CAP_SYS_ADMIN alone.
capable=$((0x$(sed -n 's/^CapEff:[[:space:]]*//p' /proc/self/status) >> 21 & 1))
if [ "$capable" = 1 ] && grep -q '^Seccomp:[[:space:]]*0' /proc/self/status; then
	for filter in allow forbid; do
		killed "$filter" tracer
		killed "$filter" both
	done
fi
spawn "$TARGETS/seccomp" allow
target=$pid
until_true 10 says "$pid_out" '^running$' || fail "the target did not start: $(cat "$pid_out")"
if [ "$capable" = 1 ]; then
	command -v setpriv >/dev/null || skip "needs setpriv for its last part"
	MALLOSCOPE="setpriv --bounding-set=-sys_admin --inh-caps=-sys_admin -- $MALLOSCOPE"
fi
# shellcheck disable=SC2086 # several words
timeout 20 $MALLOSCOPE attach -e 'wait 0.3' -e status "$target" >out 2>err </dev/null
is "$?" 0 "status of attach without CAP_SYS_ADMIN"
is "$(cat out err | grep -c 'the target may die with it: its seccomp filter')" 1 \
	"notes of the danger"
kill -USR1 "$target"
await "$target" 20 "the target"
is "$status" 0 "status of the target"
