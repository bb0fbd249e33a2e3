#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Static executables: no dynamic linker tells when the allocator is there.
. "$(dirname "$0")/../lib.sh"

for name in single_static single_static_pie single_static_ifunc; do
	[ -x "$TARGETS/$name" ] || skip "no static C library: $name was not built"
	rm -f ledger
	LEDGER=$dir/ledger ms run -o blocks -e 'wait call checkpoint' -e blocks -e 'wait exit' \
		-e status -- "$TARGETS/$name" </dev/null
	is "$status" 0 "status of $name"
	has out '^EXIT-SUCCESS$' "output of $name"
	same_blocks blocks ledger
	nothing_odd blocks "$name"
done
