#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# tree: every way from the root to a leaf is a trace of `traces`, and its numbers are that trace's;
# every node has the sum of its children, also where some are left out; from files the same.
. "$(dirname "$0")/../lib.sh"

python=$(command -v python3) || skip "python3 is missing"
whole='--json --all --threshold 0 -n 100000'
ms run -o listing -e 'wait call free 100' -e 'snapshot early' -e 'wait exit' -e 'snapshot late' \
	-e "tree $whole" -e "tree $whole --invert" -e 'traces --json --all' \
	-e "tree early late $whole" -e 'traces --json --all --snapshot early' \
	-e 'tree --json' -e 'dump early f' -e 'dump late f' -e tree -e 'tree early late --invert' \
	-e 'tree -n 1' \
	-- "$TARGETS/many_stacks"
is "$status" 0 "status"
grep '^{' listing >documents
grep -v '^{' listing >texts
# shellcheck disable=SC2086 # several words
{
	ms tree $whole f:late && cp out stored
	ms tree $whole f:early f:late && cat out >>stored
	ms tree f && cp out stored_text
}
cat >compare.py <<'END'
import collections, json

def place(frame):
    return frame["location"], frame["function"]

def traces_of(documents):
    """(size, count) by the places of a stack, newest first."""
    sums = collections.defaultdict(lambda: [0, 0])
    for d in documents:
        for i, key in enumerate(("size", "count")):
            sums[tuple(place(f) for f in d["frames"])][i] += d[key]
    return {stack: tuple(sum) for stack, sum in sums.items()}

def ways(node, size, count, above=()):
    """The numbers of every way to a leaf, with a check of all sums on the way."""
    children = node["children"] + ([node["others"]] if "others" in node else [])
    if children:
        for key in (size, count, "allocated", "calls"):
            assert node[key] == sum(c[key] for c in children), (key, node[key])
    above += tuple(place(f) for f in node.get("places", ()))
    if not children:
        return {above: (node[size], node[count])}
    found = {}
    for child in node["children"]:
        for way, numbers in ways(child, size, count, above).items():
            assert way not in found, way
            found[way] = numbers
    return found

def reverse(found):
    return {way[::-1]: numbers for way, numbers in found.items()}

documents = [json.loads(line) for line in open("documents")]
trees = [d for d in documents if d.get("command") == "tree"]
first = next(i for i, d in enumerate(documents) if "frames" in d)
second = documents.index(trees[2])
late = traces_of(d for d in documents[first:second] if "frames" in d)
early = traces_of(d for d in documents[second:] if "frames" in d)
assert len(late) > 4000 and len(early) > 4000, (len(late), len(early))
assert reverse(ways(trees[0], "size", "count")) == late, "the tree of live bytes"
assert ways(trees[1], "size", "count") == late, "the inverted tree"
changes = {}
for stack in set(early) | set(late):
    was, now = early.get(stack, (0, 0)), late.get(stack, (0, 0))
    if was != now:
        changes[stack] = now[0] - was[0], now[1] - was[1]
assert reverse(ways(trees[2], "size_diff", "count_diff")) == changes, "the tree of changes"
# With less than all: the sums hold still.
ways(trees[3], "size", "count")
assert trees[3]["size"] == trees[0]["size"]
stored = [json.loads(line) for line in open("stored")]
assert reverse(ways(stored[0], "size", "count")) == late, "the tree of a file"
assert reverse(ways(stored[1], "size_diff", "count_diff")) == changes, "changes in a file"
END
"$python" compare.py 2>err || fail "the tree and the traces differ: $(tail -n 1 err)"

is "$(sed 1d stored_text)" "$(sed -n '/^\[ Tree \] live/,/^Total/p' texts | sed '1d;/^Total/q')" \
	"the tree of a file as text"
has texts '^ +[0-9.]+ [KM]?i?B +[0-9]+ +100\.0%  many_stacks\(_start\+0x' "the outermost place"
has texts ' `- 1 more place$' "places that are left out"
has texts ' \(many_stacks\.c:23\) \.\.\.$' "a place below which all is left out"
has texts '^Total change: -' "the tree of changes"
is "$(awk 'length > 100' texts)" "" "lines wider than 100 columns"
for option in '--threshold 101' '--threshold x' '--depth 0' '-n x' '--snapshot a b'; do
	ms run -e "tree $option" -- true
	is "$status" 1 "status of tree $option"
done
exit 0
