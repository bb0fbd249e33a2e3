#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Threads that begin and end as threads rarely do, while malloscope comes and goes or watches from
# the begin: thousands a second, cancelled ones, a thousand at once, a leader that ends first, an
# exec by another thread.
. "$(dirname "$0")/../lib.sh"

factor=${THREAD_LIFE_FACTOR:-1}

launched() {
	ms run -o listing -e 'wait exit' -e status -- "$TARGETS/thread_life" "$@" </dev/null
	is "$status" 0 "status of thread_life $*, launched"
	has out '^EXIT-SUCCESS$' "thread_life $*, launched"
	has listing 'events: [1-9]' "events of thread_life $*"
	has listing 'lost events=0' "events of thread_life $*"
	echo "ok: launched, $*"
}

# attached LEAST MODE...: attach to it at least so often in its life, or to several of it.
attached() {
	local least=$1 target target_out num=0 last=0

	shift
	for _ in 1 2 3 4 5; do
		spawn "$TARGETS/thread_life" "$@"
		target=$pid
		target_out=$pid_out
		until is_over "$target"; do
			timeout 30 "$MALLOSCOPE" attach -o listing -e "wait 0.0$((num % 6))" \
				-e snapshot -e status "$target" 2>err </dev/null
			status=$?
			[ "$status" -eq 0 ] || until_true 2 is_over "$target" ||
				fail "attach $num to thread_life $*: status $status"
			[ "$status" -ne 0 ] || last=$num
			num=$((num + 1))
		done
		await "$target" 20 "thread_life $*"
		is "$status" 0 \
			"status of thread_life $* after $num attachments: $(cat "$target_out")"
		has "$target_out" '^EXIT-SUCCESS$' "thread_life $*"
		[ "$last" -lt "$least" ] || break
	done
	[ "$last" -ge "$least" ] ||
		fail "thread_life $*: only $last attachments, nothing was tested"
	echo "ok: attached $num times, $*"
}

launched churn $((2000 * factor))
launched exec $((3 * factor))
launched leader 1 1
launched cancel $((100 * factor))
launched many 1000 1
attached 2 churn $((4000 * factor))
attached 1 exec $((10 * factor))
attached 1 leader 1 "$factor"
attached 2 cancel $((80 * factor))
attached 2 many 1000 "$factor"
# When the leader had ended before we came its last thread tells of the end of the process, and the
# status is the process's.
spawn "$TARGETS/thread_life" leader 1 1
target=$pid
until_true 10 says "$pid_out" '^running$' || fail "thread_life did not get ready"
ms attach -o listing -e 'wait exit' -e status "$target"
is "$status" 0 "status of attach"
has listing 'state=ended \(exit status 0\)' "status without a leader"
