#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# malloscope is ended by SIGINT, SIGTERM, SIGHUP and SIGKILL while 16 threads allocate: the target
# lives on as it was.
. "$(dirname "$0")/../lib.sh"

spawn "$TARGETS/threads" 16 0
target=$pid
target_out=$pid_out
until_true 10 says "$pid_out" '^running$' || fail "threads did not start"
for signal in INT TERM HUP KILL KILL KILL; do
	# A shell without job control starts its background jobs with SIGINT ignored.
	spawn python3 -c 'import os, signal, sys
signal.signal(signal.SIGINT, signal.SIG_DFL)
os.execv(sys.argv[1], sys.argv[1:])' "$MALLOSCOPE" attach -o listing -e 'wait 60' "$target"
	tracer=$pid
	until_true 30 is_traced_by_someone "$target" ||
		fail "attach before SIG$signal: $(cat "$pid_out")"
	sleep 0.3
	kill -"$signal" "$tracer"
	await "$tracer" 10 "malloscope after SIG$signal"
	[ "$status" -ne 0 ] || fail "malloscope ended by SIG$signal says 0"
	is_left "$target" 10
	echo "ok: SIG$signal"
done
kill -USR1 "$target"
await "$target" 20 threads
is "$status" 0 "status of the target"
has "$target_out" '^EXIT-SUCCESS$' "the target's own check"

# The same for a program that malloscope launched.
for signal in TERM KILL; do
	spawn "$MALLOSCOPE" run -o listing -e status -e 'wait 60' -- "$TARGETS/threads" 4 0
	tracer=$pid
	target_out=$pid_out
	until_true 10 says "$pid_out" '^running$' || fail "launch before SIG$signal"
	target=$(sed -n 's/^target: pid=\([0-9]*\),.*/\1/p' listing)
	[ -d "/proc/$target" ] || fail "status does not name the target"
	pids+=("$target")
	sleep 0.2
	kill -"$signal" "$tracer"
	await "$tracer" 10 "malloscope after SIG$signal"
	is_left "$target" 10
	kill -USR1 "$target"
	until_true 20 is_over "$target" || fail "the launched target does not end"
	has "$target_out" '^EXIT-SUCCESS$' "the launched target's own check"
	echo "ok: launched, SIG$signal"
done
