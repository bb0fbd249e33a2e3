#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Threads that sit in system calls notice nothing of an attach, snapshots and a detach: each call
# comes back with its own result, and not early; nor do signals that are ignored, which the kernel
# shows to tracees alone, make it do so.
. "$(dirname "$0")/../lib.sh"

seconds=${UNDISTURBED_SECONDS:-4}

# One that waits in each call to the end, two that wait a few milliseconds again and again; ignored
# signals come to the last two.
spawn "$TARGETS/blocking" "$seconds"
targets=("$pid")
BLOCKING_IGNORED=1 spawn "$TARGETS/blocking" "$seconds"
targets+=("$pid")
BLOCKING_IGNORED=1 spawn "$TARGETS/blocking" "$seconds" 3
targets+=("$pid")
for i in 1 2 3; do
	until_true 10 says "$dir/spawned.$i" '^ready$' || fail "blocking did not get ready"
done

# When the supervisor is killed.
spawn "$MALLOSCOPE" attach -o listing -e 'wait 60' "${targets[0]}"
tracer=$pid
until_true 5 is_traced_by_someone "${targets[0]}" || fail "attach: $(cat "$pid_out")"
sleep 0.2
kill -KILL "$tracer"
await "$tracer" 5 malloscope
is_left "${targets[0]}"

# In all other ways, until they come to their ends.
num=0
while :; do
	for how in detach quit stop; do
		for target in "${targets[@]}"; do
			ms attach -o listing -e snapshot -e 'wait 0.1' -e 'snapshot later' \
				-e 'top -n 1' -e "$how" "$target"
			# It may end while we come.
			[ "$status" -eq 0 ] || until_true 2 is_over "$target" ||
				fail "status of attach with $how: $status"
			is_over "$target" && break 3
			num=$((num + 1))
		done
	done
done
[ "$num" -ge 3 ] || fail "only $num attachments, nothing was tested"
for i in 1 2 3; do
	await "${targets[i - 1]}" $((seconds + 20)) blocking
	cat "$dir/spawned.$i"
	is "$status" 0 "status of target $i"
	has "$dir/spawned.$i" '^EXIT-SUCCESS$' "the target's own check"
	has_not "$dir/spawned.$i" 'early' "target $i"
done
