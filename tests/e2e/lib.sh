# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
# For the end-to-end tests: `. "$(dirname "$0")/../lib.sh"` first. A test is a bash script; it runs
# in a directory of its own, $dir, that goes away at its end, as do all processes that it started
# with spawn. Status 0 passes, 1 fails, 77 skips, 99: the test could not be set up.
#
# Environment: MALLOSCOPE the program, TARGETS the directory with the built target programs, srcdir
# and builddir the tops of the source and build trees. All have defaults that fit a build in the
# source tree. ENGINE is the engine of each run and attach, breakpoint if it is not set. E2E_KEEP=1
# keeps $dir and says where it is.
#
#   ms ARG...            run malloscope, at most $ms_timeout seconds; output in the files out
#                        (stdout) and err (stderr), status in $status
#   spawn CMD...         start CMD in the background; its PID is in $pid, its output in file
#                        $pid_out
#   await PID SECONDS WHAT      wait for the end of a spawned process; its status is in $status
#   fail TEXT...         the test fails: says why, with the output of the last ms
#   skip TEXT...         the test cannot run here
#   is GOT WANTED WHAT   fails when the strings differ
#   has FILE REGEX WHAT  fails when no line of FILE matches the extended regex; has_not likewise
#   until_true SECONDS CMD...   repeat CMD until it succeeds; false: it did not in time
#   nothing_odd FILE WHAT fails unless each status in FILE, of a target traced from launch, tells of
#   no unknown free and no
#                        replaced block, and there is one
#   same_blocks BLOCKS LEDGER   fails when the output of `blocks` differs from a target's ledger
#   is_left PID          fails when a thread of PID is traced or stopped, or its code is not as in
#                        its files

set -u
# What a test does not set itself asks nobody, and hints at nothing.
unset DEBUGINFOD_URLS
# Whoever starts the program, and whatever copy of it.
ENGINE=${ENGINE:-breakpoint}
export MALLOSCOPE_ENGINE=$ENGINE

srcdir=${srcdir:-$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)}
builddir=${builddir:-$srcdir}
# The rules of the source tree, and none of the user.
export MALLOSCOPE_WRAPPERS=$srcdir/data/wrappers.d
export XDG_CONFIG_HOME=/nonexistent
MALLOSCOPE=${MALLOSCOPE:-$builddir/malloscope}
TARGETS=${TARGETS:-$builddir/tests/targets}
ms_timeout=${ms_timeout:-60}
pids=()
dir=
status=0

finish() {
	local code=$? p

	for p in "${pids[@]}"; do
		kill -KILL "$p" 2>/dev/null
	done
	if [ -n "${E2E_KEEP-}" ]; then
		echo "# kept: $dir"
	elif [ -n "$dir" ]; then
		rm -rf "$dir"
	fi
	exit "$code"
}

fail() {
	echo "FAIL: $*"
	[ -s out ] && { echo '# standard output:' && head -n 40 out; }
	[ -s err ] && { echo '# standard error:' && head -n 40 err; }
	exit 1
}

skip() {
	echo "SKIP: $*"
	exit 77
}

is() {
	[ "$1" = "$2" ] || fail "$3: got '$1', wanted '$2'"
}

has() {
	grep -qE -- "$2" "$1" || fail "$3: no line of $1 matches '$2'"
}

has_not() {
	! grep -qE -- "$2" "$1" || fail "$3: a line of $1 matches '$2': $(grep -E -m1 -- "$2" "$1")"
}

ms() {
	timeout -k 5 "$ms_timeout" "$MALLOSCOPE" "$@" >out 2>err
	status=$?
	[ "$status" -ne 124 ] || fail "malloscope $* did not end in $ms_timeout s"
}

nothing_odd() {
	has "$1" '^oddities:' "$2: status"
	! grep '^oddities:' "$1" | grep -qv '^oddities: unknown frees=0, replaced blocks=0,' ||
		fail "$2, every free is known: $(grep '^oddities:' "$1" | tr '\n' ' ')"
}

num_spawned=0
spawn() {
	num_spawned=$((num_spawned + 1))
	pid_out=$dir/spawned.$num_spawned
	"$@" >"$pid_out" 2>&1 </dev/null &
	pid=$!
	pids+=("$pid")
}

# The end of a process of spawn: $status is its status.
await() {
	local p=$1 seconds=$2 what=$3

	until_true "$seconds" is_over "$p" || fail "$what did not end in $seconds s"
	wait "$p"
	status=$?
}

