#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A program that loads libraries by the hundred, and unloads some: all blocks are right, and what a
# dlopen costs does not grow with what is loaded already. (The processor's time in user mode tells,
# which other programs disturb least. The kernel's for /proc/PID/maps, and the dynamic linker's own,
# do grow.)
. "$(dirname "$0")/../lib.sh"

TIMEFORMAT=%U

# All blocks, also those of code that is gone.
LEDGER=$dir/ledger ms run -o blocks -e 'wait call checkpoint' -e blocks -e status -e 'wait exit' \
	-- "$TARGETS/many_libraries" "$TARGETS/plugin.so" 250 </dev/null
is "$status" 0 "status"
has out '^EXIT-SUCCESS$' "output"
same_blocks blocks ledger names
echo "ok: 250 libraries"

# load NUM: $user is the milliseconds that malloscope and the target took.
load() {
	{
		time ms run -e 'wait exit' -- "$TARGETS/many_libraries" "$TARGETS/plugin.so" "$1" \
			</dev/null
	} 2>user_time
	is "$status" 0 "status with $1 libraries"
	user=$(tail -n 1 user_time | tr -d .)
	user=$((10#$user))
	echo "# $1 libraries: $user ms of user time, $(grep '^first=' out)"
}

load 250
few=$user
load 1000
# With each look at everything: 500 and 15000 ms. Now: 100 to 150, and 800 to 1400.
[ "$user" -le $((few * 20 + 500)) ] ||
	fail "250 libraries took $few ms of user time, 1000 took $user ms"
echo "ok: 1000 libraries"
