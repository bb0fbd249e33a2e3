# SPDX-License-Identifier: GPL-3.0-or-later
"""The part of bench that needs no target: what the tables and files cost (tests/bench/tables.c)."""

import os
import statistics
import subprocess
import sys
import time

TIMEOUT = 300
NUM_SNAPSHOTS = 1000

# What is aimed at, in milliseconds, bytes or megabytes; by the beginning of a measurement's name.
AIMS = (
    ("snapshot", 10),
    ("top", 100),
    ("diff", 100),
    ("dump", 1000),
    ("open-and-diff", 1000),
    ("program-", 1000),
    ("bytes-per-block", 40),
    ("series-megabytes", 200),
)
# Sizes do not vary: no more than is aimed at.
EXACT = ("bytes-per-block",)


def find(program, name="tables"):
    """tests/bench/NAME beside malloscope in its build directory, brought up to date; None if that
    is no build directory."""
    directory = os.path.dirname(program)
    if not os.path.exists(os.path.join(directory, "Makefile")):
        return None
    subprocess.run(["make", "-s", "-C", directory, "tests/bench/" + name], check=True,
                   stdout=sys.stderr)
    return os.path.join(directory, "tests/bench", name)


def time_program(program, directory, words):
    """Milliseconds of a command about the file that tables has left."""
    begin = time.monotonic()
    subprocess.run([program] + words, cwd=directory, check=True, stdout=subprocess.DEVNULL,
                   timeout=TIMEOUT)
    return (time.monotonic() - begin) * 1000


def measure(program, tables, directory, repeat, num_snapshots):
    """Samples by name: milliseconds; for some sizes. Of malloscope and of what find() gave for
    it."""
    done = subprocess.run([tables, str(repeat), str(num_snapshots)], cwd=directory, check=True,
                          stdout=subprocess.PIPE, timeout=TIMEOUT)
    samples = {}
    for line in done.stdout.decode().splitlines():
        name, value = line.split()
        samples.setdefault(name, []).append(float(value))
    for _ in range(repeat):
        for name, words in (("program-diff", ["diff", "two.msnap:old", "two.msnap:new"]),
                            ("program-top-traceback", ["top", "two.msnap:new", "traceback"])):
            samples.setdefault(name, []).append(time_program(program, directory, words))
    return {"snapshots": num_snapshots,
            "rows": [{"name": name, "median": round(statistics.median(values), 3),
                      "min": min(values),
                      "max": max(values), "aim": aim_of(name, num_snapshots)}
                     for name, values in samples.items()]}


def aim_of(name, num_snapshots):
    """What is aimed at, or None. A shorter series may take its part."""
    for beginning, aim in AIMS:
        if name.startswith(beginning):
            return aim * num_snapshots / NUM_SNAPSHOTS if name == "series-megabytes" else aim
    return None


def show(result):
    print(f"\n{'100,000 stacks, 1,000,000 live blocks':38}{'median':>10}{'range':>20}{'aim':>10}")
    for row in result["rows"]:
        name = row["name"]
        if name == "series":
            name = f"{result['snapshots']} snapshots of 10,000 stacks"
        spread = f"{row['min']:.2f}-{row['max']:.2f}"
        aim = f"{row['aim']:g}" if row["aim"] else ""
        print(f"{name:38}{row['median']:10.2f}{spread:>20}{aim:>10}")
    print()


def check(result):
    """What takes more than twice the aim even at its best, as lines."""
    missed = []
    for row in result["rows"]:
        if not row["aim"]:
            continue
        bar = row["aim"] * (1 if row["name"] in EXACT else 2)
        if row["min"] > bar:
            missed.append(f"{row['name']} takes {row['min']}, more than {bar:g}")
    return missed
