#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A stripped executable: no function names, the same blocks. It has no symbol to stop at, so what is
# live at its end counts: it frees nothing after its checkpoint.
. "$(dirname "$0")/../lib.sh"

LEDGER=$dir/ledger ms run -o blocks -e 'wait exit' -e blocks -e memory -e status -- \
	"$TARGETS/single_stripped" </dev/null
is "$status" 0 "status"
has out '^EXIT-SUCCESS$' "output"
same_blocks blocks ledger addresses
nothing_odd blocks single_stripped
is "$(current_bytes blocks)" "$(awk '{ s += $2 } END { print s }' ledger)" "memory"
has blocks 'single_stripped\(\+0x[0-9a-f]+\)' "name of a frame without symbol"
