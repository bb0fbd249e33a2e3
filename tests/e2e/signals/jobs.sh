#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Job control and ends: the parent of a traced process sees every stop, every continuation and the
# end as it would without a tracer; a core dump is made, and holds the program's own code.
. "$(dirname "$0")/../lib.sh"

rounds=${JOBS_ROUNDS:-3}

has_children() {
	local num

	num=$(grep -c '^child' "$1" 2>/dev/null)
	[ "${num:-0}" -ge "$2" ]
}

# Traced from before the first stop to the end.
LEDGER_ALARM=1000 LEDGER_WAIT=1 spawn "$TARGETS/jobs" "$rounds"
parent=$pid
parent_out=$pid_out
for wanted in 'exit status 42' 'killed by SIGKILL' 'killed by SIGSEGV' 'killed by SIGABRT' \
	'killed by SIGTERM'; do
	num=$((${num-0} + 1))
	until_true 30 has_children "$parent_out" "$num" || fail "child $num: $(cat "$parent_out")"
	child=$(sed -n 's/^child //p' "$parent_out" | tail -n 1)
	ms attach -o "listing.$num" -e 'wait exit' -e status "$child"
	is "$status" 0 "status of attach to child $num"
	has "listing.$num" "state=ended.*$wanted" "end of child $num"
	has "listing.$num" 'lost events=0' "events of child $num"
done
await "$parent" 60 jobs
is "$status" 0 "status of jobs: $(cat "$parent_out")"
has "$parent_out" '^EXIT-SUCCESS$' "jobs"
echo "ok: traced to the end"
# The last core is of the child that aborted; its malloc begins as in the file.
if [ "$(cat /proc/sys/kernel/core_pattern)" = core ] && [ -s core ] &&
	command -v gdb >/dev/null; then
	is "$(grep -c '^dumped$' "$parent_out")" 2 "core dumps"
	gdb -q -batch -nx -ex 'x/4xb malloc' -ex 'x/4xb free' "$TARGETS/jobs" core >core.out 2>&1
	gdb -q -batch -nx -ex 'break main' -ex run -ex 'delete' -ex 'x/4xb malloc' \
		-ex 'x/4xb free' --args "$TARGETS/jobs" 1 >live.out 2>&1
	sed -n 's/^0x[0-9a-f]* <\([^>]*\)>:/\1/p' core.out >core.code
	sed -n 's/^0x[0-9a-f]* <\([^>]*\)>:/\1/p' live.out >live.code
	is "$(wc -l <core.code)" 2 "lines of code in the core: $(cat core.out)"
	cmp core.code live.code ||
		fail "code in the core: $(cat core.code), in the program: $(cat live.code)"
	echo "ok: core dump"
fi
rm -f core

# Come and go, stopped or not: a child that is stopped stays so.
LEDGER_ALARM=1000 spawn "$TARGETS/jobs" "$rounds"
parent=$pid
parent_out=$pid_out
num=0
until is_over "$parent"; do
	child=$(sed -n 's/^child //p' "$parent_out" 2>/dev/null | tail -n 1)
	[ -n "$child" ] || continue
	timeout 30 "$MALLOSCOPE" attach -o listing -e "wait 0.0$((num % 4))" -e snapshot "$child" \
		2>err </dev/null
	status=$?
	[ "$status" -eq 0 ] || until_true 5 is_over "$child" || fail "attach $num: status $status"
	num=$((num + 1))
done
await "$parent" 60 jobs
is "$status" 0 "status of jobs after $num attachments: $(cat "$parent_out")"
has "$parent_out" '^EXIT-SUCCESS$' "jobs"
[ "$num" -gt 2 ] || fail "only $num attachments, nothing was tested"
echo "ok: $num attachments"
