#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Attach and leave again and again under the load of 16 threads: no thread is left stopped or
# traced, every byte of code is as it was, and the target comes to its own good end.
. "$(dirname "$0")/../lib.sh"

# What can go wrong needs a trap on its way at the wrong moment: one round in a hundred has one.
rounds=${DETACH_ROUNDS:-80}

spawn "$TARGETS/threads" 16 0
target=$pid
until_true 10 says "$pid_out" '^running$' || fail "threads did not start"
for ((i = 0; i < rounds; i++)); do
	case $((i % 4)) in
	0) ms attach -o listing -e 'wait 0.05' -e detach "$target" ;;
	1) ms attach -o listing -e 'wait 0.05' -e 'top -n 3' "$target" ;;
	2) ms attach -o listing -e 'status' -e quit "$target" ;;
	3) ms attach -o listing -e 'wait 0.05' -e stop -e start -e 'wait 0.05' -e 'top -n 1' \
		"$target" ;;
	esac
	is "$status" 0 "status of round $i"
	[ -d "/proc/$target" ] || fail "the target died in round $i"
	[ $((i % 10)) -ne 0 ] || is_left "$target"
done
is_left "$target"
kill -USR1 "$target"
await "$target" 20 threads
is "$status" 0 "status of the target"
has "$pid_out" '^EXIT-SUCCESS$' "the target's own check"
