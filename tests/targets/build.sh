#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Usage: build.sh SOURCE OUTPUT-DIRECTORY Builds one target program. `// build: FLAGS` in the first
# lines of the source adds flags, `// output: NAME` names the result when it is not that of the
# source without its suffix. CC, CXX: compilers.
set -eu

source=$1
directory=$2
flags=$(sed -n '1,4s|^// build: ||p' "$source")
output=$(sed -n '1,4s|^// output: ||p' "$source")
name=$(basename "$source")

case $name in
*.cc) compile="${CXX:-g++} -std=gnu++17" output=${output:-${name%.cc}} ;;
*) compile="${CC:-gcc} -std=gnu11" output=${output:-${name%.c}} ;;
esac
# clang does not know it, and merges no functions anyway.
case $compile in
*clang*) flags=${flags//-fno-ipa-icf/} ;;
esac
# shellcheck disable=SC2086
exec $compile -O2 -Wall -Wextra ${TARGET_FLAGS-} $flags \
	-iquote "$(dirname "$source")/../../src" -o "$directory/$output" "$source"
