#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The queries of doc/FORMAT.md work with sqlite3 on a file that the store wrote, and its views say
# what it holds.
. "$(dirname "$0")/../lib.sh"

command -v sqlite3 >/dev/null || skip "no sqlite3 here"
[ -x "$builddir/tests/fuzz/store_open" ] || skip "tests/fuzz/store_open is not built"

"$builddir/tests/fuzz/store_open" --seed s.db || fail "no file"

# query NAME SQL: its rows in the file NAME.
query() {
	sqlite3 s.db "$2" >"$1" 2>err || fail "$1: $2"
}

awk '/^```sql/ { name = sprintf("query%d.sql", ++num); next }
	/^```/ { name = "" }
	name { print >name }' "$srcdir/doc/FORMAT.md"
num=0
for file in query*.sql; do
	query "${file%.sql}" "$(cat "$file")"
	[ -s "${file%.sql}" ] || fail "no rows: $(cat "$file")"
	num=$((num + 1))
done
[ $num -ge 6 ] || fail "only $num queries found"

has query2 '^x\.c:7\|500\|2$' "top lineno"
has query3 '^f\|200$' "diff by function"
has query4 '^300\.0\|4$' "older blocks"
has query5 '^x\.c\|7\|f\|p = malloc\(n\);$' "traceback with source"
has query7 '^/lib/x\.so\|6275696c642d6964$' "build-ids"

for id in 1 2 3; do
	query sum "SELECT sum(live_bytes), sum(live_blocks), sum(total_bytes), sum(total_blocks), count(*)
		FROM snapshot_site WHERE snapshot = $id"
	query total "SELECT live_bytes, live_blocks, total_bytes, total_blocks, num_sites FROM snapshot
		WHERE id = $id"
	is "$(cat sum)" "$(cat total)" "sums of snapshot $id"
done
query newest "SELECT * FROM newest_site"
query third "SELECT * FROM snapshot_site WHERE snapshot = 3"
is "$(cat newest)" "$(cat third)" "the newest snapshot"

# Every table and view is described, and every one described is there.
query tables "SELECT name FROM sqlite_master WHERE type IN ('table', 'view') ORDER BY name"
# shellcheck disable=SC2016 # Markdown's backquotes
sed -nE 's/^\| `([a-z_]+)` \|.*/\1/p' "$srcdir/doc/FORMAT.md" | LC_ALL=C sort >described
is "$(cat described)" "$(cat tables)" "tables and views of doc/FORMAT.md"
query columns "SELECT m.name || '.' || c.name FROM sqlite_master m JOIN pragma_table_info(m.name) c
	WHERE m.type = 'table'"
while IFS=. read -r table column; do
	[ "$table" = snapshot ] && column=${column#*_}
	grep -E "^\| \`$table\` \|" "$srcdir/doc/FORMAT.md" | grep -q -- "$column" ||
		grep -q "\`[a-z_]*$column\`" "$srcdir/doc/FORMAT.md" ||
		fail "column $table.$column is not in doc/FORMAT.md"
done <columns
