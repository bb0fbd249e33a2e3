#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Jumps come and go in functions that 16 threads call all the time, with pads that do nothing: after
# each leaving the code is as in the files; handlers see the program's own pcs; a measured function
# is a breakpoint again; the code of modules that go, of children and of another program is left
# alone. Built with --enable-fault-points alone. ROUNDS: how often attached.
. "$(dirname "$0")/../lib.sh"

rounds=${ROUNDS:-8}

# patching ACTION ARG...: malloscope, which patches each allocator at its first call.
patching() {
	MALLOSCOPE_FAULT=empty-pads=fail ms "$@"
}

# is_patched FILE FUNCTION
is_patched() {
	has "$1" "^[a-z]+ +$2 .* patched " "$2: $(cat "$1")"
}

LEDGER_ALARM=3600 spawn "$TARGETS/storm" 16 0
target=$pid
target_out=$pid_out
until_true 10 says "$target_out" '^running$' || fail "storm did not start"
areas=0
for ((i = 0; i < rounds; i++)); do
	patching attach -o listing -e 'wait 0.3' -e probes "$target"
	is "$status" 0 "status of round $i"
	cat listing >>listings
	is_left "$target" 10
	# Another tracer finds the pads of the last one.
	now=$(grep -c ' r-xp 00000000 00:00 0 *$' "/proc/$target/maps")
	[ "$i" -lt 2 ] || is "$now" "$areas" "areas after round $i"
	areas=$now
	rm -f listing
done
for function in malloc realloc free; do
	is_patched listings $function
done
echo "ok: $rounds rounds, $areas areas"

# malloc is a breakpoint as long as it is measured, and as long as tracing stops nothing is.
patching attach -o listing -e 'wait 0.1' -e 'measure malloc' -e 'wait 0.1' -e probes \
	-e 'measure list' -e stop -e 'wait 0.05' -e start -e 'wait 0.05' "$target"
is "$status" 0 "status of measure"
has listing '^alloc +malloc .* breakpoint ' "malloc, measured"
is_patched listing free
is_left "$target" 10
kill -USR1 "$target"
await "$target" 60 storm
is "$status" 0 "status of the target"
has "$target_out" '^EXIT-SUCCESS$' "the target's own check"
echo "ok: measure, stop, start"

# What handlers see.
patching run -o listing -e 'wait exit' -e probes -- "$TARGETS/signals" 3 </dev/null
is "$status" 0 "status of signals"
has out '^EXIT-SUCCESS$' signals
is_patched listing malloc
echo "ok: signals"

# Children, other programs, modules that come and go, text that the program replaces, jumps out of
# allocators.
others() {
	patching run -o listing -e 'wait exit' -e probes -- "$@" </dev/null
	has out '^EXIT-SUCCESS$' "$1"
	echo "ok: ${*##*/}"
}

others "$TARGETS/children"
others "$TARGETS/exec" "$TARGETS/single"
others "$TARGETS/dlopen" "$TARGETS/plugin.so"
others "$TARGETS/longjmp"
others "$TARGETS/thread_life" churn 1000
others "$TARGETS/thread_life" cancel 50
for mode in loop remap protect; do
	others "$TARGETS/text" $mode "$TARGETS/plugin.so" 20
done
