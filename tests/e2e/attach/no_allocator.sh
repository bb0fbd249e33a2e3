#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A program without any allocator: says so, names what was searched, goes on, and the program comes
# to its end.
. "$(dirname "$0")/../lib.sh"

echo hello >input
ms run -- "$TARGETS/no_allocator" <input
is "$status" 5 "status of the program"
is "$(cat out)" hello "output of the program"
has err 'allocator' "the note"
has err 'no_allocator' "what was searched"

mkfifo hold
exec 9<>hold
"$TARGETS/no_allocator" <hold >copied &
target=$!
pids+=("$target")
ms attach -e 'wait 0.1' -e status "$target"
has err 'allocator' "the note"
is_left "$target"
echo on >&9
until_true 5 says copied '^on$' || fail "the program does not go on"
