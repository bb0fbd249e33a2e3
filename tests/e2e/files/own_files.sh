#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Files that malloscope writes, stores, reports and the history: for their owner alone whatever the
# umask, never through a link, and into what is there already only when it is regular and ours.
# /dev/null, /dev/stdout, pipes and FIFOs of ours take reports.
. "$(dirname "$0")/../lib.sh"

umask 000
mode() {
	stat -c %a "$1"
}
run=(run -e 'wait exit' -e top)
program=("$TARGETS/single")
# refused REGEX WHAT: the last ms failed, with one line.
refused() {
	is "$status" 1 "status with $2"
	is "$(wc -l <err)" 1 "lines about $2"
	has err "$1" "text about $2"
}

# New ones.
ms "${run[@]}" -o report -e 'dump store' -- "${program[@]}" </dev/null
is "$status" 0 "status"
is "$(mode report) $(mode store)" "600 600" "modes of new files"
spawn "$MALLOSCOPE" run -o live --every 0.2 --store stored -e 'wait 20' -- sleep 20
# shellcheck disable=SC2317 # until_true calls it
shows_wal() {
	[ -s stored-wal ] && [ -e stored-shm ]
}
until_true 10 shows_wal || fail "no log beside the file: $(ls)"
is "$(mode stored) $(mode stored-wal) $(mode stored-shm)" "600 600 600" \
	"modes of what SQLite has beside it"
kill "$pid"
await "$pid" 20 "malloscope"
is "$(mode stored)" 600 "mode at the end"

# What is there.
echo "long long long before" >report
chmod 644 report
ms "${run[@]}" -o report -- "${program[@]}" </dev/null
is "$status" 0 "status with a report that is there"
is "$(mode report)" 644 "its mode"
has_not report 'before' "its contents"
chmod 644 store
ms run -e 'wait exit' -e 'dump store' -- "${program[@]}" </dev/null
is "$status" 0 "status with a store that is there"
is "$(mode store)" 644 "its mode"

# Links, to a file and to nothing.
echo precious >victim
ln -s victim link
ln -s nothing dangling
for f in link dangling; do
	ms "${run[@]}" -o $f -- "${program[@]}" </dev/null
	refused "cannot write $f: it is a link; give the name of the file itself" \
		"a report by a link"
	ms run -e 'wait exit' -e "dump $f" -- "${program[@]}" </dev/null
	refused "cannot write $f: it is a link" "a store by a link"
done
is "$(cat victim)" precious "what the link leads to"
[ ! -e nothing ] || fail "a link to nothing led to a file"
ln -s victim new-journal
ms run -e 'wait exit' -e "dump new" -- "${program[@]}" </dev/null
refused "cannot write new-journal: it is a link" "a link as SQLite's journal"
[ ! -e new ] || fail "a store that cannot be is left"

# No regular files.
mkfifo fifo
for f in fifo /dev/null; do
	ms run -e 'wait exit' -e "dump $f" -- "${program[@]}" </dev/null
	refused "cannot write $f: is not a regular file" "a store that is none"
done
spawn cat fifo
ms "${run[@]}" -o fifo -- "${program[@]}" </dev/null
is "$status" 0 "status with a FIFO"
await "$pid" 10 "the reader of the FIFO"
has "$pid_out" '^Total allocated size' "the report in a FIFO"
for f in /dev/null /dev/stdout /dev/stderr /dev/fd/1; do
	ms "${run[@]}" -o $f -- "${program[@]}" </dev/null
	is "$status" 0 "status with $f"
done
has out '^Total allocated size' "the report on /dev/fd/1"
ms "${run[@]}" -o >(cat >piped) -- "${program[@]}" </dev/null
is "$status" 0 "status with a pipe"
until_true 10 says piped '^Total allocated size' || fail "no report in the pipe"
ms "${run[@]}" -o /dev/full -- "${program[@]}" </dev/null
refused "cannot write the output: No space left" "a full device"

# The history: of a prompt, which needs a terminal.
if command -v python3 >/dev/null; then
	cat >prompt.py <<'END'
"""A prompt that is left at once, with the history in this directory."""
import os, pty, sys
pid, fd = pty.fork()
if pid == 0:
    os.environ.update(TERM="dumb", INPUTRC="/dev/null", XDG_STATE_HOME=os.getcwd())
    os.execv(sys.argv[1], [sys.argv[1], "open", "store"])
os.write(fd, b"status\nquit\n")
try:
    while os.read(fd, 4096):
        pass
except OSError:
    pass
os.waitpid(pid, 0)
END
	prompt() {
		timeout -k 5 20 python3 prompt.py "$MALLOSCOPE" ||
			fail "the prompt with $1 does not end"
	}
	prompt "no history"
	is "$(mode malloscope/history)" 600 "mode of the history"
	has malloscope/history '^status$' "the history"
	rm malloscope/history && ln -s ../victim malloscope/history
	prompt "a link as history"
	is "$(cat victim)" precious "what the history leads to"
	rm malloscope/history && mkfifo malloscope/history
	prompt "a FIFO as history"
fi

# Of somebody else: not even root writes to that.
[ "$(id -u)" -eq 0 ] || skip "the rest needs root"
echo precious >theirs
chown 65534 theirs
cp store theirs_store
chown 65534 theirs_store
ms "${run[@]}" -o theirs -- "${program[@]}" </dev/null
refused "cannot write theirs: it belongs to uid 65534, and you are uid 0; take another name or remove it" "a report of another user"
is "$(cat theirs)" precious "what another user has"
ms run -e 'wait exit' -e "dump theirs_store" -- "${program[@]}" </dev/null
refused "cannot write theirs_store: it belongs to uid 65534" "a store of another user"
mkfifo theirs_fifo
chown 65534 theirs_fifo
ms "${run[@]}" -o theirs_fifo -- "${program[@]}" </dev/null
refused "cannot write theirs_fifo: it belongs to uid 65534" "a FIFO of another user"
exit 0
