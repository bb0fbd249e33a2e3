#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Batch mode: the target's status, output and input are its own; commands from -e and -x; -o; what
# can be asked after the end.
. "$(dirname "$0")/../lib.sh"

# Status.
for code in 0 1 7 255; do
	ms run -o listing -- sh -c "exit $code" </dev/null
	is "$status" "$code" "status of a program that exits with $code"
done
for signal in KILL SEGV TERM ABRT; do
	ms run -o listing -- sh -c "kill -$signal \$\$" </dev/null
	is "$status" $((128 + $(kill -l "$signal"))) "status of a program killed by SIG$signal"
done

# Streams.
printf 'one\ntwo\n' >input
ms run -o listing -- sh -c 'cat; echo to-error >&2' <input
is "$(cat out)" "$(cat input)" "standard output is the program's"
is "$(cat err)" to-error "standard error is the program's alone with -o"
has listing '^\[ Top [0-9]+ \] live: ' "without commands: wait exit, then top"
ms run -- sh -c 'cat' <input
is "$(cat out)" "$(cat input)" "standard output without -o"
has err '^\[ Top [0-9]+ \] live: ' "the listing goes to standard error"

# After the end the tables answer.
LEDGER=$dir/ledger ms run -o listing -e 'wait exit' -e 'top -n 3' -e 'top traceback -n 1' \
	-e 'traceback #1' -e 'snapshot a' \
	-e 'diff a' -e memory -e snapshots -- "$TARGETS/single" </dev/null
is "$status" 0 "status"
is "$(current_bytes listing)" "$(awk '{ s += $2 } END { print s }' ledger)" "live bytes at the end"
has listing '^.*/(single\.c|sites\.h):[0-9]+: size=' "rows with file and line"
has listing '^  File ".*/(sites\.h|single\.c)", line [0-9]+, in site_' "frames after the end"
has listing '^  File ".*/single\.c", line [0-9]+, in main$' "main after the end"
has listing '^    .*(malloc|realloc|calloc)' "a line of source"

# A script, with comments; snapshots and what lies between them.
cat >script <<'END'
# Until the third call of a function.
wait call site_malloc 3
memory

snapshot before
wait call checkpoint
snapshot after
diff before after lineno -n 3
top function -n 2
snapshots
wait exit
END
ms run -x script -o listing -- "$TARGETS/single" </dev/null
is "$status" 0 "status with -x"
has out '^EXIT-SUCCESS$' "output of the program"
# At the third entry the blocks of the first two calls are there: 100 and 0 bytes.
has listing '^current=100 B \(100 B\), peak=100 B \(100 B\)$' "memory at the third site_malloc"
has listing '^\[ Top 3 differences \] before -> after, ' "heading of diff"
has listing 'sites\.h:[0-9]+: size=[^(]* \(\+[^)]*\), count=[0-9]+ \(\+[0-9]+\), average=' \
	"row of diff"
has listing '^Total change: \+[0-9.]+ [KMi]*B in \+19 blocks$' "end of diff"
has listing '^site_[a-z]+ \([^)]*single\): size=' "row by function"
has listing '^before' "list of snapshots"

# -e and -x in order; a program on PATH; kill.
ms run -o listing -e 'wait 0.1' -e kill -- sleep 60 </dev/null
is "$status" 137 "status after kill"

# The last command is done while the program runs: it runs on, and its status is ours all the same
# or 0.
spawn "$TARGETS/threads" 2 0
target=$pid
until_true 10 says "$pid_out" running || fail "threads"
ms attach -o listing -e 'wait 0.1' -e 'wait 0' -e 'top thread -n 5' -e 'top domain' \
	-e 'top module' "$target"
is "$status" 0 "attach"
has listing '^thread [0-9]+: size=' "rows by thread"
has listing '^malloc: size=' "rows by domain"
has listing 'threads: size=' "rows by module"
is_left "$target"
