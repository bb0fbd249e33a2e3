# SPDX-License-Identifier: GPL-3.0-or-later
"""The part of bench that needs no target either: what the supervisor's side costs for each event
(tests/bench/drain.c)."""

import statistics
import subprocess

TIMEOUT = 1200
# Of a pair near the last one: with many live blocks, against 1,000.
BAR = 1.5


def measure(program, repeat, blocks):
    """Nanoseconds by name, of what tables.find() gave."""
    done = subprocess.run([program, str(blocks), str(repeat)], check=True, stdout=subprocess.PIPE,
                          timeout=TIMEOUT)
    samples = {}
    for line in done.stdout.decode().splitlines():
        name, value = line.split()
        samples.setdefault(name, []).append(float(value))
    rows = [{"name": name, "median": round(statistics.median(values), 1), "min": min(values),
             "max": max(values)} for name, values in samples.items()]
    median = {row["name"]: row["median"] for row in rows}
    ratio = median[f"near-{blocks}-blocks-1-stacks"] / median["near-1000-blocks-1-stacks"]
    return {"blocks": blocks, "rows": rows, "growth": round(ratio, 3), "growth_bar": BAR}


def show(result):
    print(f"\n{'drain, nanoseconds of a pair':44}{'median':>10}{'range':>20}")
    for row in result["rows"]:
        spread = f"{row['min']:.0f}-{row['max']:.0f}"
        print(f"{row['name']:44}{row['median']:10.1f}{spread:>20}")
    verdict = "ok" if result["growth"] <= result["growth_bar"] else "OVER"
    print(f"{result['blocks']} live blocks against 1000, near pairs: {result['growth']:.2f} times, "
          f"bar {result['growth_bar']:g}: {verdict}")
