#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The pages of doc/examples/ tell the truth: their commands are run again, and print what the page
# says, but for the figures.
. "$(dirname "$0")/../lib.sh"

command -v python3 >/dev/null || skip "no python3"
mkdir bin
printf '#!/bin/sh\nexec "%s" "$@"\n' "$(realpath "$MALLOSCOPE")" >bin/malloscope
chmod +x bin/malloscope
PATH=$dir/bin:$PATH

replay() {
	timeout 100 python3 "$srcdir/tests/e2e/commands/examples.py" "$@" >out 2>err
}

# page NAME PROGRAM...: its commands in a directory of their own. Without a program that it needs
# it is not tried.
page() {
	local name=$1 program

	shift
	for program in "$@"; do
		command -v "$program" >/dev/null || { echo "# $name: no $program" && return; }
	done
	mkdir "$name"
	cp "$srcdir/doc/examples"/*.[cp]* "$name"
	replay "$srcdir/doc/examples/$name.md" "$name" || fail "doc/examples/$name.md"
	[ "$(cat out)" -ge 3 ] || fail "doc/examples/$name.md: $(cat out) commands"
}

page chat g++
page thumbnails gcc python3
page notes gcc
page workers gcc
page redis redis-server redis-cli redis-benchmark

# A page that lies is seen: a line that is not printed, one that is missing, another figure's unit.
lie() {
	printf '%s\n' "\`\`\`console" "$@" "\`\`\`" >lie.md
	! replay lie.md . || fail "a lie passes: $*"
}
# shellcheck disable=SC2016 # that is the page's
lie '$ echo a: 5 KiB' 'b: 5 KiB'
lie '$ echo a: 5 KiB' 'a: 5 B'
lie '$ printf "a\nb\n"' 'a'
lie '$ echo /src/notes.c:17' '/src/notes.c:18'
lie '$ false' '$ echo b' 'a'
printf '%s\n' '```console' '$ printf "a 1 KiB\nb\nc\n"' 'a 2 KiB' ... '...' c '```' >truth.md
replay truth.md . || fail "a truth fails"
