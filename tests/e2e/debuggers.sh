#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# malloscope and other tracers: under one that traces all children a launch fails, and leaves nothing
# behind.
. "$(dirname "$0")/lib.sh"

# A file of its own, so that a process that is left behind is found.
cp "$MALLOSCOPE" traced_tracer || exit 99
nobody_runs() {
	! readlink /proc/[0-9]*/exe 2>/dev/null | grep -qxF "$dir/traced_tracer"
}
if command -v strace >/dev/null; then
	timeout -k 5 30 strace -f -o trace "$dir/traced_tracer" run -e 'wait exit' -- echo ran >out 2>err </dev/null
	is "$?" 1 "status of a launch under strace -f"
	has err '^malloscope: cannot trace echo: ptrace is refused; is malloscope itself traced' "a launch under strace -f"
	[ ! -s out ] || fail "the program has run"
	until_true 5 nobody_runs || fail "a process was left behind"
	has_not trace 'execve\("[^"]*/echo"' "programs that were executed"
	echo "ok: malloscope under strace"
fi
