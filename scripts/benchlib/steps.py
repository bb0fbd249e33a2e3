# SPDX-License-Identifier: GPL-3.0-or-later
"""What a stop is made of: the tracer's system calls one by one (tests/bench/barestop.c), and whole
pairs beside their sum. All on one CPU. Parts that are measured alone do not add up exactly: the
first call after a switch finds cold caches."""

# Name, steps, the steps that it is compared with, and how many of them a malloc/free pair has.
STEPS = (
    ("waitid(WNOWAIT), not waitpid", "w", "", 3),
    ("PTRACE_GETREGS", "g", "", 3),
    ("PTRACE_POKEUSER of the pc", "gp", "g", 3),
    ("process_vm_readv, 4 KiB", "gr", "g", 1),
    ("a look that finds nothing", "l", "", None),
    ("sched_yield alone", "y", "", None),
    ("clock_gettime", "c", "", None),
)
DEPTHS = (8, 24, 64)


def measure(bench, repeat, say):
    """Rows with microseconds, and how often a pair has that; then the pairs of each depth."""
    say("steps of a stop")
    for _ in range(repeat):
        for steps in sorted({steps for _, *pair, _ in STEPS for steps in pair}):
            bench.add("steps " + steps,
                      float(bench.output([bench.path("barestop"), "10000", steps])))
        for depth in DEPTHS:
            options = ["-n", str(depth + 16)]
            bench.add(f"pinned {depth}", float(bench.launched([bench.path("pairs"), str(depth),
                                                               "5000"], options, True)))
    stop = bench.median("steps ")
    rows = [{"name": "bare stop", "us": round(stop, 2), "in_a_pair": 3}]
    for name, steps, base, number in STEPS:
        cost = bench.median("steps " + steps) - bench.median("steps " + base)
        rows.append({"name": name, "us": round(cost, 2), "in_a_pair": number})
    known = sum(row["us"] * row["in_a_pair"] for row in rows if row["in_a_pair"])
    pairs = [{"depth": depth, "us": round(bench.median(f"pinned {depth}"), 2)} for depth in DEPTHS]
    return {"rows": rows, "sum_us": round(known, 2), "pairs": pairs}


def show(result):
    print(f"\n{'on one CPU, us':34}{'each':>8}{'in a pair':>12}")
    for row in result["rows"]:
        number = row["in_a_pair"]
        print(f"{row['name']:34}{row['us']:8.2f}"
              + (f"{row['us'] * number:12.2f}" if number else ""))
    print(f"{'their sum':34}{'':8}{result['sum_us']:12.2f}")
    for pair in result["pairs"]:
        print(f"a pair of {pair['depth']} frames".ljust(34) + f"{'':8}{pair['us']:12.2f}")
