#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# where: each block of the ledger by its first and last address, with size and stack; what lies
# outside is not traced.
. "$(dirname "$0")/../lib.sh"

# Without randomised addresses two runs have the same ones.
command -v setarch >/dev/null || skip "setarch is missing"
LEDGER=$dir/ledger setarch -R "$MALLOSCOPE" run -o blocks -e 'wait call checkpoint' -e blocks \
	-- "$TARGETS/single" >out 2>err </dev/null || fail "first run"
same_blocks blocks ledger
echo 'wait call checkpoint' >script
while read -r addr size _; do
	echo "where $addr"
	[ "$size" -eq 0 ] || printf 'where 0x%x\n' $((addr + size - 1))
done <ledger >>script
LEDGER=$dir/ledger2 timeout 60 setarch -R "$MALLOSCOPE" run -o listing -x script \
	-- "$TARGETS/single" >out 2>err </dev/null || fail "second run"
cmp -s ledger ledger2 || skip "addresses differ from run to run"
has_not listing 'not traced' "addresses inside of blocks"
while read -r addr size function; do
	[ "$(grep -cE "(^|[^0-9a-f])$addr([^0-9a-f]|\$)" listing)" -ge 1 ] ||
		fail "no block at $addr ($size, $function)"
done <ledger
awk '{ print $3 }' ledger | sort -u | while read -r function; do
	has listing "in $function\$" "the stack of a block of $function"
done