# No thread of it is left; a leader that has ended before the others is a zombie, too.
is_over() {
	local state

	state=$(sed -n 's/^State:[[:space:]]*\(.\).*/\1/p; s/^Threads:[[:space:]]*/ /p' \
		"/proc/$1/status" 2>/dev/null)
	[ -z "$state" ] || [ "${state//[[:space:]]/}" = Z1 ]
}

until_true() {
	local end=$((SECONDS + $1))

	shift
	until "$@"; do
		[ "$SECONDS" -lt "$end" ] || return 1
		sleep 0.02
	done
}

says() {
	grep -qE -- "$2" "$1" 2>/dev/null
}

is_traced_by_someone() {
	! grep -qE '^TracerPid:[[:space:]]*0$' "/proc/$1/status"
}

is_not_traced() {
	# Threads may end while we look.
	cat "/proc/$1/task"/*/status 2>/dev/null |
		awk '/^State:/ && $2 ~ /[tT]/ { bad = 1 } /^TracerPid:/ && $2 != 0 { bad = 1 } END { exit bad }'
}

is_left() {
	[ -d "/proc/$1" ] || fail "process $1 is gone"
	until_true "${2:-5}" is_not_traced "$1" ||
		fail "threads of $1 are traced or stopped: $(
			grep -hE '^(State|TracerPid)' "/proc/$1/task"/*/status | sort | uniq -c
		)"
	"$TARGETS/code_check" "$1" >code 2>&1 || fail "the code of $1 is not as it was: $(cat code)"
}

# Blocks whose function begins with site_ are the target's own and must be the ledger's; of all
# others none may have an address that is in the ledger. Lines of the ledger with a fourth word
# `maybe` may be missing. A third argument "addresses": the functions have no names.
same_blocks() {
	[ -s "$2" ] || fail "the target wrote no ledger ($2)"
	# Where the listing has the output of `status`, too.
	has_not "$1" 'truncated=[1-9]|failed=[1-9]|lost events=[1-9]' \
		"stacks and events of a test program"
	awk -v how="${3-}" '
	function bad(text) {
		if (num_bad++ < 10)
			print text
	}
	function plain(name) {
		sub(/\(.*/, "", name)
		sub(/^.*::/, "", name)
		return name
	}
	FNR == 1 { file++ }
	file == 1 && /^0x[0-9a-f]+ [0-9]+ / {
		ledger[$1] = $2 " " $3
		maybe[$1] = $4 == "maybe"
		next
	}
	file == 2 && /^0x[0-9a-f]+ [0-9]+ / {
		name = plain($5)
		num++
		if (seen[$1]++)
			bad($1 " is listed twice")
		if ($1 in ledger) {
			split(ledger[$1], want, " ")
			found[$1] = 1
			if ($2 != want[1])
				bad($1 " has size " $2 ", the ledger says " want[1] " (" \
					want[2] ")")
			if (how != "addresses" && name != want[2])
				bad($1 " is of " name ", the ledger says " want[2])
		} else if (name ~ /^site_/) {
			bad($1 " (" $2 " bytes, " name ") is not in the ledger")
		}
	}
	END {
		for (addr in ledger)
			if (!(addr in found) && !maybe[addr])
				bad(addr " (" ledger[addr] ") is missing")
		if (num_bad)
			print num_bad " differences in " length(ledger) " blocks of the ledger, " \
				num + 0 " traced"
		exit num_bad != 0
	}' "$2" "$1" >differences || fail "blocks and ledger differ: $(cat differences)"
}

# Bytes of `memory`: current=SIZE (N B), peak=SIZE (N B).
current_bytes() {
	sed -nE 's/^current=[^(]*\(([0-9]+) B\).*/\1/p' "$1" | tail -n 1
}

peak_bytes() {
	sed -nE 's/^.*peak=[^(]*\(([0-9]+) B\).*/\1/p' "$1" | tail -n 1
}

# Blocks of the heading of `top`: [ Top N ] live: SIZE in N blocks, ...
live_blocks() {
	sed -nE 's/^\[ Top .* in ([0-9]+) blocks?.*/\1/p' "$1" | tail -n 1
}

trap finish EXIT
trap 'exit 1' INT TERM HUP
[ -x "$MALLOSCOPE" ] || { echo "no program at $MALLOSCOPE"; exit 99; }
[ -x "$TARGETS/single" ] || { echo "no target programs in $TARGETS"; exit 99; }
dir=$(mktemp -d "${TMPDIR:-/tmp}/malloscope-test.XXXXXX") || exit 99
cd "$dir" || exit 99
