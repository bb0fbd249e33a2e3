#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Launched targets: what is live at the checkpoint equals the target's own ledger, block by block.
. "$(dirname "$0")/../lib.sh"

try() {
	local how=$1

	shift
	rm -f ledger
	LEDGER=$dir/ledger ms run -o blocks -e 'wait call checkpoint' -e blocks -e memory \
		-e status -e 'wait exit' -e status -- "$@" </dev/null
	is "$status" 0 "status of $*"
	has out '^EXIT-SUCCESS$' "output of $*"
	same_blocks blocks ledger "$how"
	nothing_odd blocks "$*"
	has_not blocks '^unwinding:.*(truncated|failed)=[1-9]' "$*: unwinds"
	echo "ok: $*"
}

try names "$TARGETS/single"
# The only blocks of this target are those of the ledger: the total is theirs.
is "$(current_bytes blocks)" "$(awk '{ s += $2 } END { print s }' ledger)" "memory of single"
try names "$TARGETS/single_frame_pointers"
try names "$TARGETS/single_no_pie"
try names "$TARGETS/single_now"
try names "$TARGETS/single_unoptimised"
try names "$TARGETS/single_cf_protection"
try names "$TARGETS/single_shadow_stack"
try names "$TARGETS/single_lto"
# wait call needs a name: see stripped.sh

try names "$TARGETS/recurse"
try names "$TARGETS/throw"
try names "$TARGETS/dlopen" "$TARGETS/plugin.so"
try names "$TARGETS/own_traps"
