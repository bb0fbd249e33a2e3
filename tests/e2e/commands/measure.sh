#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# `measure`: net, peak, calls, threads and what stayed, of calls whose numbers are known to the
# byte: sums, frees of older blocks, a realloc that fails, recursion, longjmp, several threads at
# once.
. "$(dirname "$0")/../lib.sh"

# The results of a listing without times and threads.
results() {
	sed -nE '/^\[ Measured/{s/, duration=[^,]*//; s/, longest=[^,]*//; s/, thread=[0-9]+//; p}' listing
}

measure() {
	ms run -o listing "$@" -e 'wait exit' -- "$TARGETS/measured" </dev/null
	is "$status" 0 "status with $*"
	has out '^EXIT-SUCCESS$' "the program's own checks"
}

measure -e 'measure grow'
is "$(results | sort | uniq -c | sed 's/^ *//')" \
	'4 [ Measured grow ] calls=1, net=+1000 B (+1000 B) in +1 blocks, peak=1200 B (1200 B)' \
	"four calls"
is "$(grep -cE '/sites\.h:[0-9]+: size=1000 B, count=1, average=1000 B$' listing)" 4 \
	"what stayed of each"
has listing ', duration=[0-9]+\.[0-9]{3} ms, thread=[0-9]+$' "time and thread"

# Sums of three calls; what is left over at the end is a result, too.
measure -e 'measure grow --calls 3' -e 'measure list'
has listing '^grow: calls=0, in progress=0, a result every 3 calls$' "measure list"
is "$(results)" '[ Measured grow ] calls=3, net=+3000 B (+3000 B) in +3 blocks, peak=1200 B (1200 B)
[ Measured grow ] calls=1, net=+1000 B (+1000 B) in +1 blocks, peak=1200 B (1200 B)' \
	"sum of three, and the rest"
has listing '/sites\.h:[0-9]+: size=3000 B, count=3, average=1000 B$' "what stayed of three"

measure -e 'measure shrink' -e 'measure fail' -e 'measure recur' -e 'measure jumper'
is "$(results)" '[ Measured fail ] calls=1, net=+0 B (+0 B) in +0 blocks, peak=0 B (0 B)
[ Measured shrink ] calls=1, net=-500 B (-500 B) in -1 blocks, peak=0 B (0 B)
[ Measured recur ] calls=1, net=+100 B (+100 B) in +1 blocks, peak=100 B (100 B)
[ Measured recur ] calls=1, net=+200 B (+200 B) in +2 blocks, peak=200 B (200 B)
[ Measured recur ] calls=1, net=+300 B (+300 B) in +3 blocks, peak=300 B (300 B)
[ Measured jumper ] calls=1, net=+64 B (+64 B) in +1 blocks, peak=64 B (64 B), left=1
[ Measured jumper ] calls=1, net=+32 B (+32 B) in +1 blocks, peak=32 B (32 B)' \
	"failed realloc, frees, recursion, longjmp"
# Rows stand behind the result they belong to: none behind fail and shrink.
is "$(awk '/^\[ Measured (fail|shrink)/ { is_in = 1; next } /^\[/ { is_in = 0 } is_in' listing)" \
	'' "nothing stayed of fail and shrink"

# Four threads inside at a time are told apart.
measure -e 'measure in_thread'
is "$(results | sort)" "$(for i in 1 2 3 4; do
	echo "[ Measured in_thread ] calls=1, net=+${i}000 B (+${i}000 B) in +1 blocks, peak=${i}050 B (${i}050 B)"
done)" "each thread on its own"
is "$(sed -nE 's/^\[ Measured.*thread=([0-9]+).*/\1/p' listing | sort -u | wc -l)" 4 "four threads"
measure -e 'measure in_thread --calls 4'
is "$(results)" '[ Measured in_thread ] calls=4, net=+10000 B (+10000 B) in +4 blocks, peak=4050 B (4050 B), thread=several' \
	"all threads in one sum"

# Results come during waits, in order; off ends them; what was summed up is not lost.
measure -e 'measure recur' -e 'wait call jumper' -e memory -e 'measure off recur' \
	-e 'measure jumper --calls 100' -e 'wait call checkpoint' -e 'measure off'
is "$(sed -nE 's/^(\[ Measured [a-z]+|current).*/\1/p' listing | uniq)" '[ Measured recur
current
[ Measured jumper' "order of results and other output"
has listing '^\[ Measured jumper \] calls=1, net=\+32 B' "the sum so far at measure off"

# Calls left by an exception, through several measured frames at once: each is one that was left,
# and its end is noticed when the thread comes by again, with the catch block's 10 bytes. By the end
# of the thread. Recursion in two threads at a time.
if [ -x "$TARGETS/measured_cxx" ]; then
	ms run -o listing -e 'measure thrower' -e 'measure catcher' -e 'measure leaver' \
		-e 'measure both' -e 'wait exit' -- "$TARGETS/measured_cxx" </dev/null
	is "$status" 0 "status of measured_cxx"
	has out '^EXIT-SUCCESS$' "the program's own checks"
	is "$(results | sed -nE 's/, peak=.*(, left=1)?$/\1/; /thrower|catcher/p' | sort)" \
		'[ Measured catcher ] calls=1, net=+310 B (+310 B) in +4 blocks
[ Measured thrower ] calls=1, net=+110 B (+110 B) in +2 blocks
[ Measured thrower ] calls=1, net=+210 B (+210 B) in +3 blocks
[ Measured thrower ] calls=1, net=+310 B (+310 B) in +4 blocks' "calls left by an exception"
	is "$(grep -cE '^\[ Measured thrower \].*, left=1$' listing)" 3 "throwers that were left"
	has_not listing '^\[ Measured catcher \].*left=' "the one that caught it returned"
	# The C library takes blocks of its own to end a thread.
	has listing '^\[ Measured leaver \] calls=1, .*, left=1$' \
		"a call that the end of its thread left"
	has listing '/measured_cxx\.cc:[0-9]+: size=500 B, count=1, average=500 B$' \
		"what it left behind"
	is "$(results | grep -F ' both ' | sort)" "$(for size in 1000 2000; do
		for depth in 1 2 3; do
			printf '[ Measured both ] calls=1, net=+%d B (+%d B) in +%d blocks, peak=%d B\n' \
				$((size * depth)) $((size * depth)) "$depth" $((size * depth * 2))
		done
	done | sed -E 's/peak=12000 B/peak=11.7 KiB (12000 B)/; t; s/peak=(.*)/peak=\1 (\1)/' |
		sort)" "recursion in two threads"
	is "$(sed -nE 's/^\[ Measured both.*thread=([0-9]+).*/\1/p' listing | sort -u | wc -l)" 2 \
		"two threads"
fi

# Names.
ms run -o listing -e 'measure no_such_function' -- "$TARGETS/measured" </dev/null
is "$status" 1 "status of an unknown function"
command="^malloscope: -e 'measure no_such_function': "
has err "${command}no function 'no_such_function' in the loaded modules" "an unknown function"
ms run -o listing -e 'measure recurs' -- "$TARGETS/measured" </dev/null
has err "there are (.*, )?recur(,|$)" "similar names"
ms run -o listing -e 'measure off recur' -- "$TARGETS/measured" </dev/null
command="^malloscope: -e 'measure off recur': "
has err "${command}'recur' is not measured; 'measure list' lists what is" \
	"off of what is not measured"
exit 0
