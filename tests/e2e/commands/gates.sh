#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# `check growth` in batch: exit status 3 and the traceback of what grew, or the program's own
# status; for everything or by a pattern; on stored snapshots, too. `peak` and `--since` on a
# program whose numbers are known.
. "$(dirname "$0")/../lib.sh"

run() {
	ms run -o listing "$@" -- "$TARGETS/measured" </dev/null
}

# From the begin to the checkpoint the program keeps 4 * 1000 + 3 * 100 + 64 + 32 + 1000 + 2000 +
# 3000 + 4000 bytes.
kept=14396
sites=(-e 'wait call grow' -e 'snapshot a' -e 'filter add +*/sites.h' -e 'wait call checkpoint')
run "${sites[@]}" -e "check growth a --max $kept" -e 'wait exit'
is "$status" 0 "status of a gate that holds"
has listing '^growth of a -> live: \+14.1 KiB in \+13 blocks, within 14\.1 KiB$' "a gate that holds"
run "${sites[@]}" -e "check growth a --max $((kept - 1))" -e 'wait exit' -e memory
is "$status" 3 "status of a gate that fails"
has listing '^growth of a -> live: \+14\.1 KiB in \+13 blocks, more than 14\.1 KiB$' \
	"a gate that fails"
line=$(grep -n '= malloc(size)' "$srcdir/tests/targets/sites.h" | cut -d: -f1)
has listing '^.*/sites\.h:'"$line"': size=14\.1 KiB \(\+14\.1 KiB\), count=13 \(\+13\), average=' \
	"what grew"
has listing '^  File ".*/sites\.h", line '"$line"', in site_malloc$' "its traceback"
has listing '^current=' "commands after a gate that fails"

# One function: its own file and line do not matter.
run "${sites[@]}" -e 'check growth a live function *site_malloc* --max 100KiB' \
	-e 'check growth a function nosuch --max 0' -e 'wait exit'
is "$status" 0 "status by a pattern"
has listing "^# nothing matches 'nosuch' in either snapshot$" "a pattern that matches nothing"
run "${sites[@]}" -e 'check growth a function site_malloc --max 1KiB' -e 'wait exit'
is "$status" 3 "status by a function's name"

# Words that are wrong cost no run.
for words in 'check growth a' 'check growth' 'check' 'check growth a b c d e f --max 1'; do
	run -e 'snapshot a' -e "$words"
	is "$status" 1 "status of $words"
done
run -e 'snapshot a' -e 'check growth a --max lots'
is "$status" 1 "status of a size that is none"
run -e 'snapshot a' -e 'check growth a foo bar --max 1'
has err "unknown key_type: 'foo'" "a key that is none"

# On files.
run -e 'wait call grow' -e 'dump f' -e 'wait call checkpoint' -e 'dump f'
ms open -e 'filter add +*/sites.h' -e 'check growth s1 s2 --max 10KiB' f
is "$status" 3 "status of a gate on a file"
has out '^growth of s1 -> s2: \+14\.[0-9] KiB' "a gate on a file"
ms open -e 'check growth s1 s2 --max 1MiB' f
is "$status" 0 "status of a gate that holds on a file"

# The peak is held inside of grow() the fourth time: 200 bytes more than after it. Filters leave the
# C library's own blocks out.
run -e 'filter add +*/sites.h' -e 'wait call shrink' -e 'top --snapshot peak --json' \
	-e 'reset-peak' -e 'snapshot a' \
	-e 'wait call jumper' -e 'top --since a --json' -e 'diff a --json' -e 'wait exit'
is "$status" 0 "status of peak and since"
documents=$(grep '^{' listing | sed -E 's/.*"total_size":([0-9]+),"total_count":([0-9]+).*/\1 \2/' |
	tr '\n' ' ')
# Without shrink() there are 4 * 1000 + 500 bytes at most, or 3000 + 1000 + 200 before.
is "$documents" '4500 5 300 3 4300 7 ' "peak, since, live"
exit 0
