#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# One of malloscope's two processes is killed at a random moment while 8 threads allocate: the
# target comes to its own correct end, and its code is as it was. DEATH_ROUNDS: how often each
# (default 8; scripts/soak: 200).
. "$(dirname "$0")/../lib.sh"

rounds=${DEATH_ROUNDS:-8}
ulimit -c 0

tracer_of() {
	sed -n 's/^TracerPid:[[:space:]]*//p' "/proc/$1/status"
}

# kill_one WHO ROUND
kill_one() {
	local victim malloscope

	spawn "$TARGETS/threads" 8 0
	target=$pid
	target_out=$pid_out
	until_true 10 says "$target_out" '^running$' || fail "threads did not start"
	rm -f listing
	spawn "$MALLOSCOPE" attach -o listing -e 'wait 0.01' -e status -e 'wait 60' "$target"
	malloscope=$pid
	until_true 10 is_traced_by_someone "$target" || fail "round $2: attach: $(cat "$pid_out")"
	sleep "0.$(printf '%03d' $((RANDOM % 400)))"
	if [ "$1" = tracer ]; then
		victim=$(tracer_of "$target")
		pids+=("$victim")
	else
		victim=$malloscope
	fi
	[ "${victim:-0}" -gt 1 ] || fail "round $2: who is the $1?"
	kill -KILL "$victim"
	await "$malloscope" 10 "malloscope, round $2"
	[ "$status" -ne 0 ] || fail "round $2: malloscope says 0 when its $1 was killed"
	[ -d "/proc/$target" ] || return 1
	is_over "$target" && return 1
	is_left "$target" 10
	kill -USR1 "$target"
	await "$target" 20 threads
	[ "$status" = 0 ] && says "$target_out" '^EXIT-SUCCESS$'
}

for who in supervisor tracer; do
	survived=0
	for round in $(seq "$rounds"); do
		# Numbers of processes that have ended may be others' by the end of many rounds.
		pids=()
		kill_one "$who" "$round" && survived=$((survived + 1))
	done
	echo "$who killed: $survived of $rounds targets survived"
	[ "$survived" = "$rounds" ] || fail "$((rounds - survived)) targets died with the $who"
done
