#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Attach to 64 threads that allocate at full speed and leave again, in every way there is: no thread
# is left stopped or traced, every byte of code is as in the files, and the target's own blocks are
# whole at its end.
. "$(dirname "$0")/../lib.sh"

rounds=${ROUNDS:-16}
ways=(detach script error INT TERM hangup HUP quit)

# A terminal of its own, in which malloscope waits at its prompt; then the terminal is gone.
hang_up() {
	timeout -k 5 60 python3 - "$MALLOSCOPE" "$1" <<-'E' >out 2>err
		import os, pty, select, sys
		pid, fd = pty.fork()
		if pid == 0:
		    os.execv(sys.argv[1], [sys.argv[1], "attach", sys.argv[2]])
		seen = b""
		while b"(malloscope)" not in seen:
		    if not select.select([fd], [], [], 30)[0]:
		        sys.exit("no prompt: %r" % seen)
		    seen += os.read(fd, 4096)
		os.close(fd)
		os.waitpid(pid, 0)
	E
}

interrupt() {
	# A shell without job control starts its background jobs with SIGINT ignored.
	spawn python3 -c 'import os, signal, sys
signal.signal(signal.SIGINT, signal.SIG_DFL)
os.execv(sys.argv[1], sys.argv[1:])' "$MALLOSCOPE" attach -o listing -e 'wait 0.01' -e status \
	-e 'wait 60' "$2"
	until_true 20 says listing '^events: ' || fail "attach before SIG$1: $(cat "$pid_out")"
	kill -"$1" "$pid"
	await "$pid" 20 "malloscope after SIG$1"
	[ "$status" -ne 0 ] || fail "malloscope ended by SIG$1 says 0"
	rm -f listing
}

leave() {
	case $1 in
	detach | quit)
		ms attach -o listing -e 'wait 0.02' -e snapshot -e "$1" "$2"
		is "$status" 0 "status of $1"
		;;
	script)
		printf 'wait 0.02\n# the end\ntop -n 2\n' >script
		ms attach -o listing -x script "$2"
		is "$status" 0 "status of a script"
		;;
	error)
		ms attach -o listing -e 'wait 0.02' -e 'drop nothing' "$2"
		is "$status" 1 "status of an error"
		;;
	hangup) hang_up "$2" || fail "hang-up" ;;
	*) interrupt "$1" "$2" ;;
	esac
	rm -f listing
}

# nice: this script wants to get on, too.
LEDGER_ALARM=3600 spawn nice -n 19 "$TARGETS/threads" 64 0
target=$pid
target_out=$pid_out
until_true 10 says "$pid_out" '^running$' || fail "threads did not start"
for ((i = 0; i < rounds; i++)); do
	way=${ways[i % ${#ways[@]}]}
	leave "$way" "$target"
	[ -d "/proc/$target" ] || fail "the target died in round $i ($way)"
	is_left "$target" 10
done
kill -USR1 "$target"
await "$target" 60 threads
is "$status" 0 "status of the target after $rounds rounds"
has "$target_out" '^EXIT-SUCCESS$' "the target's own check"
echo "survived $rounds of $rounds rounds"
