#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# --sample: estimates of many kinds of calls against the program's own ledger, from launch and
# attached; differences, the gate, and stored snapshots.
. "$(dirname "$0")/../lib.sh"

check=$srcdir/tests/e2e/commands/sample.py
all=by_malloc,by_calloc,by_realloc,by_storm,by_new,by_new_array,by_memalign,by_small,by_growth
all=$all,by_turnover

# document N COMMAND: the Nth document of that command in the file `listing`.
document() {
	grep "^{\"command\":\"$2\"" listing | sed -n "${1}p"
}

# From launch, every kind of call. The growth is by 2000 bytes for each of 3000 blocks.
ms run --sample 4KiB --json -o listing -e 'wait call checkpoint' -e 'snapshot a' \
	-e 'top function --by allocated --snapshot a' -e 'wait call checkpoint' -e 'snapshot b' \
	-e 'diff a b function' -e 'dump a kept.db' -e 'dump b kept.db' -e status -e memory \
	-e 'traces --snapshot b' \
	-e 'check growth a b --max 6500000 function by_growth*' \
	-e 'check growth a b --max 2MiB function by_growth*' \
	-- "$TARGETS/sampled" <<<'go'
is "$status" 3 'status of run with a gate that fails'
cp out ledger
has ledger '^ledger 2 by_turnover ' 'the ledger'
document 1 top | python3 "$check" ledger ledger 1 "$all" >found || fail "top: $(grep -v '^#' found)"
document 1 diff | python3 "$check" diff ledger >found || fail "diff: $(grep -v '^#' found)"
has listing '"sample_rate":4096,"size_stderr":' 'status'
has listing '"older_frees":0' 'no older blocks'
has listing '"unknown_frees":0' 'every free that is told is of a sampled block'
# 6000000 bytes, more or less 235000; what exceeds 6500000 does so by noise.
document 1 check | grep -q '"exceeded":false' ||
	fail "the gate within the noise: $(document 1 check)"
document 2 check | grep -q '"exceeded":true' || fail "the gate: $(document 2 check)"
document 2 check | grep -q '"exceeded_within_noise":false' || fail "the gate: $(document 2 check)"
# Unsampled calls cost one stop, not two: far fewer than all entries, frees and returns.
document 1 status | python3 -c '
import json, sys
s = json.load(sys.stdin)
sys.exit(not 0 < s["events"] < 40000)' || fail "events: $(document 1 status)"
echo "ok: launched"

# What was stored says the same.
document 1 diff >live.json
ms open --json -e 'diff a b function' kept.db
is "$status" 0 'status of open'
python3 "$check" same live.json out || fail 'a stored comparison is another one'
ms top kept.db:b function
has out 'by_growth .*: size=~[0-9.]+ [KM]iB \+-[0-9.]+ [KM]?i?B, count=~[0-9]+ \+-[0-9.]+, average=~' \
	'a stored row as text'
has out '^Total allocated size: ~.* \+-' 'a stored total'
ms diff kept.db:a kept.db:b function
has out 'by_growth .* \(~\+[0-9.]+ [KM]iB \+-[0-9.]+ KiB\), count=~' 'a stored difference'
echo "ok: stored"

# As text.
ms run --sample 4KiB -o listing -e 'wait call checkpoint' -e 'snapshot a' \
	-e 'wait call checkpoint' -e status -e 'snapshot b' -e snapshots \
	-e 'check growth a b --max 6500000 function by_growth*' -- "$TARGETS/sampled" <<<'go'
is "$status" 0 'status of run with a gate that holds'
has listing '^sampling: one in 4096 B allocated; sizes and counts are estimates' 'status'
has listing '^live: ~.* \+-.* in ~[0-9]+ \+-[0-9]+ blocks, peak=~' 'status'
has listing '^a +.* ~[0-9.]+ [KM]iB +~[0-9]+ ' 'snapshots'
has listing '^growth of a -> b: ~\+[0-9.]+ [KM]iB \+-[0-9.]+ KiB in ~' 'the gate'
echo "ok: text"

# Attached: what was there before is not known, nor its frees.
mkfifo go || exit 99
exec 8<>go
"$TARGETS/sampled" >said 2>&1 <go 8>&- &
pid=$!
pids+=("$pid")
until_true 10 says said '^ready$' || fail "the target did not get ready: $(cat said)"
echo >&8
until_true 10 says said '^ledger 1 by_turnover' || fail "the first phase: $(cat said)"
(
	until_true 20 says listing '"snapshot"' && echo >&8
) &
pids+=("$!")
ms attach --sample 4KiB --json -o listing -e 'snapshot a' -e 'wait call checkpoint' \
	-e 'top function --by allocated' -e status "$pid"
is "$status" 0 'status of attach'
exec 8>&-
# Of the second phase alone.
awk '$1 == "ledger" && $2 == 1 { a[$3] = $6; c[$3] = $7 }
	$1 == "ledger" && $2 == 2 { print $1, 3, $3, $4, $5, $6 - a[$3], $7 - c[$3] }' said >ledger
document 1 top | python3 "$check" ledger ledger 3 by_growth,by_turnover >found ||
	fail "attached: $(grep -v '^#' found)"
document 1 status | grep -q '"older_frees":0' || fail "older frees: $(document 1 status)"
document 1 status | grep -q '"unknown_frees":0' || fail "unknown frees: $(document 1 status)"
echo "ok: attached"
