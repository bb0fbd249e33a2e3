#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The example of the documentation: attach to the leaking server, two snapshots, the diff names the
# leaking line first; the server runs on.
. "$(dirname "$0")/../lib.sh"

${CC:-cc} -g -O2 -o leaky "$srcdir/doc/examples/leaky.c" || fail "the example does not compile"
line=$(grep -n 'the leak:' "$srcdir/doc/examples/leaky.c" | cut -d: -f1)
spawn ./leaky
target=$pid
sleep 0.3
ms attach -o listing -e 'wait 0.3' -e 'snapshot before' -e 'wait 0.7' -e 'snapshot after' \
	-e 'diff before after -n 3' \
	-e 'diff before after traceback -n 1' -e 'traceback #1' "$target"
is "$status" 0 "status of attach"
row=$(grep -m1 -A1 '^\[ Top .* differences \] before -> after' listing | tail -n 1)
case $row in
*/leaky.c:$line:*' (+'*) ;;
*) fail "the first row of the diff is not the leak: $row" ;;
esac
has listing "^  File \".*/leaky\\.c\", line $line, in open_session\$" "the traceback of the leak"
has listing '^    struct session \*session = malloc' "the line of source"
is_left "$target"
