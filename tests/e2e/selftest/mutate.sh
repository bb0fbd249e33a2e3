#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# scripts/mutate on a tree of one file, of which every change and its fate is known: what a test
# notices is killed, what it does not is listed, what does not compile is counted. The same seed
# makes the same changes. The tree itself is never touched, also not when it is ended in the midst.
. "$(dirname "$0")/../lib.sh"

command -v python3 >/dev/null || skip "no python3"
unshare --pid --fork --mount-proc --kill-child true 2>/dev/null || skip "no PID namespaces here"

mkdir -p tree/scripts tree/src/x tree/tests/e2e bin
cp -r "$srcdir/scripts/mutate" "$srcdir/scripts/mutatelib" tree/scripts/
cat >tree/src/x/main.c <<'EOT'
#include <stddef.h> // 1 + 1
static int calls;

static void note(void)
{
	calls = calls + 1; /* a == b */
}

static int seen(int n)
{
	return n + 40;
}

int main(int argc, char **argv)
{
	(void)argv;
	note();
	return seen(argc + 1) == 42 ? 0 : 1;
}
EOT
# shellcheck disable=SC2016
echo '"$builddir/main"' >tree/tests/e2e/passes.sh
# shellcheck disable=SC2016
echo '[ "$(cat ../tree/src/x/main.c)" = "$(cat "$ORIGINAL")" ] ||
	{ sleep 1000 & touch "$REACHED"; sleep 1000; }' >tree/tests/e2e/hangs.sh
echo 'exit 1' >tree/tests/e2e/fails.sh
# Passes without a change, then fails every other time.
# shellcheck disable=SC2016
echo 'echo >>"$RUNS"; [ $(($(wc -l <"$RUNS") % 2)) = 1 ]' >tree/tests/e2e/flaky.sh
cat >bin/autoreconf <<'EOT'
#!/bin/sh
cat >configure <<'END'
#!/bin/sh
src=$(dirname "$0")/src/x/main.c
printf 'all check: main\nmain: %s\n\t%s -Wall -Werror -o $@ $<\n' "$src" "${CC:-cc}" >Makefile
# Its program never changes, and runs only once.
mkdir -p tests/unit
printf '#!/bin/sh\n[ ! -e ran ] && touch ran\n' >tests/unit/same.t
chmod +x tests/unit/same.t
touch config.status
END
chmod +x configure
EOT
chmod +x bin/autoreconf
PATH=$dir/bin:$PATH
export ORIGINAL=$dir/tree/src/x/main.c REACHED=$dir/reached RUNS=$dir/runs

sum() {
	find tree -type f -exec cksum {} + | sort
}

mutate() {
	timeout -k 5 120 tree/scripts/mutate --build-dir "$dir/built" "$@" >out 2>err
	status=$?
}

sum >before
mutate -n 100 --seed 1 \
	--tests 'tests/e2e/fails.sh tests/unit/same.t tests/e2e/flaky.sh tests/e2e/passes.sh'
is "$status" 0 "status"
is "$(tail -n 1 out)" "7 killed, 3 survived, 2 did not build" "the last line"
has out '^mutate: tests/e2e/fails\.sh does not pass without a change \(status 1\), left out$' \
	"a test that fails anyway"
has out '^survived: src/x/main\.c:6$' "a survivor's place"
has out '^  - calls = calls \+ 1; /\* a == b \*/$' "a survivor's line"
has out '^  \+ calls = calls - 1; /\* a == b \*/$' "a survivor's change"
has out '^  - return seen\(argc \+ 1\) == 42 \? 0 : 1;$' "another survivor"
has out '^[0-9]+/12 src/x/main\.c:11 operator: return n \+ 40; -> return n - 40;: tests/e2e/passes\.sh$' "what killed a change"
has out '^[0-9]+/12 src/x/main\.c:17 statement: note\(\); -> \(void\)0;: did not build$' \
	"what the compiler refuses"
sum | cmp -s - before || fail "the tree was changed"

mutate -n 5 --seed 7 --dry-run
cp out list
is "$(wc -l <list)" 5 "changes of -n 5"
mutate -n 5 --seed 7 --dry-run
cmp -s out list || fail "the same seed, other changes"
mutate -n 5 --seed 8 --dry-run
! cmp -s out list || fail "another seed, the same changes"

mutate -n 1 --tests tests/e2e/fails.sh
is "$status" 2 "status when no test passes"
has err 'no test passes without a change' "what it says then"

# Ended while a test of a changed program hangs: nothing of it is left, neither in the tree nor
# among the processes.
tree/scripts/mutate -n 100 --seed 1 --build-dir "$dir/built" --tests 'tests/e2e/hangs.sh' >out \
	2>err &
pid=$!
pids+=("$pid")
until_true 60 test -e "$REACHED" || fail "no changed program was tested"
kill "$pid"
await "$pid" 20 "mutate"
is "$status" 143 "status when it is ended"
! pgrep -f "$dir/built/tree/tests/e2e/hangs.sh" >/dev/null || fail "its test goes on"
cmp -s built/tree/src/x/main.c "$ORIGINAL" || fail "the copy is still broken"
sum | cmp -s - before || fail "the tree was changed"
