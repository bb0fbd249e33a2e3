#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A file system that is really full, and a directory that goes away, while snapshots are stored:
# told once, the program is traced on, and the next snapshot after there is room again is stored;
# the file is sound in any case.
. "$(dirname "$0")/../lib.sh"

# A tmpfs needs a mount namespace: as root, or as root of a namespace of users.
if [ -z "${IN_NAMESPACE-}" ]; then
	for how in -m -rm; do
		unshare $how sh -c "mount -t tmpfs -o size=64k none '$dir'" 2>/dev/null || continue
		IN_NAMESPACE=1 unshare $how bash "$srcdir/tests/e2e/files/full_disk.sh"
		exit
	done
	skip "no mount namespaces here"
fi
mkdir small
# shellcheck disable=SC2317 # trap calls it
end() {
	local code=$?

	umount -l small 2>/dev/null
	(exit "$code")
	finish
}
trap end EXIT
mount -t tmpfs -o size=1m none small || skip "cannot mount a tmpfs"

fill() {
	dd if=/dev/zero of=small/filler bs=4k 2>/dev/null
	[ "$(df --output=avail -k small | tail -n 1)" -lt 8 ] || exit 99
}
num_notes() {
	grep -c '^# a snapshot was not stored: ' listing
}
# shellcheck disable=SC2317 # until_true calls these
has_notes() {
	[ -e listing ] && [ "$(num_notes)" -ge "$1" ]
}
# shellcheck disable=SC2317
has_snapshots() {
	[ "$("$MALLOSCOPE" open -e snapshots small/file 2>/dev/null | grep -c '^e[0-9]')" -ge "$1" ]
}

spawn "$TARGETS/threads" 2 0
target=$pid
# Full from the begin: the program is not touched.
fill
ms attach --every 0.1 --store small/file -e 'wait 40' "$target"
is "$status" 1 "status with a full disk"
has err '^malloscope: cannot write small/file: .*(full|space|disk)' "error of a full disk"
is "$(wc -l <err)" 1 "lines about a full disk"
is "$(find small -type f)" small/filler "files that the trial left"
rm small/filler
spawn "$MALLOSCOPE" attach -o listing --every 0.5 --store small/file -e 'wait 40' "$target"
writer=$pid
until_true 10 test -e listing || fail "malloscope did not begin"
fill
until_true 20 has_notes 1 || fail "no note of a full disk"
has listing '^# a snapshot was not stored: small/file: .*(full|space|disk).*; the next one tries again$' "note of a full disk"
sleep 0.5
is "$(num_notes)" 1 "notes of a full disk"
is_over "$target" && fail "the program has ended"
# Room again: what comes next is stored.
rm small/filler
until_true 20 has_snapshots 3 || fail "nothing was stored after there was room"
is "$(num_notes)" 1 "notes after there was room"
# Full in the middle of a file: the snapshots before are not lost; it is told anew.
fill
until_true 20 has_notes 2 || fail "no note when the disk was full again"
ms open -e top -e snapshots small/file
is "$status" 0 "the file on a full disk"
num=$(grep -c '^e[0-9]' out)
rm small/filler
until_true 20 has_snapshots $((num + 2)) || fail "nothing was stored the second time"
is "$(num_notes)" 2 "notes after the second time"
kill -TERM "$writer"
await "$writer" 10 "the writer"
is_left "$target"
ms open -e top -e snapshots small/file
is "$status" 0 "the file in the end"

# The command: one error, tracing goes on.
fill
ms attach -o listing -e 'dump small/other' "$target" </dev/null
is "$status" 1 "status of dump on a full disk"
has err "^malloscope: -e 'dump small/other': small/other: .*(full|space|disk)" \
	"text of dump on a full disk"
is "$(wc -l <err)" 1 "lines of dump on a full disk"
rm small/filler
ms attach -o listing -e 'dump small/other' -e 'top -n 1' "$target" </dev/null
is "$status" 0 "dump after there was room"

# A directory that goes before the first snapshot, and comes again.
mkdir small/gone
rm listing
spawn "$MALLOSCOPE" attach -o listing --every 2 --store small/gone/file -e memory -e 'wait 40' \
	"$target"
writer=$pid
# shellcheck disable=SC2317 # until_true calls these
is_begun() {
	grep -q '^current=' listing 2>/dev/null
}
# shellcheck disable=SC2317
is_stored() {
	"$MALLOSCOPE" top small/gone/file >/dev/null 2>&1
}
until_true 20 is_begun || fail "no output"
mv small/gone small/there
until_true 20 has_notes 1 || fail "no note without a directory"
mv small/there small/gone
until_true 20 is_stored || fail "nothing was stored when the directory came"
is "$(num_notes)" 1 "notes without a directory"
kill -TERM "$writer"
await "$writer" 10 "the writer"
is_left "$target"
kill -KILL "$target"
exit 0
