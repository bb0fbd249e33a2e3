#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The traced process executes another program: a new heap, right to the byte, with the snapshots of
# the old one; with --no-follow tracing ends there and the program runs on.
. "$(dirname "$0")/../lib.sh"

# A snapshot of `exec`, then the blocks of `single` in its place.
try() {
	local images=$1

	shift
	rm -f ledger
	LEDGER=$dir/ledger ms run -o report -e 'wait call before_exec' -e 'snapshot before' \
		-e 'wait call checkpoint' -e blocks \
		-e snapshots -e 'top function --snapshot before' -e 'top module' -e 'wait exit' \
		-- "$TARGETS/exec" "$@" </dev/null
	is "$status" 0 "status of exec $*"
	has out '^EXIT-SUCCESS$' "output of exec $*"
	same_blocks report ledger
	is "$(grep -cE '^# process [0-9]+ executes .*: a new heap' report)" "$images" \
		"notes about images of exec $*"
	has report '^before .* [1-9][0-9.]* (B|KiB)' "list of snapshots"
	has report '^before: .* from launch' "the snapshot"
	has report '^site_[a-z]+ \(exec\): size=[1-9]' "the snapshot of the old image"
	has_not report '^[^ ]*/exec(\(|:)' "modules of the new image"
	echo "ok: exec $*"
}

try 1 "$TARGETS/single"
[ ! -x "$TARGETS/single_static" ] || try 1 "$TARGETS/single_static"
try 2 env A=1 "$TARGETS/single"
printf '#!/bin/sh\nexec "%s"\n' "$TARGETS/single" >script
chmod 755 script
try 2 ./script

# Not followed: the new image is free of us, at its begin and to its end.
ms run --no-follow -o report -e 'wait call before_exec' -e 'snapshot before' -e 'wait exit' \
	-e status -e 'top --snapshot before -n 1' -- "$TARGETS/exec" sleep 60 </dev/null
is "$status" 0 "status of exec sleep"
has report '^# process [0-9]+ executes another program: tracing ends here$' "note of the end"
has report '^target: .*state=left running' "status after the end"
has report '^\[ Top 1 \] before: ' "snapshot after the end"
pid=$(sed -nE 's/^target: pid=([0-9]+),.*/\1/p' report)
is_left "$pid"
pids+=("$pid")
LEDGER=$dir/ledger ms run --no-follow -o report -e 'wait exit' -- "$TARGETS/exec" \
	"$TARGETS/single" </dev/null
is "$status" 0 "status of exec single"
until_true 20 says out '^EXIT-SUCCESS$' || fail "single did not come to its end"
ms run --no-follow -o report -e 'wait exit' -e kill -- "$TARGETS/exec" true </dev/null
is "$status" 1 "status of kill when nobody is traced any more"
has err 'there is no target any more' "kill when nobody is traced any more"

# A child that was followed is left likewise.
LEDGER=$dir/ledger ms run --follow fork -o report -e 'wait all' -e processes -- sh \
	-c "($TARGETS/single; true) | cat" </dev/null
is "$status" 0 "status of sh"
has out '^EXIT-SUCCESS$' "output of a child that executes a program"
has report ' left running$' "a child that has executed a program"
echo "ok: not followed"
