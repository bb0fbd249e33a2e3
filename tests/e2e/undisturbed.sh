#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Threads that sit in system calls notice nothing of an attach and a detach: each call comes back
# with its own result, and not early.
. "$(dirname "$0")/lib.sh"

spawn "$TARGETS/blocking" 4
target=$pid
until_true 10 says "$pid_out" '^ready$' || fail "blocking did not get ready"
for how in 'detach' 'quit' 'stop'; do
	ms attach -o listing -e 'wait 0.2' -e "$how" "$target"
	is "$status" 0 "status of attach with $how"
	is_left "$target"
done
# And when the supervisor is killed.
spawn "$MALLOSCOPE" attach -o listing -e 'wait 60' "$target"
tracer=$pid
until_true 5 is_traced_by_someone "$target" || fail "attach: $(cat "$pid_out")"
sleep 0.2
kill -KILL "$tracer"
await "$tracer" 5 malloscope
is_left "$target"
await "$target" 20 blocking
cat "$dir/spawned.1"
is "$status" 0 "status of the target"
has "$dir/spawned.1" '^EXIT-SUCCESS$' "the target's own check"
