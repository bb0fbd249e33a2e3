#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Programs that walk their own stacks: a profiler whose SIGPROF handler calls backtrace() at any
# moment of an allocation, and an allocator that calls backtrace() itself. Each walk comes to the
# program's main, as untraced.
. "$(dirname "$0")/../lib.sh"

samples=${PROFILER_SAMPLES:-300}

# try NAME LINE WORD...: the target prints LINE about its walks.
try() {
	local name=$1 line=$2

	shift 2
	rm -f ledger
	timeout 60 "$@" >untraced || fail "$name fails untraced"
	has untraced "$line" "$name untraced"
	LEDGER=$dir/ledger ms run -o blocks -e 'wait call checkpoint' -e blocks -e status \
		-e 'wait exit' -e status -- "$@" </dev/null
	is "$status" 0 "status of $name"
	has out '^EXIT-SUCCESS$' "output of $name"
	has out "$line" "walks of $name"
	same_blocks blocks ledger
	nothing_odd blocks "$name"
	echo "ok: $name: $(grep -E "$line" out)"
}

try profiled '^samples [1-9][0-9]*, short 0$' "$TARGETS/profiled" "$samples"
try wrapped '^walks [1-9][0-9]*, short 0$' "$TARGETS/wrapped"

# Attached to and left in the middle of samples: none is cut short.
spawn "$TARGETS/profiled" 0
target=$pid
target_out=$pid_out
for ((i = 0; i < ${PROFILER_ROUNDS:-8}; i++)); do
	ms attach -o listing -e 'wait 0.2' -e status "$target"
	is "$status" 0 "status of attach"
	rm -f listing
done
is_left "$target"
kill -USR1 "$target"
await "$target" 60 profiled
is "$status" 0 "status of profiled after $i rounds"
has "$target_out" '^samples [0-9]+, short 0$' "walks after $i rounds"
