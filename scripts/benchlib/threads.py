# SPDX-License-Identifier: GPL-3.0-or-later
"""What each of many threads costs: idle ones, the latency of a call, memory, and attaching."""

import os
import re
import time

from benchlib import bars
from benchlib.common import started

NUM_LATENCIES = {"breakpoint": 20000}
NUM_MEMORY_THREADS = 500


def pss(pid):
    """Bytes of memory that a process is to blame for; parts of what is shared."""
    with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as f:
        return int(re.search(r"^Pss: +(\d+) kB", f.read(), re.M).group(1)) * 1024


def crowd_row(part, repeat, say):
    """Four of many threads allocate, or four of four."""
    num = part.num(1000 if part.engine == "breakpoint" else 200000)
    ns = {}
    for _ in range(repeat):
        for alive in (4, 1000):
            say(f"{alive} threads of which 4 allocate")
            target = [part.bench.path("pairs"), "threads", "24", str(num), "4", str(alive)]
            ns.setdefault(alive, []).append(float(part.bench.output(part.own() + target)) * 1000)
            part.check_engine()
    few, many = (sorted(ns[alive])[len(ns[alive]) // 2] for alive in (4, 1000))
    return many / few, f"{many:.0f} ns a pair; of 4 threads {few:.0f}"


def latencies(part, repeat, say):
    """Nanoseconds of a malloc at 99.9 %, with us and without."""
    say("latency of malloc")
    values = {"untraced": [], part.engine: []}
    num = max(part.num(NUM_LATENCIES.get(part.engine, 1000000)), 1000)
    target = [part.bench.path("latency"), str(num)]
    for _ in range(repeat):
        values["untraced"].append(float(part.bench.output(target)))
        values[part.engine].append(float(part.bench.output(part.own() + target)))
        part.check_engine()
    return {tool: sorted(list_)[len(list_) // 2] for tool, list_ in values.items()}


def latency_row(part, repeat, say):
    ns = latencies(part, repeat, say)
    return (ns[part.engine] / ns["untraced"],
            f"{ns[part.engine]:.0f} ns; untraced {ns['untraced']:.0f}")


def memory_of(part, num, is_traced):
    """Of a target with num threads that have allocated, and of us."""
    target = [part.bench.path("latency"), "threads", str(num)]
    command = part.own() + target if is_traced else target
    with started(command) as process:
        pids = [int(process.stdout.readline())]
        if is_traced:
            with open(f"/proc/{pids[0]}/status", encoding="ascii") as f:
                pids += [process.pid, int(re.search(r"^TracerPid:\s+(\d+)", f.read(),
                                                    re.M).group(1))]
        # Its events are in the tables then.
        time.sleep(0.5)
        return sum(pss(pid) for pid in pids)


def memory_row(part, say):
    say("memory a thread")
    sums = {(num, is_traced): memory_of(part, num, is_traced)
            for num in (4, NUM_MEMORY_THREADS) for is_traced in (False, True)}
    added = {num: sums[num, True] - sums[num, False] for num in (4, NUM_MEMORY_THREADS)}
    per_thread = (added[NUM_MEMORY_THREADS] - added[4]) / (NUM_MEMORY_THREADS - 4)
    return per_thread / 1024, f"KiB, of {NUM_MEMORY_THREADS} threads"


def attach_rows(part, repeat, say):
    libraries = bars.make_libraries(part.bench.directory)
    names = ("attach, 200 threads, 150 libraries", "the same, longest stop")
    for name in names:
        part.bench.samples.pop(name, None)
    for i in range(repeat):
        say(f"attach {i + 1} of {repeat}")
        bars.attach_sample(part.bench, libraries, "malloscope")
    for name, bar in zip(names, (60, 5)):
        part.row(name, bar, part.bench.median(name), "ms")


def report(part, _missing, repeat, say):
    part.tell("1,000 threads, 4 allocate, against 4", 1.2, lambda: crowd_row(part, repeat, say))
    part.tell("malloc, p99.9, against untraced", None, lambda: latency_row(part, repeat, say))
    part.tell("memory added by a thread", 64, lambda: memory_row(part, say))
    if os.path.exists(part.bench.path("gaps")):
        attach_rows(part, repeat, say)
