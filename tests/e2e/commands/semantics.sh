#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# doc/SEMANTICS.md names the test of each statement: every statement has a row, and every test that
# is named exists.
. "$(dirname "$0")/../lib.sh"

doc=$srcdir/doc/SEMANTICS.md
# How many there are of each letter.
for statements in F:8 O:4 G:5 C:10 L:11 T:12 E:8 B:6 D:3; do
	for ((i = 1; i <= ${statements#*:}; i++)); do
		id=${statements%:*}$i
		row=$(grep -E "^\| $id \|" "$doc") || fail "no row for $id"
		[[ $row =~ (\`[a-z0-9_]+:\ |no\ test) ]] ||
			fail "$id names no test, and does not say so"
	done
done

# shellcheck disable=SC2016 # backquotes of the text
grep -oE '`[a-z0-9_]+: [A-Za-z0-9_]+`' "$doc" | tr -d '`' | sort -u >named
[ "$(wc -l <named)" -gt 80 ] || fail "only $(wc -l <named) tests are named"
while IFS=': ' read -r suite name; do
	if [ "$suite" = e2e ]; then
		ls "$srcdir"/tests/e2e/*/"$name.sh" >/dev/null 2>&1 ||
			fail "no tests/e2e/*/$name.sh"
	else
		grep -qE "^#test[^ ]* $name\$" "$srcdir/tests/unit/$suite.check" ||
			fail "no test $name in tests/unit/$suite.check"
	fi
done <named
echo "ok: $(wc -l <named) tests"
