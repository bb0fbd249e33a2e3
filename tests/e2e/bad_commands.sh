#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Commands that cannot be done: one clear line each, status 1, and the target is left alone and
# alive.
. "$(dirname "$0")/lib.sh"

spawn sleep 100
target=$pid

refuses() {
	local regex=$1 arguments=()

	shift
	for command in "$@"; do
		arguments+=(-e "$command")
	done
	ms attach "${arguments[@]}" "$target" </dev/null
	is "$status" 1 "status after: $*"
	has err "$regex" "message for: $*"
	is_left "$target"
	echo "ok: $*: $(grep -E -m1 -- "$regex" err)"
}

refuses 'frobnicate' frobnicate
# s is start, status, stop, snapshot, snapshots.
refuses 'st.*start.*status.*stop|st.*(start|status|stop).*(start|status|stop)' st
refuses "unknown key_type: 'foo'" 'top foo'
refuses "unknown key_type: 'foo'" 'diff foo bar foo'
refuses "cumulative mode cannot by used with key type 'traceback'" 'top traceback --cumulative'
refuses 'the number of frames must be in range \[1; 65535\]' stop 'start 0'
refuses 'the number of frames must be in range \[1; 65535\]' stop 'start 65536'
refuses 'nosuch' 'top --snapshot nosuch'
refuses 'nosuch' 'drop nosuch'
refuses 'nosuch' 'diff nosuch'
refuses 'must be tracing' stop snapshot
refuses "tracing has ended; 'malloscope attach PID' begins anew" detach snapshot
refuses 'wait|SECONDS' 'wait soon'
refuses 'where|ADDRESS|address|nowhere' 'where nowhere'
refuses 'traceback' 'traceback #1'

# Not an error: twice the same.
ms attach -e start -e stop -e stop -e clear -e reset-peak -e memory "$target" </dev/null
is "$status" 0 "stop twice"
has err '^current=0 B \(0 B\), peak=0 B \(0 B\)$' "memory after stop"
ms attach -e 'where 0x10' "$target" </dev/null
has err 'not traced' "an address that is in no block"
# An unambiguous prefix.
ms attach -e 'mem' "$target" </dev/null
is "$status" 0 "mem for memory"
has err '^current=' "mem for memory"
is_left "$target"
