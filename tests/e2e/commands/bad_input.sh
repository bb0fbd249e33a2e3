#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Bad input: one clear line on standard error, a status that is not 0, the target untouched.
. "$(dirname "$0")/../lib.sh"

# refuses STATUS REGEX ARG...: one line on standard error that matches, nothing on standard output.
refuses() {
	local want=$1 regex=$2

	shift 2
	ms "$@" </dev/null
	is "$status" "$want" "status of: malloscope $*"
	has err "$regex" "malloscope $*"
	is "$(wc -l <err)" 1 "lines on standard error of: malloscope $*"
	[ ! -s out ] || fail "malloscope $* writes to standard output"
	echo "ok: malloscope $*: $(cat err)"
}

# A process that ended; PIDs are not used again so soon.
spawn true
wait "$pid"
refuses 1 "(no|such).*process.*|$pid" attach -e status "$pid"
refuses 2 'PID|number|usage' attach -e status notanumber
refuses 2 'PID|usage' attach -e status
refuses 2 'PID' attach -e status -- -5
refuses 2 'usage|command' nosuchmode
refuses 2 'nosuchoption' run --nosuchoption -- true
refuses 2 'PROGRAM|usage' run
for n in 0 -1 65536 1073741824; do
	refuses 2 'the number of frames must be in range \[1; 65535\]' run -n "$n" -- true
done
refuses 2 'number|frames' run -n many -- true
# What is echoed neither drives the terminal nor fills it.
refuses 2 "unrecognized option '--\\\\x1b\[31m\\\\nno'" run $'--\e[31m\nno' -- true
refuses 2 '^malloscope: --probe: .{1,420}$' run --probe "$(head -c 20000 /dev/zero | tr '\0' x)" \
	-- true

# Programs that cannot be run.
refuses 1 '/nonexistent/program' run -- /nonexistent/program
refuses 1 'no-such-program-on-path' run -- no-such-program-on-path
echo 'not a program' >plain
refuses 1 'plain.*([Pp]ermission|execut)' run -- ./plain
refuses 1 "$dir" run -- "$dir"
printf '\177ELF\002\001\001 and then something else' >broken
chmod +x broken
refuses 1 'broken' run -- ./broken

# ELF, but 32-bit: a header alone, so small that the kernel would not run it either; the kernel may
# be without 32-bit support, the message has to be ours.
printf '\177ELF\001\001\001\0\0\0\0\0\0\0\0\0\002\0\003\0\001\0\0\0\124\200\004\010\064\0\0\0\0\0\0\0\0\0\0\0\064\0\040\0\001\0\0\0\0\0\0\0' >small
printf '\001\0\0\0\0\0\0\0\0\200\004\010\0\200\004\010\140\0\0\0\140\0\0\0\005\0\0\0\0\020\0\0' \
	>>small
# exit(0)
printf '\270\001\0\0\0\061\333\315\200' >>small
chmod +x small
refuses 1 '32-bit' run -- ./small

# Kernel thread, zombie, ourselves traced already.
kernel_thread=$(awk '$4 == 2 || $1 == 2 { print $1; exit }' \
	<(cat /proc/[0-9]*/stat 2>/dev/null | sed 's/(.*)/x/'))
if [ -n "$kernel_thread" ] && [ "$(readlink "/proc/$kernel_thread/exe" 2>/dev/null)" = '' ]; then
	refuses 1 "kernel" attach -e status "$kernel_thread"
else
	echo "# no kernel thread is visible here"
fi
mkfifo hold
exec 9<>hold
spawn true
"$TARGETS/zombie" <hold >zombie_pid &
pids+=("$!")
until_true 5 says zombie_pid '^[0-9]+$' || fail "no zombie"
refuses 1 'zombie|ended' attach -e status "$(cat zombie_pid)"

spawn sleep 60
sleeper=$pid
mkfifo hold2
exec 8<>hold2
"$TARGETS/seize" "$sleeper" <hold2 >seized &
tracer=$!
pids+=("$tracer")
until_true 5 says seized ready || fail "the other tracer cannot seize"
refuses 1 "traced.*$tracer" attach -e status "$sleeper"
grep -qE "^TracerPid:[[:space:]]*$tracer\$" "/proc/$sleeper/status" ||
	fail "the other tracer lost its target"
kill -KILL "$tracer"
until_true 5 is_not_traced "$sleeper"

# malloscope itself and its own tracer are no targets.
ms attach -e status 1 </dev/null
case $status in
0 | 1) ;;
*) fail "attach to PID 1: status $status" ;;
esac

# Another user's process.
if [ "$(id -u)" = 0 ] && command -v setpriv >/dev/null; then
	chmod 755 "$dir"
	if setpriv --reuid 65534 --regid 65534 --clear-groups test -x "$MALLOSCOPE"; then
		timeout 20 setpriv --reuid 65534 --regid 65534 --clear-groups "$MALLOSCOPE" attach \
			-e status "$sleeper" >out 2>err </dev/null
		is $? 1 "status of attach to another user's process"
		is "$(wc -l <err)" 1 "lines on standard error"
		has err '(uid|user|owner)' "attach to another user's process"
	else
		echo "# another user cannot reach $MALLOSCOPE"
	fi
fi
is_left "$sleeper"
