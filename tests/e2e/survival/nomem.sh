#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Wherever an allocation fails, in the supervisor or in its tracer, the target is left as it was: it
# lives, comes to its own right end, and malloscope says what the matter is and ends by itself.
# tests/targets/nomem.c lets them fail.
. "$(dirname "$0")/../lib.sh"

preload=$TARGETS/nomem.so
rounds=${NOMEM_ROUNDS:-6}

# attach VARIABLE=N...: one session that does a little of everything, with allocations that fail.
attach() {
	rm -f f.msnap*
	timeout -k 5 60 env "$@" NOMEM_LOG="$dir/log" LD_PRELOAD="$preload" "$MALLOSCOPE" attach \
		-o listing -e 'wait 0.02' \
		-e snapshot -e 'top -n 3' -e 'diff traceback' -e 'dump f.msnap' -e status \
		-e detach "$target" >out 2>err
	status=$?
	case $status in
	0 | 1) ;;
	*) fail "$*: malloscope ended with status $status" ;;
	esac
	! is_over "$target" || fail "$*: the target is gone"
	is_left "$target"
}

# sweep MODE FIRST LAST [VARIABLE=VALUE]: as many rounds, at positions evenly spread.
sweep() {
	local i

	for ((i = 0; i < rounds; i++)); do
		attach "$1=$(($2 + ($3 - $2) * i / rounds))" "${@:4}"
		num_failed=$((num_failed + (status == 1)))
	done
}

# The target ends itself after two minutes.
new_target() {
	spawn "$TARGETS/threads" 3 0
	target=$pid
	until_true 10 says "$pid_out" '^running$' || fail "threads did not start"
}

end_target() {
	kill -USR1 "$target"
	await "$target" 20 threads
	is "$status" 0 "status of the target"
	has "$pid_out" '^EXIT-SUCCESS$' "the target's own check"
}

num_failed=0
new_target
attach NOMEM_AT=0
is "$status" 0 "status when nothing fails: $(cat err)"
all=$((10#$(cat log)))
[ "$all" -gt 1000 ] || fail "only $all allocations: nothing is tested"
attach NOMEM_AT=0 NOMEM_CHILD=1
of_tracer=$((10#$(cat log)))
[ "$of_tracer" -gt 5 ] || fail "only $of_tracer allocations of the tracer"
sweep NOMEM_AT 1 "$all"
sweep NOMEM_FROM 1 "$all"
end_target

new_target
sweep NOMEM_AT 1 "$of_tracer" NOMEM_CHILD=1
sweep NOMEM_FROM 1 "$of_tracer" NOMEM_CHILD=1
end_target
[ "$num_failed" -gt 0 ] || fail "no failed allocation was noticed"

# An address space that is too small, as from ulimit -v.
new_target
for limit in 60000 90000 140000 250000; do
	(ulimit -v $limit &&
		exec timeout -k 5 60 "$MALLOSCOPE" attach -o listing -e 'wait 0.1' -e 'top -n 3' \
		-e detach "$target") >out 2>err
	status=$?
	case $status in
	0 | 1 | 127) ;; # 127: not even the libraries have room
	*) fail "ulimit -v $limit: malloscope ended with status $status" ;;
	esac
	is_left "$target"
done
end_target
