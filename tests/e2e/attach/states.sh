#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Attach to processes in all states: stopped, and it stays so; just beginning; ending; long asleep
# in one call. In each they go on as if nothing had been, or malloscope says in one line why not.
. "$(dirname "$0")/../lib.sh"

# States of all threads, each once: T or, with a tracer, t.
states() {
	sed -n 's/^State:[[:space:]]*\(.\).*/\1/p' "/proc/$1/task"/*/status | sort -u | tr -d '\n'
}

has_states() {
	[ "$(states "$1")" = "$2" ]
}

spawn "$TARGETS/threads" 4 0
target=$pid
target_out=$pid_out
until_true 10 says "$pid_out" '^running$' || fail "threads did not start"

# Stopped before and after.
kill -STOP "$target"
until_true 5 has_states "$target" T || fail "threads do not stop"
for how in detach quit 'wait 0.1'; do
	ms attach -o listing -e snapshot -e 'wait 0.1' -e status -e "$how" "$target"
	is "$status" 0 "status of attach to a stopped process"
	until_true 5 has_states "$target" T ||
		fail "after $how the threads are in state $(states "$target")"
	has_not "/proc/$target/status" '^TracerPid:[[:space:]]*[1-9]' "the stopped target"
	"$TARGETS/code_check" "$target" >code 2>&1 ||
		fail "the code of a stopped process: $(cat code)"
done
kill -CONT "$target"
is_left "$target"

# Continued while attached, and stopped while attached.
kill -STOP "$target"
until_true 5 has_states "$target" T || fail "threads do not stop"
spawn "$MALLOSCOPE" attach -o listing -e 'wait 60' "$target"
tracer=$pid
until_true 5 is_traced_by_someone "$target" || fail "attach: $(cat "$pid_out")"
sleep 0.1
kill -CONT "$target"
kill -TERM "$tracer"
await "$tracer" 10 malloscope
is_left "$target"
ms attach -o listing -e 'wait 0.2' -e status "$target"
has listing '^events: [1-9]' "events after all that"
spawn "$MALLOSCOPE" attach -o listing -e 'wait 60' "$target"
tracer=$pid
until_true 5 is_traced_by_someone "$target" || fail "attach: $(cat "$pid_out")"
sleep 0.1
kill -STOP "$target"
sleep 0.1
kill -TERM "$tracer"
await "$tracer" 10 malloscope
until_true 5 has_states "$target" T ||
	fail "a process stopped while attached is in state $(states "$target")"
"$TARGETS/code_check" "$target" >code 2>&1 ||
	fail "the code of a process stopped while attached: $(cat code)"
kill -CONT "$target"
is_left "$target"
kill -USR1 "$target"
await "$target" 20 threads
is "$status" 0 "status of the target"
has "$target_out" '^EXIT-SUCCESS$' "the target's own check"
echo "ok: stopped"

# At any moment of a short life.
for ((i = 0; i < ${STATES_LIVES:-40}; i++)); do
	case $((i % 3)) in
	0) spawn "$TARGETS/single" ;;
	1) spawn "$TARGETS/thread_life" churn $((i * 30 % 1500)) ;;
	2) spawn "$TARGETS/threads" 8 $((i * 200 % 6000 + 1)) ;;
	esac
	target=$pid
	[ $((i % 4)) -eq 0 ] || sleep "0.00$((i % 10))"
	timeout 30 "$MALLOSCOPE" attach -o listing -e 'wait 0.001' "$target" 2>err </dev/null
	attached=$?
	[ "$attached" -le 1 ] || fail "attach $i to a short life: status $attached"
	[ "$attached" -eq 0 ] || is "$(wc -l <err)" 1 "lines of the message"
	num_attached=$((${num_attached-0} + (attached == 0)))
	await "$target" 20 "a short life"
	is "$status" 0 "status of short life $i: $(cat "$pid_out")"
	has "$pid_out" '^EXIT-SUCCESS$' "short life $i"
done
[ "$num_attached" -gt 0 ] || fail "all were gone, nothing was tested"
echo "ok: $num_attached of $i short lives were attached to"

# It sleeps in one call for ever; nobody has to wake it up.
spawn sleep 1000
target=$pid
until_true 5 has_states "$target" S || fail "sleep does not sleep"
before=$(cut -d ' ' -f 14-15 "/proc/$target/stat")
ms attach -o listing -e snapshot -e status -e top "$target"
is "$status" 0 "status of attach to a sleeper"
is_left "$target"
is "$(cut -d ' ' -f 14-15 "/proc/$target/stat")" "$before" "CPU time of a sleeper"
