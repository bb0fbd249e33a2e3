#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Attach and leave again and again under 16 threads that only allocate, so that they are in the code
# that changes at any moment: each time its code is as in the files. PATCHING_ROUNDS=1000 is the
# long form. Each thread has an arena of glibc, which reserves 64 MiB below the libraries; pads find
# a place all the same.
. "$(dirname "$0")/../lib.sh"

rounds=${PATCHING_ROUNDS:-12}

# hammer NUM COMMAND...: start it, with NUM threads.
hammer() {
	local num=$1

	shift
	LEDGER_ALARM=3600 spawn "$@" nice -n 19 "$TARGETS/hammer" "$num"
	target=$pid
	target_out=$pid_out
	until_true 10 says "$target_out" '^running$' || fail "hammer did not start"
}

# patches: with the agent, whatever hammer calls is patched.
patches() {
	local functions='malloc|calloc|realloc|free' i

	for ((i = 1; i <= 20; i++)); do
		ms attach --engine agent -o listing -e "wait 0.$i" -e probes -e status "$target"
		is "$status" 0 "status of attach with the agent"
		is_left "$target" 10
		says listing '^engine: agent$' || return 0
		# All have been called since it came?
		says listing "^[a-z]+ +($functions) .* \\(it is patched at its next call\\)$" &&
			continue
		is "$(grep -cE "^[a-z]+ +($functions) .* patched " listing)" 4 \
			"patched functions: $(cat listing)"
		return 0
	done
}

# ends: hammer does, and has found all that it wrote.
ends() {
	kill -USR1 "$target"
	await "$target" 60 hammer
	is "$status" 0 "status of the target"
	has "$target_out" '^EXIT-SUCCESS$' "the target's own check"
}

export GLIBC_TUNABLES=glibc.malloc.arena_max=64
hammer 16
for ((i = 0; i < rounds; i++)); do
	ms attach -o listing -e "wait 0.0$((i % 5))" -e status "$target"
	is "$status" 0 "status of attach in round $i"
	has listing '^events: ' "round $i"
	rm -f listing
	[ -d "/proc/$target" ] || fail "the target died in round $i: $(cat "$target_out")"
	is_left "$target" 10
done
patches
ends
echo "survived $rounds of $rounds rounds"

# All below the libraries is taken, and there is little above.
if command -v setarch >/dev/null; then
	hammer 64 setarch -R
	patches
	ends
fi
