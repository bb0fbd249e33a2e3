#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Snapshot files of a traced program: dump and load give the same, periodic snapshots, a reader
# while they are written, kill -9, a full disk, a path that cannot be written; the program goes on
# in any case.
. "$(dirname "$0")/../lib.sh"

# D1: what is loaded is what was dumped.
ms run -o listing -e 'wait call checkpoint' -e 'snapshot a' -e 'dump a file' -e 'load file:a b' \
	-e 'diff a b traceback --changed' -e 'traces --snapshot a' -- "$TARGETS/single" </dev/null
is "$status" 0 "status of dump and load"
has out '^EXIT-SUCCESS$' "the program's own checks"
has listing '^\[ Top 0 differences \] a -> b, ' "a loaded snapshot is the same"
has listing '^Total change: \+0 B in \+0 blocks$' "totals of a loaded snapshot"
grep '^size=' listing >traces
ms open -e 'traces --snapshot a' file
grep '^size=' out >loaded
cmp -s traces loaded || fail "traces of the file differ: $(diff traces loaded | head)"
# A file tells of its engine, and without that of breakpoints.
ms run --engine agent -o listing -e 'dump live engine' -e status -- "$TARGETS/single" </dev/null
engine=$(sed -n 's/^engine: \([a-z]*\).*/\1/p' listing)
ms open -e status -e 'snapshots --json' engine
has out "^engine: $engine$" "the engine of a file"
has out "\"engine\":\"$engine\"" "the engine of a snapshot"

# Periodic, with a reader meanwhile; the last one is that of the end.
spawn "$MALLOSCOPE" run -o listing --every 0.05 --store periodic -e 'wait 2' -e kill \
	-- "$TARGETS/threads" 2 0
writer=$pid
# shellcheck disable=SC2317 # until_true calls it
two_snapshots() {
	[ -s periodic ] && "$MALLOSCOPE" open -e snapshots periodic 2>/dev/null | grep -q '^e2 '
}
until_true 20 two_snapshots || fail "no two snapshots came"
for _ in 1 2 3; do
	ms open -e 'snapshots' -e 'diff e1 e2 -n 3' periodic
	is "$status" 0 "reading while it is written"
done
await "$writer" 30 "the writer"
ms open -e growth periodic
is "$status" 0 "growth of a stored series"
has out '^\[ Top [0-9]+ growing \] over [0-9]+ snapshots, e1 -> e[0-9]+, ' \
	"growth of a stored series"

# kill -9 loses at most the snapshot that is being written; the target lives on.
spawn "$TARGETS/threads" 2 0
target=$pid
spawn "$MALLOSCOPE" attach -o listing --every 0.02 --store killed -e 'wait 60' "$target"
writer=$pid
# shellcheck disable=SC2317 # until_true calls it
killed_has() {
	[ -s killed ] && "$MALLOSCOPE" open -e snapshots killed 2>/dev/null | grep -q '^e5 '
}
until_true 20 killed_has || fail "no five snapshots came"
kill -KILL "$writer"
await "$writer" 10 "the writer"
is_left "$target"
ms open -e snapshots killed
is "$status" 0 "a file after kill -9"
has out '^e5 ' "snapshots after kill -9"
ms attach -o listing -e 'dump killed' "$target"
is "$status" 0 "appending after kill -9"
ms top killed:s1 -n 1
is "$status" 0 "the snapshot that was appended"
kill -KILL "$target"

# A file that may not grow: told once, the program goes on.
(
	ulimit -f 96
	exec timeout 60 "$MALLOSCOPE" run -o listing --every 0.05 --store full -e 'wait 1.5' \
		-e memory -e kill -- "$TARGETS/threads" 2 0
) >out 2>err </dev/null
is "$?" 137 "status with a full disk"
is "$(grep -c '^# a snapshot was not stored: ' listing)" 1 "notes of a full disk"
has listing '^current=' "commands after a full disk"

# One that cannot hold a snapshot at all: known before the program is launched.
(
	ulimit -f 16
	exec timeout 60 "$MALLOSCOPE" run -o listing --every 0.05 --store full2 -- \
		"$TARGETS/single"
) >out 2>err </dev/null
is "$?" 1 "status with no room for a file"
has err '^malloscope: cannot write full2: ' "error with no room for a file"
[ ! -s out ] || fail "the program was launched with no room for a file"

