#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Record the stacks of this folder anew. To be run in a build tree: .../tests/recorded/record.sh
# Needs gdb, sqlite3, python3 (the system's) and a C++ compiler.
set -eu
folder=$(cd "$(dirname "$0")" && pwd)
make tests/recorded/rows
RECORD_ROWS=$PWD/tests/recorded/rows
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export RECORD_ROWS

${CXX:-c++} -std=c++17 -O2 -g -fomit-frame-pointer -pthread -o "$work/shapes" "$folder/shapes.cc"
${CC:-cc} -O2 -g -fomit-frame-pointer -o "$work/handler" "$folder/handler.c"

# record NAME FUNCTION HITS PROGRAM ARGS: at the first call of FUNCTION after HITS others.
record() {
	RECORD_OUT=$folder/$1.txt
	RECORD_TITLE="$1: call $(($3 + 1)) of $2 in: $(basename "$4")$(
		shift 4 && printf ' %s' "$@"
	)"
	export RECORD_OUT RECORD_TITLE
	function=$2 hits=$3
	shift 3
	DEBUGINFOD_URLS='' LC_ALL=C gdb -nx -batch -ex 'set confirm off' \
		-ex 'set backtrace past-main on' \
		-ex 'handle SIGSEGV nostop noprint pass' -ex 'unset environment' \
		-ex 'set environment PYTHONMALLOC malloc' \
		-ex starti -ex 'catch load libc.so' -ex continue -ex 'delete 1' \
		-ex "break *$function" -ex "ignore 2 $hits" -ex continue \
		-ex "source $folder/record.py" -ex kill --args "$@" </dev/null >"$work/log" 2>&1 ||
		{ cat "$work/log" >&2; return 1; }
}

record sqlite3 __libc_malloc 560 /usr/bin/sqlite3 :memory: \
	'create table t(a, b); create index i on t(b); insert into t values (1, 2), (3, 4); select a, count(*) from t where b > 1 group by a order by b'
record python3 __libc_malloc 9000 /usr/bin/python3 -S -c 'print(sorted(str(i) for i in range(100)))'
record shapes stop_here 0 "$work/shapes"
record handler_load stop_here 0 "$work/handler" load
record handler_null stop_here 0 "$work/handler" null
ls -l "$folder"/*.txt
