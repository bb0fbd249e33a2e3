# SPDX-License-Identifier: GPL-3.0-or-later
# Usage: oracle.py MALLOSCOPE FILE OLD NEW ROUNDS SEED
# Feeds the traces of two stored snapshots to Python's own tracemalloc and compares every row of
# `top` and `diff`, under random keys, filters, cumulative mode and sorts, with what tracemalloc
# makes of them. --compat throughout: that is tracemalloc's habit.
import json
import random
import re
import subprocess
import sys
import tracemalloc

malloscope, path, old_name, new_name, rounds, seed = sys.argv[1:7]
choose = random.Random(int(seed))


def run(*commands):
    args = [malloscope, "open"]
    for command in commands:
        args += ["-e", command]
    done = subprocess.run(args + [path], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          check=False)
    if done.returncode:
        sys.exit("%s: status %d, %s" % (commands, done.returncode, done.stderr.decode()))
    return done.stdout.decode()


def load(name):
    return [json.loads(line) for line in run("traces --json --snapshot " + name).splitlines()]


def snapshot(traces, limit, by_location):
    items = []
    for trace in traces:
        frames = []
        for frame in trace["frames"]:
            # A place without line information is a file of its own in rows by line; by file, and
            # for filters, it is its module.
            has_line = frame["location"] == "%s:%d" % (frame["filename"], frame["lineno"])
            name = frame["filename"] if has_line or not by_location else frame["location"]
            frames.append((name, frame["lineno"]))
        # tracemalloc has a trace for each block; those of one stack are alike but for their sizes,
        # of which the sum counts.
        size, count = trace["size"], trace["count"]
        for i in range(count):
            items.append((trace["domain"], size - size // count * (count - 1) if i == 0
                          else size // count, tuple(frames),
                          trace["total_nframe"]))
    return tracemalloc.Snapshot(items, limit)


old, new = load(old_name), load(new_name)
if len(old) < 5 or len(new) < 5:
    sys.exit("too few traces: %d, %d" % (len(old), len(new)))
limit = max(len(trace["frames"]) for trace in old + new)
sets = {by: (snapshot(old, limit, by), snapshot(new, limit, by)) for by in (False, True)}
files = sorted({frame["filename"] for trace in old + new for frame in trace["frames"]})
newest = sorted({trace["frames"][0]["filename"] for trace in old + new})
lines = sorted({frame["lineno"] for trace in old + new for frame in trace["frames"]})


def random_pattern():
    name = choose.choice(choose.choice([files, newest]))
    kind = choose.randrange(6)
    if kind == 0:
        return name
    if kind == 1:
        return "*" + name[choose.randrange(len(name)):]
    if kind == 2:
        return name[:choose.randrange(len(name))] + "*"
    if kind == 3:
        at = choose.randrange(len(name))
        return name[:at] + "?" + name[at + 1:]
    if kind == 4:
        return "*[!%s]" % choose.choice("chX")
    return "*" + choose.choice("acmlst") + "*"


def random_filter():
    inclusive = choose.random() < 0.5
    sign = "+" if inclusive else "-"
    domain = choose.choice([None, None, 0, 0, 1, 2, 3])
    if choose.random() < 0.15:
        domain = domain or 0
        return "filter add %s@%d" % (sign, domain), tracemalloc.DomainFilter(inclusive, domain)
    pattern, lineno = random_pattern(), choose.choice([None, None, None, 0, choose.choice(lines)])
    all_frames = choose.random() < 0.4
    command = "filter add '%s%s%s'" % (sign, pattern, "" if lineno is None else ":%d" % lineno)
    if all_frames:
        command += " --all-frames"
    if domain is not None:
        command += " --domain %d" % domain
    return command, tracemalloc.Filter(inclusive, pattern, lineno, all_frames, domain)


def labels(key, statistic):
    """What may stand in front of the row: with --compat the oldest frame, which without line
    information stands alone."""
    frame = statistic.traceback[0]
    if key == "filename":
        return ["%s:0" % frame.filename]
    if frame.lineno or frame.filename == "<unknown>":
        return ["%s:%d" % (frame.filename, frame.lineno)]
    return [frame.filename, "%s:0" % frame.filename]


