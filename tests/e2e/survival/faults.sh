#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Tracer, supervisor or both are killed at every named moment (src/base/fault.h): the target comes
# to its own correct end. Built with --enable-fault-points alone. FAULTS=SPEC...: only these.
. "$(dirname "$0")/../lib.sh"

ulimit -c 0
num_tried=0

# passes SPEC: the moment came.
passes() {
	says "$dir/fault.log" '^fault: ' || fail "$1: the moment never came"
}

# attached SPEC: in a target of 8 threads that malloscope attaches to, snapshots and leaves.
attached() {
	rm -f fault.log
	spawn env LD_PRELOAD="${preload-}" "$TARGETS/threads" 8 0
	target=$pid
	target_out=$pid_out
	until_true 10 says "$target_out" '^running$' || fail "threads did not start"
	MALLOSCOPE_FAULT=$1 MALLOSCOPE_FAULT_LOG=$dir/fault.log ms attach -o listing -e 'wait 0.2' \
		-e 'snapshot a' -e 'wait 0.1' -e top "$target"
	passes "$1"
	# Without either of the two the traps stay, and the rescue handler does its work. The next
	# tracer takes them out.
	case $1 in
	*kill-both)
		sleep 0.1
		ms attach -o listing -e 'wait 0.1' -e status "$target"
		is "$status" 0 "$1: status of the next attach"
		has listing '^events: [1-9]' "$1: events of the next attach"
		;;
	esac
	is_left "$target" 10
	kill -USR1 "$target" || fail "$1: the target is gone"
	await "$target" 20 threads
	is "$status" 0 "$1: status of the target"
	has "$target_out" '^EXIT-SUCCESS$' "$1: the target's own check"
	num_tried=$((num_tried + 1))
}

# forked SPEC: in a target that sleeps and makes children, whose own thread never stops at a
# breakpoint. If it happens to be awake while malloscope attaches the moment does not come: again.
forked() {
	local try

	for try in 1 2 3 4 5 6 7 8; do
		fork_once "$1"
		says "$dir/fault.log" '^fault: ' && return
	done
	fail "$1: the moment never came, $try times"
}

fork_once() {
	rm -f fault.log
	spawn "$TARGETS/forker" sleep 100
	target=$pid
	target_out=$pid_out
	until_true 10 says "$target_out" '^running$' || fail "forker did not start"
	MALLOSCOPE_FAULT=$1 MALLOSCOPE_FAULT_LOG=$dir/fault.log ms attach -o listing -e 'wait 0.4' \
		"$target"
	sleep 0.3
	kill -USR1 "$target" || fail "$1: the target is gone"
	await "$target" 20 forker
	is "$status" 0 "$1: status of the target: $(cat "$target_out")"
	! says "$dir/fault.log" '^fault: ' || num_tried=$((num_tried + 1))
}

# launched SPEC PROGRAM [ARG...]: in a program that malloscope launches.
launched() {
	launch_once "$@"
	passes "$1"
}

# interrupted SPEC PROGRAM [ARG...]: in one whose signal must find it in the agent, where it is for
# a small part of its time. If none does the moment does not come: again.
interrupted() {
	local try

	for try in 1 2 3 4 5 6 7 8; do
		launch_once "$@"
		says "$dir/fault.log" '^fault: ' && return
	done
	fail "$1: the moment never came, $try times"
}

launch_once() {
	local spec=$1

	shift
	rm -f fault.log
	spawn env MALLOSCOPE_FAULT="$spec" MALLOSCOPE_FAULT_LOG="$dir/fault.log" "$MALLOSCOPE" run \
		-o listing -e 'wait exit' -- "$@"
	until_true 30 says "$pid_out" '^EXIT-SUCCESS$' || fail "$spec: $*: $(cat "$pid_out")"
	await "$pid" 20 malloscope
	! says "$dir/fault.log" '^fault: ' || num_tried=$((num_tried + 1))
}

# patched SPEC: the same while functions are patched with jumps to pads that do nothing.
patched() {
	attached "empty-pads=fail,$1"
	has "$dir/fault.log" "^fault: ${1%%[=#]*}\$" "$1"
}

# agent HOW SPEC [PROGRAM [ARG...]]: attached or launched with the agent.
agent() {
	MALLOSCOPE_ENGINE=agent "$@"
}

is_wanted() {
	[ -z "${FAULTS-}" ] || [[ " $FAULTS " == *" $1 "* ]]
}

