#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# --engine: whatever is asked for, `status` says what is in use and why it is not that, of each
# process; and what is counted is the same.
. "$(dirname "$0")/../lib.sh"

# in_use FILE ENGINE N: so many listings of status tell of what was asked for.
in_use() {
	local line='agent|breakpoint \(.+\)'

	[ "$2" != breakpoint ] || line=breakpoint
	is "$(grep -c '^engine: ' "$1") $(grep -cE "^engine: ($line)$" "$1")" "$3 $3" \
		"lines about engine $2"
}

for engine in breakpoint agent auto; do
	LEDGER=$dir/ledger ms run --engine $engine -o listing -e 'wait call checkpoint' -e status \
		-e blocks -e probes -- "$TARGETS/single"
	is "$status" 0 "status of run with $engine"
	in_use listing $engine 1
	same_blocks listing ledger
	# Calls count the same, whoever counts them.
	awk '/^(alloc|free|realloc) / { print $1, $2, $4 }' listing >calls.$engine
	[ -s calls.$engine ] || fail "no functions in probes with $engine"
	cmp calls.breakpoint calls.$engine || fail "calls of functions with $engine"
	# This program calls them all. Whatever its beginning, each can be patched.
	has_not listing '\((its first instructions|a uprobe|no address|it is shorter) ' \
		"a function that cannot be patched"

	# With the agent each function is patched, or keeps its breakpoint for a reason.
	LEDGER=$dir/ledger ms run --engine $engine -o listing -e 'wait call site_malloc 4' \
		-e probes -e status -- "$TARGETS/single"
	if says listing '^engine: agent$'; then
		has listing '^alloc +malloc .* patched +[^()]*$' "malloc is patched"
		has_not listing '^(alloc|free|realloc) .* breakpoint +[^()]*$' "without a reason"
		has listing '^free +free .* \(it is patched at its next call\)$' "uncalled"
	fi

	spawn sleep 60
	ms attach --engine $engine -o listing -e status -e probes "$pid"
	is "$status" 0 "status of attach with $engine"
	in_use listing $engine 1
	is_left "$pid"
	kill -KILL "$pid"

	# An agent that is in works again after `stop` and `start`, and nothing else is said.
	spawn "$TARGETS/hammer" 1
	ms attach --engine $engine -o again -e 'wait 0.2' -e status -e stop -e start -e status \
		"$pid"
	is "$status" 0 "status of stop and start with $engine"
	if says <(grep -m1 '^engine: ' again) '^engine: agent$'; then
		is "$(grep -c '^engine: agent$' again)" 2 "the agent after stop and start"
	fi
	kill -KILL "$pid"

	# How each function is entered: with breakpoints there is nothing to explain.
	if [ $engine = breakpoint ]; then
		how='breakpoint +[^()]*'
	else
		how='(patched +[^()]*|breakpoint +.*)'
	fi
	is "$(grep -cE '^(alloc|free|realloc) ' listing)" \
		"$(grep -cE "^(alloc|free|realloc) .* malloc +$how$" listing)" \
		"functions, and how they are entered by $engine"
	has listing '^alloc +malloc ' "malloc in probes"

	# Each process has its own line.
	ms run --engine $engine --follow fork,exec -o listing -e 'wait all' -e status \
		-e 'process #2' -e status -e 'process #3' -e status -- "$TARGETS/family" 2
	is "$status" 0 "status of children with $engine"
	in_use listing $engine 3
	ms run --engine $engine --json -o listing -e 'wait exit' -e status -- /bin/true
	has listing '^\{"command":"status",.*"engine":"(agent|breakpoint)",' "the member engine"
	if [ $engine = breakpoint ] || grep -q '"engine":"agent"' listing; then
		has_not listing 'engine_reason' "a reason where there is nothing to explain"
	else
		has listing '"engine_reason":"[^"]+"' "a reason"
	fi
done

# The functions that everybody calls are patched wherever the C library lies.
for ((i = 0; i < 12; i++)); do
	command -v sqlite3 >/dev/null || break
	ms run --engine agent -o listing -e 'wait exit' -e probes -e status -- sqlite3 :memory: \
		'select 1'
	says listing '^engine: agent$' || break
	has_not listing '^(alloc +malloc|free +free) .* breakpoint ' "a function that is patched"
done

# The environment chooses where the command line does not; that is how these tests do it.
for engine in breakpoint agent; do
	MALLOSCOPE_ENGINE=$engine ms run -o listing -e status -- /bin/true
	in_use listing $engine 1
done
MALLOSCOPE_ENGINE=agent ms run --engine breakpoint -o listing -e status -- /bin/true
in_use listing breakpoint 1

# Where nobody chooses it is the agent, if that can be had.
unset MALLOSCOPE_ENGINE
ms run -o listing -e 'wait exit' -e status -- /bin/true
in_use listing auto 1
MALLOSCOPE_ENGINE=agent ms run -o agents -e 'wait exit' -e status -- /bin/true
is "$(grep '^engine: ' listing)" "$(grep '^engine: ' agents)" "the engine by default"
export MALLOSCOPE_ENGINE=$ENGINE

# What was asked for first is not what counts, and a name is a name.
ms run --engine agent --engine breakpoint -o listing -e status -- /bin/true
is "$status" 0 "status with two engines"
in_use listing breakpoint 1
ms run --engine ptrace -- /bin/true
is "$status" 2 "status with an unknown engine"
has err "^malloscope: --engine: 'ptrace' is no engine; there are breakpoint, agent and auto$" why
