#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# What a tracer leaves mapped in the target is used again by the next one: areas do not add up.
. "$(dirname "$0")/../lib.sh"

count_areas() {
	grep -cE ' r-xp 00000000 00:00 0 *$' "/proc/$target/maps"
}

spawn "$TARGETS/threads" 2 0
target=$pid
until_true 10 says "$pid_out" '^running$' || fail "threads did not start"
before=$(count_areas)
for round in $(seq 20); do
	ms attach -o listing -e 'wait 0.3' -e status "$target"
	is "$status" 0 "status of attach $round"
	has listing '^events: [1-9]' "events of attach $round"
	[ "$round" -gt 1 ] || first=$(count_areas)
done
[ "$first" -gt "$before" ] || fail "no area was mapped, nothing was tested"
is "$(count_areas)" "$first" "areas after 20 rounds"
kill -USR1 "$target"
await "$target" 20 threads
is "$status" 0 "status of the target"
