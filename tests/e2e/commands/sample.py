#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
# Usage: sample.py ledger LEDGER PHASE FUNCTIONS   a document of `top function --json` on standard
#                                                  input against the ledger of tests/targets/sampled
#        sample.py diff LEDGER                     `diff a b function --json` against its two phases
#        sample.py same A B                        two files with such documents have the same rows
# Estimates may be off by five of their standard errors. Says what is wrong, one line each.
import json
import sys

SIGMAS = 5


def ledger(path, phase):
    rows = {}
    for line in open(path, encoding="ascii"):
        words = line.split()
        if words[:2] == ["ledger", str(phase)]:
            rows[words[2]] = [int(w) for w in words[3:]]
    return rows


def by_function(document):
    return {r["function"]: r for r in document["rows"] if r.get("function", "").startswith("by_")}


def check(what, is_, wanted, error):
    print(f"# {what}: {is_}, is {wanted}, +-{error:.5g}")
    if abs(is_ - wanted) > SIGMAS * error + 1:
        print(f"{what}: {is_} is not {wanted} +-{error:.5g}")
        return 1
    return 0


def check_ledger(document, path, phase, functions):
    truth, rows = ledger(path, phase), by_function(document)
    num = 0
    for name in functions.split(","):
        row = rows.get(name)
        if not row:
            print(f"{name}: no row")
            num += 1
            continue
        for i, key in enumerate(("size", "count", "allocated", "calls")):
            num += check(f"{name} {key}", row[key], truth[name][i], row[key + "_stderr"])
    check_total = [sum(t[i] for t in truth.values()) for i in range(2)]
    if set(functions.split(",")) == set(truth):
        num += check("total", document["total_size"], check_total[0],
                     document["total_size_stderr"])
    return num


def check_diff(document, path):
    old, new, rows = ledger(path, 1), ledger(path, 2), by_function(document)
    num = 0
    for name, row in rows.items():
        wanted = [new[name][i] - old[name][i] for i in range(2)]
        error = row["size_diff_stderr"]
        num += check(name + " size_diff", row["size_diff"], wanted[0], error)
        num += check(name + " count_diff", row["count_diff"], wanted[1], row["count_diff_stderr"])
        if row["within_noise"] != (abs(row["size_diff"]) < 2 * error):
            print(f"{name}: within_noise is {row['within_noise']}")
            num += 1
        # What nobody touched has not changed, and nothing of it is noise.
        if old[name] == new[name] and (row["size_diff"] or row["count_diff"] or error > 1):
            print(f"{name}: changed by {row['size_diff']} +-{error}")
            num += 1
        if error > row["size_stderr"] * 2:
            print(f"{name}: the error of the difference is {error}")
            num += 1
    if "by_growth" not in rows or rows["by_growth"]["within_noise"]:
        print("by_growth did not grow")
        num += 1
    return num


def without_text(row):
    return {k: v for k, v in row.items() if k != "traceback"}


def check_same(a, b):
    rows_a, rows_b = ([without_text(r) for r in d["rows"]] for d in (a, b))
    for key in ("sample_rate", "total_size", "total_size_stderr"):
        if a[key] != b[key] and abs(a[key] - b[key]) > 1e-6 * abs(a[key]):
            print(f"{key}: {a[key]} and {b[key]}")
            return 1
    for x, y in zip(rows_a, rows_b):
        for key in x:
            if x[key] != y[key] and (not isinstance(x[key], float) or
                                     abs(x[key] - y[key]) > 1e-6 * abs(x[key])):
                print(f"{key}: {x[key]} and {y[key]}")
                return 1
    return len(rows_a) != len(rows_b)


def main():
    mode = sys.argv[1]
    if mode == "same":
        return check_same(*(json.load(open(p, encoding="utf-8")) for p in sys.argv[2:4]))
    document = json.load(sys.stdin)
    if mode == "diff":
        return check_diff(document, sys.argv[2])
    return check_ledger(document, *sys.argv[2:5])


sys.exit(1 if main() else 0)
