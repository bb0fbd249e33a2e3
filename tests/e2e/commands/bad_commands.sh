#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Commands that cannot be done: one clear line each, status 1, and the target is left alone and
# alive.
. "$(dirname "$0")/../lib.sh"

spawn sleep 100
target=$pid

# What is known to fail fails at once: the target is not there to be touched.
cannot() {
	local regex=$1 arguments=()

	shift
	for command in "$@"; do
		arguments+=(-e "$command")
	done
	ms run "${arguments[@]}" -- touch touched </dev/null
	is "$status" 1 "status after: $*"
	is "$(wc -l <err)" 1 "lines for: $*"
	has err "$regex" "message for: $*"
	[ ! -e touched ] || fail "$*: the program was run"
}

cannot "^malloscope: -e 'dump a f': no snapshot 'a'" 'wait exit' 'dump a f'
cannot "^malloscope: -e 'drop s2': no snapshot 's2'" snapshot 'drop s1' 'drop s2'
cannot "^malloscope: -e 'diff': it compares with a snapshot" diff
cannot "^malloscope: -e 'snapshot live': 'live' is" 'snapshot live'
cannot "^malloscope: -e 'check growth a --max 1KiB': no snapshot 'a'" 'snapshot b' \
	'check growth a --max 1KiB'
# A name that a file brings, or that exists with another process, may be there.
ms run -e 'wait exit' -e 'dump f' -- true </dev/null
is "$status" 0 "dump"
ms run -o listing -e 'load f' -e 'drop s1' -e 'load f b' -e 'top --snapshot b' -e 'wait exit' \
	-- touch touched </dev/null
is "$status" 0 "names of a file"
rm touched

# A NUL would hide what stands behind it.
printf 'wait exit\0\ncheck growth a --max 1B\n' >script
ms run -x script -- touch touched </dev/null
is "$status" 1 "status of a script with a NUL byte"
has err '^malloscope: script:1: a NUL byte' "a script with a NUL byte"
[ ! -e touched ] || fail "a script with a NUL byte was run"

# What is to become of the target holds though a command before it failed.
ms run -o listing -e 'process 1' -e memory -e kill -- sh -c 'echo $$ >sleeping; exec sleep 60' \
	</dev/null
is "$status" 1 "status of a failure before kill"
has err "^malloscope: -e 'process 1': no process 1 is followed" "the failure is named"
has_not listing '^current=' "what is behind a failure"
[ ! -e sleeping ] || is_over "$(cat sleeping)" || fail "the target was not killed"
printf 'process 1\n# comment\ndetach\n' >script
ms attach -x script "$target" </dev/null
is "$status" 1 "status of a failing script"
has err '^malloscope: script:1: process: no process 1 is followed' "a failing script"
is_left "$target"

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
