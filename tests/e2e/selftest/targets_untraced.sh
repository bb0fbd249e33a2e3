#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The target programs tell the truth when nobody traces them; or no other test means anything.
. "$(dirname "$0")/../lib.sh"

try() {
	LEDGER=$dir/ledger timeout 60 "$@" >out 2>err </dev/null
	is $? 0 "status of $*"
	has out '^EXIT-SUCCESS$' "$*"
}

for name in single single_cf_protection single_frame_pointers single_lto single_no_pie single_now \
	single_shadow_stack single_static single_static_ifunc single_static_pie single_stripped \
	single_unoptimised; do
	[ -x "$TARGETS/$name" ] || continue
	try "$TARGETS/$name"
	is "$(wc -l <ledger)" 21 "blocks of $name"
done
for name in recurse longjmp signal_alloc exit_threads children throw own_traps wrapped; do
	try "$TARGETS/$name"
done
try "$TARGETS/threads" 16 2000
try "$TARGETS/storm" 16 2000
try "$TARGETS/signal_alloc" own-stack
try "$TARGETS/exec" "$TARGETS/single"
try "$TARGETS/dlopen" "$TARGETS/plugin.so"
try "$TARGETS/blocking" 1
BLOCKING_IGNORED=1 try "$TARGETS/blocking" 1 3
try "$TARGETS/signals"
try "$TARGETS/profiled" 50
try "$TARGETS/scribble" 0.3 sealed
has out '^scribbled [1-9]' "what scribble writes"
has out '^shrunk 0$' "what it cannot shrink"
# Only the superuser can open what is mapped.
[ "$(id -u)" != 0 ] || {
	try "$TARGETS/scribble" 0.3 unsealed
	has out '^shrunk [1-9]' "what it can shrink"
}
for mode in loop remap protect; do
	try "$TARGETS/text" "$mode" "$TARGETS/plugin.so" 20
done
try "$TARGETS/jobs" 4
try "$TARGETS/thread_life" churn 2000
try "$TARGETS/thread_life" exec 3
try "$TARGETS/thread_life" leader 1 1
try "$TARGETS/thread_life" cancel 50
try "$TARGETS/thread_life" many 1000 1

# What the ledger says is what the interposed library counts.
LEDGER_OUT=$dir/counts LEDGER=$dir/ledger LD_PRELOAD=$TARGETS/libledger.so \
	timeout 60 "$TARGETS/recurse" >out 2>err || fail "recurse with libledger"
read -r bytes blocks _ <counts
is "$((10#$bytes)) $((10#$blocks))" "$(awk '{ s += $2 } END { print s, NR }' ledger)" \
	"libledger's count"
