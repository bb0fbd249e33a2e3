#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Supervisor, tracer, or both in either order 0 to 5 ms apart are killed, half of the times within
# 50 ms of attaching, while programs of several kinds run: each comes to its own correct end. Prints
# who survived, by program, victim and moment. KILLS: how many in all (default 40; `scripts/soak
# --kills 1000`). KILLS_PROGRAMS, KILLS_VICTIMS, KILLS_MOMENTS: only these. KILLS_LOSSES: so many
# losses are no failure (default 0). KILLS_CORES: a directory where cores and maps are kept.
. "$(dirname "$0")/../lib.sh"

kills=${KILLS:-40}
read -ra programs <<<"${KILLS_PROGRAMS:-storm python forker-sleep forker-alloc redis}"
read -ra victims <<<"${KILLS_VICTIMS:-supervisor tracer supervisor-tracer tracer-supervisor}"
read -ra moments <<<"${KILLS_MOMENTS:-early late}"
if [ -n "${KILLS_CORES-}" ]; then ulimit -c unlimited; else ulimit -c 0; fi
# Reading from it is a sleep without a process: nobody writes.
mkfifo never
exec {never}<>never

# pause MICROSECONDS
pause() {
	[ "$1" = 0 ] || read -rt "$(printf '%d.%06d' $(($1 / 1000000)) $(($1 % 1000000)))" \
		-u "$never"
}

# Random work in memory that it checks, threads among it, until SIGUSR1.
python_program='
import random, signal, threading
state = {"end": False}
# A thread that meets traps takes signals of the process that come while it does: none but the main
# one may.
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1])
def work():
    blocks = {}
    while not state["end"]:
        key, size = random.randrange(200), random.randrange(600, 6000)
        old = blocks.pop(key, None)
        if old is not None and old.count(old[:1]) != len(old):
            raise SystemExit("a block has been overwritten")
        blocks[key] = bytes([size % 251]) * size
threads = [threading.Thread(target=work) for _ in range(2)]
for t in threads: t.start()
print("running", flush=True)
signal.sigwait([signal.SIGUSR1])
state["end"] = True
for t in threads: t.join()
print("EXIT-SUCCESS", flush=True)
'

start_redis() {
	spawn redis-server --port 0 --unixsocket "$dir/redis" --save '' --appendonly no --dir "$dir"
	target=$pid
	target_out=$pid_out
	until_true 30 says "$target_out" 'eady to accept connections|unix socket' || return 1
	until_true 10 test -S redis || return 1
	spawn redis-benchmark -s "$dir/redis" -c 4 -n 100000000 -r 500 -d 200 -t set,lpush
	load=$pid
	# Of a target that sleeps all the time doc/RELIABILITY.md promises less.
	until_true 30 says "$pid_out" 'rps='
}

# start PROGRAM: its process is $target, its output in $target_out.
start() {
	load=
	rm -f redis
	case $1 in
	storm) spawn "$TARGETS/storm" 4 0 ;;
	python) spawn python3 -c "$python_program" ;;
	forker-*) spawn "$TARGETS/forker" "${1#forker-}" ;;
	redis)
		start_redis || start_redis ||
			fail "redis-server did not start: $(cat "$target_out")"
		return
		;;
	*) fail "no program $1" ;;
	esac
	target=$pid
	target_out=$pid_out
	until_true 30 says "$target_out" '^running$' ||
		fail "$1 did not start: $(cat "$target_out")"
}

# finish_target PROGRAM: it comes to its end, and is content.
finish_target() {
	if [ "$1" = redis ]; then
		[ "$(timeout 5 redis-cli -s redis ping 2>&1)" = PONG ] || return 1
		kill -KILL "$load"
		wait "$load" 2>/dev/null
		timeout 5 redis-cli -s redis shutdown nosave >/dev/null 2>&1
	else
		kill -USR1 "$target" 2>/dev/null
	fi
	until_true 20 is_over "$target" || return 1
	wait "$target" 2>/dev/null
	status=$?
	[ "$status" = 0 ] && { [ "$1" = redis ] || says "$target_out" '^EXIT-SUCCESS$'; }
}

tracer_pid() {
	sed -n 's/^TracerPid:[[:space:]]*//p' "/proc/$target/status" 2>/dev/null
}

