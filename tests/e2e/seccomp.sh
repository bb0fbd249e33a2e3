#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The target dies when it maps executable memory: displaced instructions must find another place.
. "$(dirname "$0")/lib.sh"

LEDGER_WAIT=1 LEDGER=$dir/ledger spawn "$TARGETS/seccomp"
target=$pid
until_true 10 says "$pid_out" '^ready$' || fail "the target did not get ready: $(cat "$pid_out")"
grep -q '^Seccomp:[[:space:]]*2' "/proc/$target/status" || skip "no seccomp filters here"
ms attach -o blocks -e 'wait call checkpoint' -e blocks -e status "$target"
is "$status" 0 "status of attach"
await "$target" 30 "the target"
is "$status" 0 "status of the target"
has "$pid_out" '^EXIT-SUCCESS$' "output of the target"
same_blocks blocks ledger
has blocks 'lost events=0' "what was lost"