# Each moment of the tracer, the first time and in the midst of it.
tracer_points='tracer-started plant planted unplanted trapped parked slot walked site resumed miss
	leave restored interrupted released released-last left'
for point in $tracer_points; do
	for action in kill kill-supervisor; do
		is_wanted "$point" && attached "$point=$action"
	done
done
for point in trapped parked walked resumed; do
	for action in kill kill-supervisor kill-both; do
		is_wanted "$point" && attached "$point#1000=$action"
	done
done
# Each moment of a system call that runs in the target: the first one, that maps, from a cave; the
# next ones, which map and install the handler, from the area; those that take it out.
for point in stub inject masked entered injected unmasked; do
	for nth in 1 2 3 4; do
		for action in kill kill-supervisor kill-both; do
			is_wanted "$point" && attached "$point#$nth=$action"
		done
	done
done
for spec in seize=kill seize#3=kill-supervisor seized=kill seized=kill-supervisor \
	ring-full=kill-supervisor,drain#9=stall=2000 ring-full=kill,drain#9=stall=2000; do
	is_wanted "${spec%%[=#]*}" && attached "$spec"
done
# Each moment of writing jumps and of taking them out: the first function, a later one.
for point in patch patch-traps patch-rest patched; do
	for nth in 1 3; do
		for action in kill kill-supervisor kill-both; do
			is_wanted "$point" && patched "$point#$nth=$action"
		done
	done
done
# The supervisor passes the last ones as well when the tracer is dead.
for point in unpatch unpatch-rest unpatched; do
	for action in kill-tracer kill-supervisor kill-both; do
		is_wanted "$point" && patched "$point=$action"
	done
done
# Each moment of the agent: it comes, works, stands still, is left.
for point in agent-image agent-memfd agent-memory agent-told agent-on agent-thread agent-upcall \
	agent-answered agent-patched agent-paused agent-quiet agent-unpatched agent-put-back \
	agent-off; do
	for action in kill kill-supervisor kill-both; do
		is_wanted "$point" && agent attached "$point=$action"
	done
done
# A target that counts on its signals or on whole backtraces: the tracer goes on here.
is_wanted agent-unwind && agent launched agent-unwind=kill-supervisor "$TARGETS/profiled" 300
is_wanted agent-inside && agent interrupted agent-inside=kill-supervisor "$TARGETS/signal_alloc"
# Each moment of the supervisor.
for point in attached answer drain snapshot detach; do
	for action in kill kill-tracer; do
		is_wanted "$point" && attached "$point=$action"
	done
done
for spec in drain#1000=kill drain#1000=kill-tracer drain#1000=kill-both tracer-gone=kill \
	rescued=kill; do
	is_wanted "${spec%%[=#]*}" && attached "$spec"
done
# A thread is sent to ask an allocator for the size of an older block: one that keeps it elsewhere
# than beside the block.
jemalloc=$(ldconfig -p | sed -n 's/.*libjemalloc\.so\.2 .*=> //p' | head -n 1)
if [ -n "$jemalloc" ]; then
	for point in ask asked; do
		for action in kill kill-supervisor kill-both; do
			is_wanted "$point" && preload=$jemalloc attached "$point=$action"
		done
	done
fi
# Children and images.
for point in fork child child-cleaned; do
	for action in kill kill-supervisor; do
		is_wanted "$point" && launched "$point=$action" "$TARGETS/children"
	done
done
for action in kill kill-supervisor; do
	is_wanted led && forked "led=$action"
	is_wanted exec && launched "exec#2=$action" env A=1 "$TARGETS/single"
	is_wanted step-over && launched "displace=fail,step-over=$action" "$TARGETS/single"
done

# However late the rest of the supervisor is, a launched program is traced, and held at its begin.
if is_wanted draining; then
	MALLOSCOPE_FAULT=draining=stall=500 MALLOSCOPE_FAULT_LOG=$dir/fault.log ms run -o listing \
		-e 'wait call checkpoint' -e 'wait exit' -- "$TARGETS/single"
	is "$status" 0 "a late supervisor"
fi

# No moment without a test.
while read -r point; do
	grep -qE "(^|[^a-z-])$point([^a-z-]|\$)" "$srcdir/tests/e2e/survival/faults.sh" ||
		fail "fault point $point is in no test"
done < <(grep -rhoE 'FAULT_(POINT|FAILS)\("[a-z-]+"\)' "$srcdir/src" | sed 's/.*("\(.*\)")/\1/' |
	sort -u)
echo "$num_tried moments"
