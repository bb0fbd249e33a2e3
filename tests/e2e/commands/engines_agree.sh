#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Both engines say the same of the same program: its traces, all stacks and sizes, are equal byte
# for byte, but for the name of the engine and the addresses of code in no module.
. "$(dirname "$0")/../lib.sh"

python=$(PATH=/usr/bin:/bin:$PATH command -v python3) || skip "python3 is missing"
cat >plain.py <<'END'
import json, sys

num = 0
for line in open(sys.argv[1], encoding="utf-8"):
    trace = json.loads(line)
    if "frames" not in trace:
        continue
    num += 1
    del trace["engine"]
    for frame in trace["frames"]:
        if frame["module"] is None:
            frame["offset"] = frame["location"] = None
    print(json.dumps(trace))
assert num >= int(sys.argv[2]), "only %d traces" % num
END

# traces ENGINE NUM WHEN WORD...: what that engine says of that program then, NUM traces at least;
# in the file ENGINE.
traces() {
	local engine=$1 num=$2 when=$3

	shift 3
	ms run --engine "$engine" --json -n 100 -o listing -e "$when" -e traces -e status -- "$@" \
		</dev/null
	is "$status" 0 "status of $1 with $engine"
	"$python" plain.py listing "$num" >"$engine" 2>err ||
		fail "$1 with $engine: $(tail -n 1 err)"
	used=$(sed -nE 's/^\{"command":"status".*"engine":"([a-z]+)".*/\1/p' listing)
}

# agree NUM WHEN WORD...
agree() {
	traces breakpoint "$@"
	traces agent "$@"
	cmp -s breakpoint agent ||
		fail "traces of $3 differ: $(diff breakpoint agent | head -n 20 | cut -c 1-300)"
	echo "ok: $3: $(wc -l <agent) traces, with breakpoint and $used"
}

# The environment must not differ, nor where the stack lies: it may be looked at.
export LEDGER=/dev/null
agree 20 'wait call checkpoint' "$TARGETS/single"
agree 20 'wait call checkpoint' "$TARGETS/single_frame_pointers"
agree 20 'wait call checkpoint' "$TARGETS/single_no_pie"
agree 1 'wait call checkpoint' "$TARGETS/dlopen" "$TARGETS/plugin.so"
agree 1 'wait call checkpoint' "$TARGETS/recurse"
agree 1 'wait exit' "$TARGETS/many_stacks"
if command -v sqlite3 >/dev/null; then
	agree 3 'wait exit' "$(command -v sqlite3)" :memory: \
		'create table t(a, b); insert into t values (1, 2); select * from t order by b;'
fi

# The agent compiles nearly all rows itself: each that it asks for is a stop.
PYTHONMALLOC=malloc ms run --engine agent --json -o listing -e 'wait exit' -e status -- \
	"$python" -c 'import json; print(json.dumps([1, "a"]))' </dev/null
is "$status" 0 "status of python"
is "$(cat out)" '[1, "a"]' "what python prints"
stops=$(sed -nE 's/^\{"command":"status".*"engine":"agent".*"stops":([0-9]+).*/\1/p' listing)
[ -z "$stops" ] || [ "$stops" -lt 600 ] || fail "python has stopped $stops times"
echo "ok: python stops ${stops:-many} times"
