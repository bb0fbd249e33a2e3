#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Attach and leave again and again under 16 threads that only allocate, so that they are in the code
# that changes at any moment: each time its code is as in the files. PATCHING_ROUNDS=1000 is the
# long form.
. "$(dirname "$0")/../lib.sh"

rounds=${PATCHING_ROUNDS:-12}

LEDGER_ALARM=3600 spawn nice -n 19 "$TARGETS/hammer" 16
target=$pid
target_out=$pid_out
until_true 10 says "$target_out" '^running$' || fail "hammer did not start"
for ((i = 0; i < rounds; i++)); do
	ms attach -o listing -e "wait 0.0$((i % 5))" -e status "$target"
	is "$status" 0 "status of attach in round $i"
	has listing '^events: ' "round $i"
	rm -f listing
	[ -d "/proc/$target" ] || fail "the target died in round $i: $(cat "$target_out")"
	is_left "$target" 10
done
kill -USR1 "$target"
await "$target" 60 hammer
is "$status" 0 "status of the target after $rounds rounds"
has "$target_out" '^EXIT-SUCCESS$' "the target's own check"
echo "survived $rounds of $rounds rounds"
