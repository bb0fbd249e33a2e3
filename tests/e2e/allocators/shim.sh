#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Allocator functions without a symbol, beside others that have one and go through the same table:
# chromium's UncheckedRealloc() and the like in a stripped program. Unseen, they leave blocks that
# are handed out again and frees of unknown ones.
. "$(dirname "$0")/../lib.sh"

LEDGER=$dir/ledger ms run -o listing -e 'wait call checkpoint' -e status -e memory -e probes \
	-e 'wait exit' -- "$TARGETS/shim"
is "$status" 0 "status"
has listing '^oddities: unknown frees=0, replaced blocks=0,' \
	"what is odd: $(grep '^oddities' listing)"
has listing '^live: 4000 B in 20 blocks' "what is live: $(grep '^live' listing)"
is "$(grep -cE '^(alloc|realloc|free) .*/shim( \(.*\))?$' listing)" 8 "planted functions"
for count in 'calloc +0x[0-9a-f]+ +200' 'realloc +0x[0-9a-f]+ +200' 'free +0x[0-9a-f]+ +200'; do
	has listing "^[a-z]+ +$count malloc .*/shim( \(.*\))?$" \
		"calls of functions without a symbol"
done
