#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Threads at full speed, launched: private blocks, a storm of reallocs on common ones, threads that
# come and go.
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

try "$TARGETS/threads" 4 5000
try "$TARGETS/threads" 16 1500
try "$TARGETS/exit_threads"
# Without caches for each thread an address given up goes straight to another.
export GLIBC_TUNABLES=glibc.malloc.tcache_count=0
try "$TARGETS/storm" 4 5000
try "$TARGETS/storm" 16 1500
