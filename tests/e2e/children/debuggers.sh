#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# malloscope and other tracers: under one that traces all children a launch fails, and leaves
# nothing behind. Debuggers that are traced themselves can start and trace their programs.
. "$(dirname "$0")/../lib.sh"

# A file of its own, so that a process that is left behind is found.
cp "$MALLOSCOPE" traced_tracer || exit 99
nobody_runs() {
	! readlink /proc/[0-9]*/exe 2>/dev/null | grep -qxF "$dir/traced_tracer"
}
if command -v strace >/dev/null; then
	timeout -k 5 30 strace -f -o trace "$dir/traced_tracer" run -e 'wait exit' -- echo ran \
		>out 2>err </dev/null
	is "$?" 1 "status of a launch under strace -f"
	has err '^malloscope: cannot trace echo: ptrace is refused; is malloscope itself traced' \
		"a launch under strace -f"
	[ ! -s out ] || fail "the program has run"
	until_true 5 nobody_runs || fail "a process was left behind"
	has_not trace 'execve\("[^"]*/echo"' "programs that were executed"
	echo "ok: malloscope under strace"
fi

# A debugger with a ledger, as one that starts its programs by vfork.
for program in /bin/true true; do
	LEDGER=$dir/ledger ms run -o blocks -e 'wait call checkpoint' -e blocks -e status \
		-e 'wait exit' -- "$TARGETS/debugger" "$program" </dev/null
	is "$status" 0 "status of a debugger of $program"
	has out '^EXIT-SUCCESS$' "output of a debugger of $program"
	same_blocks blocks ledger
	has blocks 'replaced blocks=0, abandoned calls=0' "what was seen of a debugger"
done
ms run -e 'wait exit' -- "$TARGETS/debugger" "$dir/not_there" </dev/null
is "$status" 127 "status of a debugger of nothing"
ms run -e 'wait exit' -- "$TARGETS/debugger" sh -c 'exit 3' </dev/null
is "$status" 3 "status of a debugger of a failing program"
# With its children followed, those that are not forked are left to it.
ms run --follow fork,exec -o report -e 'wait all' -e processes -- "$TARGETS/debugger" /bin/true \
	</dev/null
is "$status" 0 "status of a debugger with --follow"
has report '^# .*process [0-9]+ is traced by its parent: it is left alone' \
	"a note about a traced child"
echo "ok: a debugger"

# run_it WANTED-OUTPUT COMMAND...
run_it() {
	local wanted=$1

	shift
	ms run -o report -e 'wait exit' -e status -- "$@" </dev/null
	is "$status" 0 "status of $*"
	has out "$wanted" "output of $*"
	has report 'failed=0' "stacks of $*"
	has report ' replaced blocks=0, abandoned calls=0, lost events=0' "what was seen of $*"
	echo "ok: $*"
}

if command -v gdb >/dev/null; then
	cat >commands <<'END'
set debuginfod enabled off
break checkpoint
run
info breakpoints
continue
END
	run_it '^Breakpoint 1, checkpoint' gdb -q -batch -nx -x commands --args "$TARGETS/single"
	has out 'breakpoint already hit 1 time' "gdb's breakpoint"
	has out '^\[Inferior 1 \(process [0-9]+\) exited normally\]' "the end of gdb's program"
fi
if command -v strace >/dev/null; then
	run_it '^two$' strace -f -o trace sh -c '/bin/echo one; /bin/echo two'
	has trace 'execve\("/bin/echo"' "what strace has seen"
fi
if command -v ltrace >/dev/null; then
	run_it '^one$' ltrace -o trace /bin/echo one
	has trace '\+\+\+ exited \(status 0\) \+\+\+' "what ltrace has seen"
fi
