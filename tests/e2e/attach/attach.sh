#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Attach in the middle: threads allocate at full speed when the tracing begins. Blocks from before
# are unknown or known, those from after are known to the byte.
. "$(dirname "$0")/../lib.sh"

try() {
	local target

	rm -f ledger
	LEDGER_WAIT=1 LEDGER=$dir/ledger spawn "$@"
	target=$pid
	until_true 10 says "$pid_out" '^ready$' || fail "$* did not get ready"
	ms attach -o blocks -e 'wait call checkpoint' -e blocks -e status "$target"
	is "$status" 0 "status of attach to $*"
	await "$target" 30 "$*"
	is "$status" 0 "status of $*"
	has "$pid_out" '^EXIT-SUCCESS$' "output of $*"
	same_blocks blocks ledger
	grep -vq maybe ledger || fail "$*: no block from after the attach, nothing was tested"
	echo "ok: $*"
}

try "$TARGETS/single"
try "$TARGETS/threads" 1 3000
try "$TARGETS/threads" 4 3000
try "$TARGETS/threads" 16 1000
export GLIBC_TUNABLES=glibc.malloc.tcache_count=0
try "$TARGETS/storm" 16 1000
unset GLIBC_TUNABLES
try "$TARGETS/exit_threads"
try "$TARGETS/throw"
try "$TARGETS/dlopen" "$TARGETS/plugin.so"
try "$TARGETS/signal_alloc"
try "$TARGETS/children"
