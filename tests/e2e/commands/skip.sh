#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Rows name the program's own code: not a container, not the C++ library, not what `skip` names.
# The same in stored snapshots and in gates; --all skips nothing. The user's file is read, and a
# mistake in it told.
. "$(dirname "$0")/../lib.sh"

[ -x "$TARGETS/containers" ] || skip "no C++ compiler"
run() {
	ms run -o listing "$@" -- "$TARGETS/containers" </dev/null
	is "$status" 0 "status of run $*"
}
# Places of rows, without those of the C++ library's own blocks, the thread's and the lambda's.
places() {
	sed -nE 's/^(.*): size=.*/\1/p' listing | grep -vE '^libstdc\+\+|^main|operator' | sort
}

at_end=(-e 'wait call checkpoint')
own='fill_rows (containers)
fill_table (containers)
fill_tree (containers)
my_alloc (containers)'
run "${at_end[@]}" -e 'top function' -e 'dump f' -e 'snapshot a'
is "$(places)" "$own" "rows by function"
run "${at_end[@]}" -e top
is "$(sed -nE 's/^(.*): size=.*/\1/p' listing | grep -vc "/containers.cc:[0-9]*$")" 1 \
	"rows by line that are not of the program"
run "${at_end[@]}" -e 'top function --all'
has listing '^(operator new|std::|__gnu_cxx::)' "rows with --all"

# The program's own wrapper: on the command line, at the prompt, and no longer.
run --skip my_alloc "${at_end[@]}" -e 'top function' -e 'skip list'
has listing '^use_wrapper \(containers\): size=5000 B' "a row behind --skip"
has_not listing '^my_alloc \(' "a row of what --skip names"
has listing '^my_alloc$' "skip list"
run "${at_end[@]}" -e 'skip add my_alloc' -e 'top function' -e 'skip clear' -e 'top function'
is "$(grep -c '^use_wrapper ' listing) $(grep -c '^my_alloc ' listing)" '1 1' "skip add and clear"
run "${at_end[@]}" -e 'skip suggest' -e 'skip add my_alloc' -e 'skip suggest' -e 'skip list'
is "$(grep -c '^my_alloc: callers=3, size=5030 B, count=3$' listing)" 1 "skip suggest"
is "$(grep -c '^  skip add my_alloc$' listing)" 1 "what it says to do"

# With everything skipped, what is left names the row.
run "${at_end[@]}" -e 'skip add file:*/containers.cc' -e 'skip add module:containers' \
	-e 'top function'
has_not listing '^fill_' "rows of the program's file"
has listing '^std::' "rows when everything is skipped"
ms run -o listing --skip my_alloc "${at_end[@]}" -e 'snapshot a' -e kill \
	-e 'check growth a a function use_wrapper --max 0' -- "$TARGETS/containers" </dev/null
has_not listing "nothing matches" "a gate on the caller of a skipped function"

# A program without symbols: its nameless frames stand beside the function that called them, and
# those of a wrapper are the wrapper's.
ms run -o listing "${at_end[@]}" -e top -e 'top function --json' -e 'dump g' \
	-e 'snapshot a' -e 'top --all' -- "$TARGETS/nameless" </dev/null
is "$status" 0 "status without symbols"
is "$(grep -cE '^nameless\(\+0x[0-9a-f]+\) < (answer: size=2000|take_request: size=1000) B' listing)" \
	2 "rows of nameless frames"
is "$(grep -cE '^nameless\(use_xmalloc\+0x[0-9a-f]+\): size=3000 B' listing)" 1 \
	"the row of a wrapper's caller"
has listing '"label":"nameless\(\+0x[0-9a-f]+\) < answer","caller":"answer","function":null' \
	"a nameless frame in JSON"
has listing '^nameless\(\+0x[0-9a-f]+\): size=3000 B, count=2' "two callers with --all"
ms open -e top g
has out '^nameless\(\+0x[0-9a-f]+\) < answer: size=2000 B' "a nameless frame of a file"

# A program goes by the name by which it was executed, whatever file that leads to.
ln -s "$TARGETS/nameless" friendly
ms run -o listing "${at_end[@]}" -e top -e 'top module' -e status -- ./friendly </dev/null
has listing "^target: .* program=$dir/friendly$" "its name in status"
has listing '^friendly\(use_xmalloc\+' "rows of a program behind a link"
has listing "^$dir/friendly: size=" "its module"
ms run -o listing "${at_end[@]}" -e top -- "$dir/friendly" </dev/null
has listing '^friendly\(use_xmalloc\+' "rows of a program behind an absolute link"

# A stored snapshot: the rules are those of the reader.
ms open --skip my_alloc -e 'top function' f
is "$status" 0 "status of open"
has out '^use_wrapper \(containers\): size=5000 B' "a row of a file"
ms top --skip=my_alloc f function
has out '^use_wrapper \(containers\): size=5000 B' "top with --skip="
ms diff --skip my_alloc f f function
has out '^use_wrapper \(containers\): size=5000 B' "diff with --skip"

# The user's file.
export XDG_CONFIG_HOME=$dir/config
mkdir -p config/malloscope
printf '# mine\nmy_alloc\nfil:x\nmore\n' >config/malloscope/wrappers
ms open -e 'top function' -e 'skip list' f
has out "^# $dir/config/malloscope/wrappers:3: 'fil:x' begins with no kind" "a mistake"
has out '^use_wrapper \(containers\)' "the rules before it"
rm config/malloscope/wrappers
mkfifo config/malloscope/wrappers
ms open -e 'top function' f
has out '^# .*/wrappers is no regular file' "a FIFO"
if [ "$(id -u)" = 0 ]; then
	rm config/malloscope/wrappers
	echo my_alloc >config/malloscope/wrappers
	chown 65534 config/malloscope/wrappers
	ms open -e 'top function' f
	has out '^# .*/wrappers belongs to user 65534' "another user's file"
	has out '^my_alloc ' "its rules"
fi
MALLOSCOPE_WRAPPERS=$dir/nothing ms open -e 'top function' f
is "$status" 0 "status without installed rules"
is "$(grep -c "^# no rules of 'skip' in $dir/nothing" out)" 1 "the note on that"
ms run --skip 'fil:x' true
is "$status" 2 "status of a wrong --skip"
has err "^malloscope: --skip: 'fil:x' begins with no kind" "a wrong --skip"