# Is the target traced? Its tracer is $tracer. Without a process for each look.
is_traced() {
	local key value

	while read -r key value; do
		if [ "$key" = TracerPid: ]; then
			tracer=$value
			[ "$value" != 0 ]
			return
		fi
	done 2>/dev/null <"/proc/$target/status"
	return 1
}

until_traced() {
	local i

	for ((i = 0; i < 20000; i++)); do
		is_traced && return 0
		pause 1000
	done
	return 1
}

kill_victims() {
	case $1 in
	supervisor) kill -KILL "$malloscope" ;;
	tracer) kill -KILL "$tracer" ;;
	supervisor-tracer)
		kill -KILL "$malloscope"
		pause "$gap"
		kill -KILL "$tracer" 2>/dev/null
		;;
	tracer-supervisor)
		kill -KILL "$tracer"
		pause "$gap"
		kill -KILL "$malloscope" 2>/dev/null
		;;
	esac
}

keep_evidence() {
	local core

	[ -n "${KILLS_CORES-}" ] || return
	for core in core core.*; do
		[ -e "$core" ] && mv "$core" "$KILLS_CORES/core.$1.$2"
	done
}

# one PROGRAM VICTIM MOMENT ROUND
one() {
	local gap=$((RANDOM % (RANDOM % 2 ? 1000 : 5000))) delay=$((RANDOM % 50000))

	[ "$3" = early ] || delay=$((100000 + RANDOM * 10))
	pids=()
	start "$1"
	spawn "$MALLOSCOPE" attach -o listing -e 'wait 60' "$target"
	malloscope=$pid
	until_traced || fail "$1: not attached: $(cat "$pid_out")"
	pause "$delay"
	kill_victims "$2"
	await "$malloscope" 10 "malloscope, $*"
	wait "$malloscope" 2>/dev/null
	until_true 10 is_not_traced "$target" ||
		fail "$*: threads of the target are still traced or stopped"
	pause 100000
	finish_target "$1" && return 0
	# One that has not died hangs.
	[ -z "${KILLS_CORES-}" ] ||
		cat "/proc/$target/task"/*/{status,syscall} >"$KILLS_CORES/tasks.$1.$4" 2>/dev/null
	kill -ABRT "$target" 2>/dev/null
	until_true 5 is_over "$target" || kill -KILL "$target"
	wait "$target" 2>/dev/null
	echo "lost: $1, $2, $3, round $4: ${delay} us after attaching, ${gap} us apart: status $?: $(tail -n 1 "$target_out")"
	keep_evidence "$1" "$4"
	[ -z "$load" ] || kill -KILL "$load" 2>/dev/null
	return 1
}

has_program() {
	[ "$1" != redis ] || { type redis-server && type redis-benchmark; } >/dev/null 2>&1
}

lost=0
tried=0
declare -A survivors trials
wanted=()
for program in "${programs[@]}"; do
	if has_program "$program"; then
		wanted+=("$program")
	else
		echo "skipped: $program: redis-server and redis-tools are not installed"
	fi
done
while [ "$tried" -lt "$kills" ]; do
	# Every cell in turn.
	n=$tried
	program=${wanted[n % ${#wanted[@]}]}
	n=$((n / ${#wanted[@]}))
	victim=${victims[n % ${#victims[@]}]}
	n=$((n / ${#victims[@]}))
	moment=${moments[n % ${#moments[@]}]}
	tried=$((tried + 1))
	cell="$program $victim $moment"
	trials[$cell]=$((${trials[$cell]-0} + 1))
	# The shell's own words about who was killed.
	if one "$program" "$victim" "$moment" "$tried" 2>/dev/null; then
		survivors[$cell]=$((${survivors[$cell]-0} + 1))
	else
		lost=$((lost + 1))
	fi
done
printf '%-14s %-18s %9s %9s\n' program killed "${moments[@]}"
for program in "${wanted[@]}"; do
	for victim in "${victims[@]}"; do
		printf '%-14s %-18s' "$program" "$victim"
		for moment in "${moments[@]}"; do
			cell="$program $victim $moment"
			printf ' %9s' "${survivors[$cell]-0}/${trials[$cell]-0}"
		done
		echo
	done
done
echo "$((tried - lost)) of $tried targets survived"
[ "$lost" -le "${KILLS_LOSSES:-0}" ]