def compare(what, key, rows, statistics, fields):
    if len(rows) != len(statistics):
        sys.exit("%s: %d rows, tracemalloc has %d" % (what, len(rows), len(statistics)))
    for i, (row, statistic) in enumerate(zip(rows, statistics)):
        wanted = tuple(getattr(statistic, field) for field in fields)
        got = tuple(row[field] for field in fields)
        if got != wanted or row["label"] not in labels(key, statistic):
            sys.exit("%s, row %d: %s %s, tracemalloc has %s %s" %
                     (what, i + 1, row["label"], got, labels(key, statistic)[0], wanted))
    return len(rows)


def filtered(filters, by_location):
    """Filters look at filenames whatever the key is: traces are chosen by those, then shown as the
    key wants."""
    result = []
    for by_name, shown in zip(sets[False], sets[by_location]):
        kept = by_name.filter_traces([f for _, f in filters]) if filters else by_name
        passed = {}
        for trace in kept.traces._traces:
            passed[trace] = passed.get(trace, 0) + 1
        traces = []
        for trace, other in zip(by_name.traces._traces, shown.traces._traces):
            if passed.get(trace):
                passed[trace] -= 1
                traces.append(other)
        result.append(tracemalloc.Snapshot(traces, limit))
    return result


num_rows = num_filtered = 0
for number in range(int(rounds)):
    key = choose.choice(["lineno", "filename", "traceback"])
    cumulative = key != "traceback" and choose.random() < 0.4
    filters = [random_filter() for _ in range(choose.choice([0, 0, 1, 1, 2, 3]))]
    tail = " --compat -n 1000000 --json" + (" --cumulative" if cumulative else "")
    sort = choose.choice(["abs", "growth", "shrink"])
    commands = [command for command, _ in filters]
    out = run(*commands, "top %s --snapshot %s%s" % (key, new_name, tail),
              "diff %s %s %s --sort %s%s" % (old_name, new_name, key, sort, tail)).splitlines()
    top, diff = [json.loads(line) for line in out if line.startswith('{"command"')]
    was, now = filtered(filters, key != "filename")
    what = "round %d, seed %s, %s" % (number, seed, "; ".join(commands + [key, "cumulative %s"
                                                                          % cumulative, sort]))
    statistics = now.statistics(key, cumulative)
    num_rows += compare("top, " + what, key, top["rows"], statistics, ("size", "count"))
    if top["total_size"] != sum(trace.size for trace in now.traces):
        sys.exit("top, %s: the total is wrong" % what)
    differences = now.compare_to(was, key, cumulative)
    if sort == "abs":
        num_rows += compare("diff, " + what, key, diff["rows"], differences,
                            ("size", "size_diff", "count", "count_diff"))
    else:
        sign = -1 if sort == "growth" else 1
        steps = [sign * row["size_diff"] for row in diff["rows"]]
        if steps != sorted(steps):
            sys.exit("diff, %s: not in order" % what)
        if sorted((r["size"], r["size_diff"], r["count"], r["count_diff"])
                  for r in diff["rows"]) != \
           sorted((d.size, d.size_diff, d.count, d.count_diff) for d in differences):
            sys.exit("diff, %s: other rows than tracemalloc's" % what)
        num_rows += len(differences)
    # C9.
    if not cumulative and sum(d["size_diff"] for d in diff["rows"]) != diff["total_size_diff"]:
        sys.exit("diff, %s: rows do not sum up to the total" % what)
    num_filtered += bool(filters) and 0 < len(now.traces) < len(sets[False][1].traces)
if num_rows < int(rounds) or num_filtered < int(rounds) // 20:
    sys.exit("little was compared: %d rows, %d filtered rounds" % (num_rows, num_filtered))
print("%d rows agree, %d rounds filtered in part" % (num_rows, num_filtered))
