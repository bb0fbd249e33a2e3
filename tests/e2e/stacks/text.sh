#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Code that comes, goes and changes under the breakpoints: libraries loaded and unloaded in a loop,
# replaced on disk, truncated while both processes have them mapped; text that the program replaces
# by a copy (with our traps in it) or rewrites.
. "$(dirname "$0")/../lib.sh"

rounds=${TEXT_ROUNDS:-60}
plugin=$TARGETS/plugin.so

launched() {
	LEDGER_ALARM=1000 ms_timeout=1000 ms run -o listing -e 'wait exit' -e status \
		-- "$TARGETS/text" "$1" "$plugin" "$2" </dev/null
	is "$status" 0 "status of text $*, launched"
	has out '^EXIT-SUCCESS$' "text $*, launched"
	has listing 'events: [1-9]' "events of text $*"
	has listing 'lost events=0' "events of text $*"
	echo "ok: launched, $*"
}

# Attached to and left all the time; the target goes on alone in between. It can be over before we
# came often enough: then the next one has more to do.
attached() {
	local num=0 last=0 factor

	for factor in 1 2 4 8 16; do
		LEDGER_ALARM=1000 spawn "$TARGETS/text" "$1" "$plugin" $(($2 * factor))
		target=$pid
		target_out=$pid_out
		until is_over "$target"; do
			timeout 30 "$MALLOSCOPE" attach -o listing -e "wait 0.0$((num % 8))" \
				-e snapshot "$target" 2>err </dev/null
			status=$?
			[ "$status" -eq 0 ] || until_true 2 is_over "$target" ||
				fail "attach $num to text $*: status $status"
			[ "$status" -ne 0 ] || last=$((last + 1))
			num=$((num + 1))
			sleep "0.0$((num % 4))"
		done
		await "$target" 20 "text $*"
		is "$status" 0 "status of text $* after $num attachments: $(cat "$target_out")"
		has "$target_out" '^EXIT-SUCCESS$' "text $*"
		[ "$last" -lt 2 ] || break
	done
	[ "$last" -ge 2 ] || fail "text $*: only $last attachments, nothing was tested"
	echo "ok: attached $last times, $*"
}

launched loop "$rounds"
launched remap "$rounds"
launched protect "$rounds"
attached loop $((rounds * 5))
attached remap $((rounds * 3))
attached protect $((rounds * 300))

# Two allocators in one program: the preloaded library's calls end in the C library's.
LEDGER_OUT=$dir/counts LD_PRELOAD=$TARGETS/libledger.so ms run -o listing -e 'wait exit' -e status \
	-e probes -- "$TARGETS/recurse" </dev/null
is "$status" 0 "status with two allocators"
has out '^EXIT-SUCCESS$' "two allocators"
has listing 'lost events=0' "events of two allocators"
has listing 'libledger' "probes of the first"
has listing 'libc' "probes of the second"
echo "ok: two allocators"

# Replaced on disk: first renamed over, later truncated in place while libdw has it mapped.
hold() {
	cp "$plugin" library.so
	spawn "$MALLOSCOPE" run -o listing -e 'wait call free 50' -e memory -e 'wait 1' \
		-e 'top lineno' -e 'top function' \
		-e 'wait exit' -- "$TARGETS/text" hold "$dir/library.so"
	tracer=$pid
	until_true 20 says "$pid_out" '^loaded$' ||
		fail "the library was not loaded: $(cat "$pid_out")"
	target=$(pgrep -P "$(pgrep -P "$tracer" | head -n 1)" | head -n 1)
	[ -n "$target" ] || fail "no target"
}

hold
cp "$TARGETS/libledger.so" other.so
mv other.so library.so
until_true 20 says listing '^\[ Top.*' || fail "no listing"
kill -USR1 "$target"
await "$tracer" 20 malloscope
is "$status" 0 "status with a replaced library: $(cat "$pid_out")"
has listing 'plugin.c:[0-9]+: size=' "lines of a library that was replaced by another"
rm -f listing

# What the program does not map goes first: its sections with lines and symbols.
mapped=$(readelf -lW "$plugin" | 
	while read -r type offset _ _ size _; do [ "$type" != LOAD ] ||
		echo $((offset + size)); done | tail -n 1)
hold
truncate -s "$mapped" library.so
until_true 20 says listing '^Total.*' || fail "no listing: $(cat "$pid_out")"
kill -USR1 "$target"
await "$tracer" 20 malloscope
is "$status" 0 "status with a truncated library: $(cat "$pid_out")"
has "$pid_out" '^EXIT-SUCCESS$' "the target with a truncated library"
echo "ok: replaced, truncated"
