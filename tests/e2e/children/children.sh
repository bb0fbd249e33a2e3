#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Children by fork, vfork, posix_spawn, system and popen allocate and come to their end unharmed;
# the parent's blocks are right. An exec by a wrapper or by a thread gives a new heap.
. "$(dirname "$0")/../lib.sh"

try() {
	rm -f ledger
	LEDGER=$dir/ledger ms run -o blocks -e 'wait call checkpoint' -e blocks -e 'wait exit' \
		-- "$@" </dev/null
	is "$status" 0 "status of $*"
	has out '^EXIT-SUCCESS$' "output of $*"
	same_blocks blocks ledger
	echo "ok: $*"
}

try "$TARGETS/children"
try env A=1 env B=2 "$TARGETS/single"
is "$(grep -cE '^0x' blocks)" 21 "blocks after env: those of the last image alone"
# shellcheck disable=SC2016
try sh -c 'exec "$0"' "$TARGETS/single"
try "$TARGETS/exec" "$TARGETS/single"
is "$(grep -cE '^0x' blocks)" 21 "blocks after an exec by a thread"

# A child that shares the target's memory was made before we come: our breakpoints are in its code,
# too.
for how in clone vfork; do
	spawn "$TARGETS/sharer" "$how"
	target=$pid
	until_true 5 says "$pid_out" '^ready$' || fail "sharer $how did not get ready"
	sleep 0.3
	ms attach -o listing -e 'wait 0.5' -e top "$target"
	is "$status" 0 "attach to sharer $how"
	await "$target" 10 sharer
	is "$status" 0 "status of sharer $how: $(cat "$pid_out")"
	echo "ok: sharer $how"
done
