#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# --follow with many children. One after the other any number is followed, in bounded memory: those
# of a program that have ended become one table with exact sums. Of too many at once a note tells.
. "$(dirname "$0")/../lib.sh"

# A multiple of 100.
num=${FOLLOW_MANY:-600}
ms_timeout=$((60 + num / 5))
# So many processes, each by vfork or fork and execve, every 100th with status 3, and a few of
# another program.
cat >make.sh <<'END'
i=0
while [ $i -lt "$1" ]; do
	i=$((i + 1))
	case $i in
	*00) "$2" 3 ;;
	*50) /bin/true ;;
	*) "$2" ;;
	esac
done
:
END
others=$((num / 100 + (num % 100 >= 50)))
leaves=$((num - others))
LEAF=$TARGETS/leaf
ms run --follow fork,exec -o report -e 'wait all' -e processes -e 'process leaf' -e status \
	-e memory -e 'top function' -e traceback \
	-e 'snapshot a' -e 'dump a s.db' -e 'diff a' -e 'process #1' -e process -- sh make.sh \
	"$num" "$LEAF" </dev/null
is "$status" 0 "status of $num children"
has_not report 'limit|not followed' "notes about $num children"
has report "^ +- +- +[0-9.]+ [KM]iB +$((2 * leaves)) +leaf +$leaves ended, $((num / 100)) failed\$" "the table of all leaves"
is "$(grep -cE ' true +ended \(exit status 0\)$' report)" "$others" \
	"other children, which keep tables of their own"
has report "^processes of .*/leaf, $leaves ended, $((num / 100)) failed\$" "choosing it"
has report "^current=[0-9.]+ [KM]iB \($((200 * leaves)) B\), peak=[0-9.]+ [KM]iB \($((300 * leaves)) B\)\$" "its memory"
has report "^allocated: .* in $((3 * leaves)) calls, frees=$leaves\$" "its allocations"
has report 'unknown frees=0, replaced blocks=0, abandoned calls=0, lost events=0' \
	"what was seen of it"
has report "^site_malloc .leaf.: size=[0-9.]+ [KM]iB, count=$((2 * leaves)), average=100 B\$" \
	"its rows"
has report 'leaf.c", line [0-9]+, in work' "the stack of a row"
has report '^Total change: \+?0 B in \+?0 blocks' "a diff of it"
is "$(sqlite3 s.db 'SELECT live_blocks FROM snapshot' 2>/dev/null || echo "$((2 * leaves))")" \
	"$((2 * leaves))" "blocks in a file"
rss=$(sed -nE 's/.*resident: supervisor=([0-9.]+) ([KM])iB, tracer=([0-9.]+) ([KM])iB.*/\1\2 \3\4/p' report)
echo "ok: $num children one after the other; resident: $rss"
awk -v rss="$rss" 'BEGIN {
	split(rss, sizes)
	for (i = 1; i <= 2; i++)
		if (sizes[i] ~ /M$/ && sizes[i] + 0 > 64)
			exit 1
}' || fail "memory grows with the number of children: $rss"

# In JSON, and what is not known of several.
ms run --follow fork,exec --json -o report -e 'wait all' -e processes -e 'process leaf' -e blocks \
	-- sh make.sh 100 "$LEAF" </dev/null
is "$status" 1 "status of blocks"
table='"pid":null,"processes":99,"unsuccessful":1,"left":0,"parent":null,"program":"[^"]*/leaf"'
has report "$table" "JSON of a table"
has err 'merged processes have only sums, not single blocks' "blocks of several"
echo "ok: JSON"

# Kept while it is chosen, or has snapshots.
# shellcheck disable=SC2016
ms run --follow fork,exec -o report -e 'wait 1' -e 'process #2' -e 'snapshot a' -e 'process #1' \
	-e 'wait all' -e 'process #3' \
	-e snapshots -e processes -- sh -c '"$0"; sleep 2; sh make.sh 100 "$0"' "$LEAF" </dev/null
is "$status" 0 "status of kept ones"
has report ' leaf +99 ended' "a table beside one that is kept"
is "$(grep -cE ' leaf +ended' report)" 1 "the one that is kept"
echo "ok: kept"

# Children by fork, 300 at once: the first ones are followed, and a note tells of the others.
ms run --follow fork -o report -e 'wait all' -e processes -- "$LEAF" -n 300 </dev/null
is "$status" 0 "status of 300 at once"
has out '^EXIT-SUCCESS$' "output of 300 at once"
is "$(grep -cE '^# .*256 followed processes live at once, the limit; others are left alone' report)" 1 "note about the limit"
has report ' +510 +leaf +255 ended$' "the children that were followed"
echo "ok: at once"

# fork alone: the program that is executed in place of the first is followed, what children execute
# is left, which is said once.
# shellcheck disable=SC2016
ms run --follow fork -o report -e 'wait all' -e processes -- sh \
	-c '(/bin/true; "$0"; :); ("$0"; :); exec "$0"' "$LEAF" </dev/null
is "$status" 0 "status of an exec with --follow fork"
has report '^\* .* 2 +leaf +ended \(exit status 0\)$' "an exec with --follow fork"
is "$(grep -cE '^# .*executes another program, and is left there' report)" \
	"$(grep -qE 'left running' report && echo 1 || echo 0)" "a note about a child that is left"
echo "ok: fork alone"
