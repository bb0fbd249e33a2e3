#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# --json: a real parser reads every document, every command has one, names with anything in them
# come through.
. "$(dirname "$0")/../lib.sh"

python=$(PATH=/usr/bin:/bin:$PATH command -v python3) || skip "python3 is missing"

# Paths with quotes, backslashes, blanks and bytes that are no UTF-8; C++ names are in the target
# `throw` if there is one.
odd=$'odd "dir\\ \t\xff'
mkdir "$odd"
cp "$TARGETS/single" "$odd/pro\"gram"
commands=(status probes modules memory 'wait call site_malloc 3' 'snapshot a' 'measure site_calloc'
	'measure list' 'wait call checkpoint'
	'measure off' snapshot snapshots top 'top traceback --by calls' traceback 'diff a'
	tree 'tree a'
	'top module' growth processes 'process #1'
	'check growth a --max 1GiB' 'filter add +*' 'filter list' 'filter clear'
	'skip add f' 'skip list' 'skip clear' 'skip suggest' traces blocks
	'where 0x1' 'dump f' 'load f old'
	'drop old' reset-peak 'every 100 g' 'every off' help 'help top' clear start stop 'wait 0'
	detach kill quit)
options=()
for command in "${commands[@]}"; do
	[ "$command" = kill ] || options+=(-e "$command")
done
ms run --json -o listing "${options[@]}" -- "$odd/pro\"gram" </dev/null
is "$status" 0 "status"
cat >read.py <<'END'
import json, sys

seen = set()
engines = ("breakpoint", "agent")
for line in open("listing", encoding="utf-8"):
    document = json.loads(line)
    if "frames" in document:
        assert "command" not in document and document["frames"], line
        assert document["total_nframe"] > 0 and document["engine"] in engines, line
        seen.add("traces")
        continue
    seen.add(document["command"])
    if document["command"] == "status":
        assert document["program"].endswith('/odd "dir\\ \t\\xff/pro"gram'), document["program"]
    for name in ("snapshot", "old", "new"):
        assert document.get(name, {}).get("engine", engines[0]) in engines, line
    if document["command"] in ("snapshot", "top"):
        assert "engine" in document["snapshot"], line
    if document["command"] == "measured":
        assert document["function"] == "site_calloc", line
        assert len(document["rows"]) == document["net_count"], line
    if document["command"] in ("top", "diff", "growth"):
        rows = document["rows"]
        assert rows and document["num_rows"] == len(rows) + document["num_other"], line
        assert all(isinstance(row["size"], int) and row["traceback"] for row in rows), line
        if document["command"] != "growth":
            shown = sum(row["size"] for row in rows)
            assert shown + document["other_size"] == document["total_size"], line
    if document["command"] == "check":
        assert document["exceeded"] is False and document["max"] == 1 << 30, line
    if document["command"] == "where":
        assert document == {"command": "where", "traced": False, "address": "0x1"}, line
wanted = {command.split()[0] for command in sys.argv[1:]} - {"kill"} | {"measured"}
assert seen - {"note"} == wanted, "documents: %s, wanted %s" % (sorted(seen), sorted(wanted))
END
"$python" read.py "${commands[@]}" >out 2>err || fail "documents: $(tail -n 1 err)"

# All commands are in that list.
ms run -o listing -e help -- true </dev/null
sed -nE 's/^  ([a-z][a-z-]*)  +[a-z].*/\1/p' listing | sort >all
printf '%s\n' "${commands[@]}" | sed 's/ .*//' | sort -u | diff all - >differences ||
	fail "commands not tested: $(cat differences)"

# For one command alone, and for those without a document of their own.
ms run -o listing -e 'memory --json' -e memory -e 'start --json' -- true </dev/null
is "$(sed -E 's/[0-9]+/N/g' listing | head -n 2 | tr '\n' '|')" \
	'{"command":"memory","current":N,"peak":N,"resident":N,"private":N,"swapped":N}|'\
'current=N B (N B), peak=N B (N B)|' \
	"--json of one command"
has listing '^\{"command":"start"\}$' "a command that has nothing to tell"
exit 0
