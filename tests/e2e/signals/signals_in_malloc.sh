#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Signal handlers that jump out of malloc, or allocate while malloc is in progress.
. "$(dirname "$0")/../lib.sh"

try() {
	rm -f ledger
	LEDGER=$dir/ledger ms run -o blocks -e 'wait call checkpoint' -e blocks -e status \
		-e 'wait exit' -e status -- "$@" </dev/null
	is "$status" 0 "status of $*"
	has out '^EXIT-SUCCESS$' "output of $*"
	same_blocks blocks ledger
	nothing_odd blocks "$*"
	echo "ok: $*"
}

try "$TARGETS/longjmp"
try "$TARGETS/signal_alloc"
try "$TARGETS/signal_alloc" own-stack
