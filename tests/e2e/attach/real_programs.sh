#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# sqlite3 and python3 to their end: output and status as untraced, and at the end exactly the live
# bytes, blocks and allocations that an interposed library counts in the same run.
. "$(dirname "$0")/../lib.sh"

ms_timeout=240

try() {
	local name=$1 bytes blocks total

	shift
	command -v "$1" >/dev/null || {
		echo "# $1 is not installed"
		return
	}
	"$@" <input >out.untraced 2>err.untraced
	code=$?
	# As a user would.
	ms run -o listing -e 'wait exit' -e status -e memory -- "$@" <input
	is "$status" "$code" "status of $name"
	cmp -s out out.untraced || fail "output of $name differs"
	cmp -s err err.untraced || fail "standard error of $name differs"
	nothing_odd listing "$name"
	# With the library that counts.
	ms run -o listing -e 'wait exit' -e memory -e 'top -n 1' -e status -- \
		env LD_PRELOAD="$TARGETS/libledger.so" LEDGER_OUT="$dir/counts" "$@" <input
	is "$status" "$code" "status of $name with libledger"
	cmp -s out out.untraced || fail "output of $name with libledger differs"
	nothing_odd listing "$name with libledger"
	[ -s counts ] || fail "libledger did not count"
	read -r bytes blocks total _ <counts
	is "$(current_bytes listing)" "$((10#$bytes))" "live bytes of $name at its end"
	is "$(live_blocks listing)" "$((10#$blocks))" "live blocks of $name at its end"
	[ "$((10#$total))" -gt 1000 ] || fail "$name allocates too little to mean anything"
	num_tried=$((num_tried + 1))
	echo "ok: $name: $((10#$total)) allocations, $((10#$blocks)) blocks of $((10#$bytes)) bytes live at the end"
}

num_tried=0
cat >input <<'END'
create table t(a integer primary key, b text, c real);
with recursive n(x) as (select 1 union all select x + 1 from n where x < 2000)
	insert into t select x, 'row number ' || x, x / 7.0 from n;
create index i on t(b);
select count(*), sum(a), max(b) from t where b like '%99%';
select a % 10 as k, count(*), group_concat(b) from t where a < 200 group by k order by k;
delete from t where a % 3 = 0;
vacuum;
select count(*) from t;
select * from nosuchtable;
END
try sqlite3 sqlite3 :memory:

cat >input <<'END'
import json, re, collections, sys
d = {str(i): [i, i * i, {"x": "y" * (i % 50)}] for i in range(300)}
s = json.dumps(d)
assert json.loads(s) == d
print(len(s), len(re.findall("[0-9]+", s)), collections.Counter(s).most_common(3))
class A:
    pass
l = [A() for _ in range(500)]
for i, a in enumerate(l):
    a.next = l[i - 1]
del l
sys.exit(23)
END
export PYTHONMALLOC=malloc
try python3 /usr/bin/python3 -
[ "$num_tried" -gt 0 ] || skip "neither sqlite3 nor python3 is installed"