# No such directory: known before the program is launched. One that goes later: the same as a full
# disk.
ms run -o listing --every 0.05 --store nosuch/file -e 'wait exit' -- "$TARGETS/single" </dev/null
is "$status" 1 "status without a directory"
has err '^malloscope: cannot write nosuch/file: No such file or directory$' \
	"error without a directory"
[ ! -s out ] || fail "the program was launched without a directory"
ms run -o listing -e 'every 1 .' -- "$TARGETS/single" </dev/null
is "$status" 1 "status of every with a directory"
has err "-e 'every 1 .': cannot write .: Is a directory$" "error of every with a directory"
mkdir going
ms run -o listing --every 100 --store going/file -e 'wait exit' -- sh -c 'rmdir going; exit 7' \
	</dev/null
is "$status" 1 "status with a directory that goes: nothing was stored"
has err '^malloscope: no snapshot could be stored: .*going/file' "the error when nothing was stored"
has listing '^# a snapshot was not stored: .*going/file.*; the next one tries again$' \
	"note of a directory that went"
ms run -o listing -e 'every 100 going/file' -e 'wait exit' -e 'every off' -e memory -- sh \
	-c 'exit 7' </dev/null
is "$status" 1 "status of every without a directory"
mkdir going
ms run -o listing -e 'every 100 going/file' -e 'wait exit' -e 'every off' -e memory -- rmdir going \
	</dev/null
is "$status" 1 "status of every with a directory that goes"
has err "^malloscope: -e 'every off': no snapshot could be stored: .*going/file" \
	"the error of every off"
has_not listing '^current=' "what is behind every off"

# What can never be a store is refused while the program is not there yet, and left as it is.
never() {
	local before=

	[ ! -f "$1" ] || before=$(cksum "$1")
	ms run --every 100 --store "$1" -- touch touched </dev/null
	is "$status" 1 "status with $2"
	is "$(wc -l <err)" 1 "lines about $2"
	has err "^malloscope: .*$1: ?$3" "error about $2"
	[ ! -e touched ] || fail "the program was launched with $2"
	[ ! -f "$1" ] || is "$(cksum "$1")" "$before" "$2 after the trial"
	is "$(find . -name '.malloscope*')" "" "trials that are left of $2"
}
echo "not a store" >notes.txt
never notes.txt "a text file" " is not a snapshot file$"
mkfifo fifo
never fifo "a FIFO" " is not a regular file$"
never /dev/null "a device" " is not a regular file$"
never /dev/full "a full device" " is not a regular file$"
ln -s round round
never round "a loop of links" " Too many levels of symbolic links$"
ln -s nosuch/nothing dangling
never dangling "a link to nothing" " it is a link to nothing$"
never "$(printf 'x%.0s' {1..250})" "a name too long for a journal" " File name too long$"
ms run -o listing -e 'every 1 notes.txt' -- "$TARGETS/single" </dev/null
is "$status" 1 "every with a text file"
has err "^malloscope: -e 'every 1 notes.txt': notes.txt: is not a snapshot file" \
	"every with a text file"
# One that is not there yet is not there either when the program cannot be launched.
ms run --every 100 --store fresh -- ./nosuch </dev/null
is "$status" 1 "a program that is not there"
[ ! -e fresh ] || fail "a store was left without a program"
is "$(find . -name '.malloscope*')" "" "trials that are left"
# An old store is appended to.
ms run -o listing --every 100 --store fresh -- true </dev/null
ms run -o listing --every 100 --store fresh -- true </dev/null
is "$status" 0 "an old store"
ms open -e snapshots fresh
is "$(grep -cE '^(e1|[0-9]+) ' out)" 2 "snapshots of two runs"

ms run -o listing -e 'wait call checkpoint' -e 'dump nosuch/file' -- "$TARGETS/single" </dev/null
is "$status" 1 "status of dump without a directory"

# Options that go together.
ms run --every 5 -- true
is "$status" 2 "--every alone"
ms run --every 0 --store file -- true
is "$status" 2 "--every 0"
exit 0
