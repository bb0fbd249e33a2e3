#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A process that replaces the blocks it had before we attached does not grow: their frees count,
# with their sizes. With glibc (dynamic, static), musl (dynamic, static), jemalloc, tcmalloc and
# mimalloc.
. "$(dirname "$0")/../lib.sh"

source=$srcdir/tests/targets/turnover.c
mkfifo go || exit 99

# begin WHAT COMMAND...: start it, and let it replace all its blocks when `listing` tells of the
# snapshots a and b.
begin() {
	local what=$1
	shift
	rm -f listing kept.db said
	exec 8<>go
	"$@" >said 2>&1 <go 8>&- &
	pid=$!
	pids+=("$pid")
	until_true 10 says said '^ready$' || fail "$what did not get ready: $(cat said)"
	(
		until_true 20 says listing '^a: ' && echo >&8
		until_true 20 says listing '^b: ' && echo >&8
	) &
	pids+=("$!")
}

# turn WHAT COMMAND...: attach, let it replace all its blocks twice, listing in the file `listing`.
turn() {
	begin "$@"
	ms attach -o listing -e 'snapshot a' -e 'wait call checkpoint' -e 'snapshot b' \
		-e 'wait call checkpoint' \
		-e 'diff a b' -e "dump a kept.db" -e "dump b kept.db" -e status -e memory \
		-e 'check growth a b --max 10KiB' -e 'check growth b --max 10KiB' "$pid"
	finish_turn "$1"
	has listing '^oddities: unknown frees=0, replaced blocks=0,' "what is odd, $1"
}

finish_turn() {
	is "$status" 0 "status of attach, $1: $(cat listing)"
	kill "$pid"
	wait "$pid" 2>/dev/null
	exec 8>&-
}

# All blocks have one size: exactly nothing has changed.
constant() {
	turn "$1, one size" "${@:2}"
	has listing '^<before attach>: size=-1953 KiB \(-1953 KiB\), count=-2000 \(-2000\), average=1000 B$' "the row of older blocks, $1"
	has listing '^Total change: \+0 B in \+0 blocks$' "total, $1: $(grep '^Total' listing)"
	has listing '^# 2000 blocks from before attach were freed' "the note, $1"
	has listing '^older frees: 2000 blocks, about 1953 KiB$' "status, $1"
	echo "ok: $1"
}

# 7443 KiB are replaced: within 2 % of that nothing has changed.
mixed() {
	turn "$1, many sizes" "${@:2}" mixed
	has listing '^<before attach>: size=-[0-9]+ KiB .*, count=-2000 \(-2000\),' \
		"the row of older blocks, $1"
	has listing '^Total change: [-+]([0-9]+ B|[0-9.]+ KiB) in \+0 blocks$' "total, $1"
	awk '/^Total change:/ {
			n = $3
			if ($4 == "KiB")
				n *= 1024
			exit n > 150000 || n < -150000
		}' listing ||
		fail "$1, many sizes: $(grep '^Total' listing)"
	echo "ok: $1, many sizes: $(grep '^Total' listing)"
}

# An allocator that has to be asked, within a function of --probe: with the agent such are the
# tracer's, with all that they call. (What the probe gives has no free, so it looks odd.)
probed() {
	begin "$@"
	ms attach -o listing --probe 'domain=outer,alloc=replace(size=1)' -e 'snapshot a' \
		-e 'wait call checkpoint' -e 'diff a' -e status -e 'snapshot b' "$pid"
	finish_turn "$1, --probe"
	has listing '^<before attach>: size=-1953 KiB .* average=1000 B$' "$1, --probe"
	has listing '^older frees: 2000 blocks, about 1953 KiB$' "status, $1, --probe"
	echo "ok: $1, --probe"
}

both() {
	constant "$@"
	mixed "$@"
}

# Files give the same rows.
stored() {
	turn 'stored' "$TARGETS/turnover" mixed
	grep -A 9 '^\[ Top .* a -> b' listing | grep -E '^<before|^Total change' >live
	ms diff kept.db:a kept.db:b
	is "$status" 0 'status of diff on the file'
	is "$(grep -E '^<before|^Total change' out)" "$(cat live)" 'rows of the file'
	echo 'ok: stored'
}

both glibc "$TARGETS/turnover"
stored
"${CC:-gcc}" -O2 -static -o turnover_static "$source" 2>/dev/null &&
	both 'static glibc' ./turnover_static
musl=$(command -v musl-gcc) && {
	"$musl" -O2 -o turnover_musl "$source" && both musl ./turnover_musl
	"$musl" -O2 -static -o turnover_musl_static "$source" &&
		both 'static musl' ./turnover_musl_static
}
for library in libjemalloc.so.2 libtcmalloc_minimal.so.4 libmimalloc.so.2; do
	path=$(ldconfig -p | sed -n "s/.*$library .* => //p" | head -n 1)
	[ -n "$path" ] && both "$library" env LD_PRELOAD="$path" "$TARGETS/turnover"
done
[ -n "$path" ] && probed "$library" env LD_PRELOAD="$path" "$TARGETS/turnover"
exit 0
