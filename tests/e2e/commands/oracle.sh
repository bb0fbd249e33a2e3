#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# tracemalloc is the oracle: what `top` and `diff` make of stored snapshots is what Python's
# tracemalloc makes of their traces, for random keys, filters and sorts (oracle.py): G1 to G4, C1 to
# C4, C6, C9, O1 to O3, L1 to L8, F4, F5 of the semantics.
. "$(dirname "$0")/../lib.sh"

python=$(PATH=/usr/bin:/bin:$PATH command -v python3) || skip "python3 is missing"
"$python" -c 'import tracemalloc' 2>/dev/null || skip "python3 has no tracemalloc"

oracle() {
	timeout 200 "$python" "$srcdir/tests/e2e/commands/oracle.py" "$MALLOSCOPE" "$@" >out 2>err \
		||
		fail "tracemalloc disagrees: $(tail -n 3 err)"
	cat out
}

# Two files, lines, inlined functions, realloc.
ms run -o listing -e 'wait call site_malloc 3' -e 'wait call site_malloc 3' -e 'dump f' \
	-e 'wait call checkpoint' -e 'dump f' -- "$TARGETS/single" </dev/null
is "$status" 0 "status of the run"
oracle f s1 s2 150 "${SEED:-1}"

# Several threads, stacks cut short.
ms run -n 12 -o listing -e 'wait call checkpoint' -e 'dump r' -e 'wait exit' -e 'dump r' \
	-- "$TARGETS/threads" 3 300 </dev/null
is "$status" 0 "status of the run with threads"
oracle r s1 s2 150 "${SEED:-2}"

# A real program without line information.
command -v sqlite3 >/dev/null || { echo "# sqlite3 is missing, left out" && exit 0; }
cat >input <<'END'
create table t(a integer primary key, b text);
insert into t with recursive c(x) as (select 1 union all select x+1 from c where x<2000)
	select x, hex(x * x) from c;
create index i on t(b);
select count(*) from t where b like '%3%';
END
ms run -o listing -e 'wait call sqlite3_finalize' -e 'dump s' -e 'wait call sqlite3_finalize 2' \
	-e 'dump s' -- sqlite3 :memory: <input
[ "$status" -eq 0 ] || { echo "# sqlite3 has no symbol to wait for, left out" && exit 0; }
oracle s s1 s2 100 "${SEED:-3}"

# The comparison can fail: other traces than those that were asked about.
"$python" "$srcdir/tests/e2e/commands/oracle.py" "$MALLOSCOPE" s s1 nosuch 1 1 >out 2>err &&
	fail "the oracle does not see a wrong name"
sed 's/("size", "size_diff"/("size_diff", "size"/; s/statistic, field)/statistic, "count")/' \
	"$srcdir/tests/e2e/commands/oracle.py" >wrong.py
"$python" wrong.py "$MALLOSCOPE" s s1 s2 3 1 >out 2>err && fail "the oracle agrees with anything"
exit 0
