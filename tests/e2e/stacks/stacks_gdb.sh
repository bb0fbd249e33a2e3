#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Every stack at which a program calls the allocator, as gdb's `bt` sees it and as malloscope keeps
# it, must be the same set: for sqlite3, whose code has no frame pointers, and for a target of ours
# with line information.
. "$(dirname "$0")/../lib.sh"

command -v gdb >/dev/null || skip "gdb is missing"
command -v python3 >/dev/null || skip "python3 is missing"
ms_timeout=120

# compare NAME MIN-SITES CMD...: input is in the file input.
compare() {
	local name=$1 sites=$2 rows i

	shift 2
	{
		cat <<'END'
set pagination off
set confirm off
set width 0
set height 0
set breakpoint pending on
set debuginfod enabled off
set startup-with-shell on
set disable-randomization on
set backtrace past-main on
set backtrace past-entry on
set backtrace limit 0
set print frame-arguments none
END
		for i in __libc_malloc __libc_calloc __libc_realloc __libc_memalign \
			posix_memalign; do
			printf 'break %s\ncommands\nsilent\necho @stop\\n\nbt\ncontinue\nend\n' "$i"
		done
		printf 'catch syscall exit_group\ncommands\nsilent\necho @mappings\\n\ninfo proc mappings\ncontinue\nend\n'
		# These words take the place of those after --args.
		echo "run ${*:2} <input >gdb.out 2>/dev/null"
	} >gdb.script
	timeout 240 gdb -nx -batch -x gdb.script --args "$@" >gdb.txt 2>gdb.err </dev/null
	grep -q '^@mappings$' gdb.txt || fail "gdb run of $name: $(tail -n 5 gdb.err)"

	ms run -n 65535 -o rows -e 'wait exit' -e 'top traceback -n 100000 --by calls' -- "$@" \
		<input
	rows=$(sed -nE 's/^\[ Top ([0-9]+) \].*/\1/p' rows)
	[ "${rows:-0}" -gt 0 ] || fail "no rows for $name: $(head -n 3 rows)"
	{
		echo 'wait exit'
		echo 'top traceback -n 100000 --by calls'
		for ((i = 1; i <= rows; i++)); do
			printf 'memory\ntraceback #%d\n' "$i"
		done
		echo status
	} >script
	ms run -n 65535 -o stacks -x script -- "$@" <input
	has_not stacks '^unwinding:.*(truncated|failed)=[1-9]' "unwinds of $name"
	cmp -s out gdb.out || fail "$name under malloscope prints other things than under gdb"
	python3 "$srcdir/tests/e2e/stacks/stacks_gdb.py" gdb.txt stacks "$sites" >compared 2>&1 || {
		cp gdb.txt stacks "${E2E_SAVE:-$dir}" 2>/dev/null
		fail "$name: $(cat compared)"
	}
	echo "ok: $name: $(cat compared)"
}

: >input
compare recurse 2 "$TARGETS/recurse" 2000
compare threads 10 "$TARGETS/threads" 1 300
if command -v sqlite3 >/dev/null; then
	cat >input <<'END'
create table t(a integer primary key, b text);
insert into t values (1, 'one'), (2, 'two'), (3, 'three');
create index i on t(b);
create view v as select a, upper(b) as u from t;
create trigger g after delete on t begin insert into t values (old.a + 100, old.b); end;
select * from v order by u;
select count(*), group_concat(b, '-') from t where b like 't%' group by a % 2;
with recursive n(x) as (select 1 union all select x + 1 from n where x < 20) select sum(x) from n;
delete from t where a = 2;
update t set b = b || b where a > 2;
explain query plan select * from t join v using (a);
.tables
.schema
select * from nosuchtable;
END
	compare sqlite3 50 sqlite3 :memory:
else
	skip "sqlite3 is missing"
fi
