# SPDX-License-Identifier: GPL-3.0-or-later
"""What capture without stops must reach (--engine agent): ratios against heaptrack, the breakpoint
engine or nobody on the same program in the same run, with the absolute numbers beside them.

A pair in steady state is the difference of a long and a short run, by the clock of whoever starts
them: so what a tool does behind the program's back counts. Samples of the tools take turns."""

import os
import shutil
import statistics
import subprocess
import time

from benchlib import bars, peers, redis, threads
from benchlib.common import PairTarget, started

# Pairs of a long run, by tool: a second or two each. A short run has a tenth.
PAIRS = {"untraced": 8000000, "heaptrack": 1500000, "agent": 3000000, "breakpoint": 30000,
         "sampled": 8000000}
# How much less is done in a quick run.
QUICK = 100
SAMPLE = ["--sample", "512KiB"]
# An unsampled pair may take 12 ns more where an untraced one takes 70.
SAMPLED_PAIR = 12 / 70
PROGRAMS = ("sqlite3", "python3", "cc1")
# By program: against heaptrack.
PROGRAM_BARS = {"sqlite3": 0.5, "python3": 0.9, "cc1": 0.8}
# By name of a target: what the row says, and its bar against heaptrack.
PAIR_ROWS = {
    "24": ("pair, 24 frames, launched", 0.5),
    "attached": ("pair, 24 frames, attached", 0.5),
    "8": ("pair, 8 frames", 0.6),
    "64": ("pair, 64 frames", 0.6),
    "threads": ("4 threads, 24 frames, a pair", 0.6),
    "newdelete": ("C++ new/delete pair", 0.6),
    "realloc": ("malloc, realloc, free", 0.6),
}


class Missing(Exception):
    """Why a row cannot be measured."""


class Part:
    """The engine that is measured, and samples by (row, tool). is_quick: so little of everything
    that it only shows that the measuring works."""

    def __init__(self, bench, engine, is_quick=False):
        self.bench = bench
        self.engine = engine
        self.is_quick = is_quick
        self.samples = {}
        self.missing = {}
        self.rows = []

    def num(self, num):
        """How many of something to do where num are asked for."""
        return max(num // QUICK, 100) if self.is_quick else num

    def add(self, row, tool, value):
        self.samples.setdefault((row, tool), []).append(value)

    def median(self, row, tool):
        return statistics.median(self.samples[row, tool])

    def own(self, options=(), engine=None):
        """The beginning of a command that launches a program."""
        return [self.bench.program, "run", "--engine", engine or self.engine, "-o",
                self.bench.listing] + list(options) + ["-e", "wait exit", "-e", "status", "-e",
                                                       "top", "--"]

    def check_engine(self, engine=None):
        """The listing of the last run must tell of that engine."""
        with open(self.bench.listing, encoding="utf-8", errors="replace") as f:
            lines = [line[8:].strip() for line in f if line.startswith("engine: ")]
        if not lines or lines[0].split()[0] != (engine or self.engine):
            raise Missing(lines[0] if lines else "status names no engine")

    def command(self, tool, target):
        if tool == "untraced":
            return target
        if tool == "heaptrack":
            if not shutil.which("heaptrack"):
                raise Missing("heaptrack is not installed")
            return ["heaptrack", "-o", self.bench.path("heaptrack.out")] + target
        if tool == "sampled":
            return self.own(SAMPLE) + target
        return self.own((), tool) + target

    def seconds(self, tool, target, options=None):
        """Of a whole run of that program with that tool."""
        command = self.command(tool, target)
        begin = time.monotonic()
        done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                              stderr=subprocess.PIPE, timeout=peers.PATIENCE, check=False,
                              **(options or {}))
        took = time.monotonic() - begin
        if done.returncode:
            raise Missing(last_line(done.stderr) or f"{tool} ended with {done.returncode}")
        if tool in ("agent", "breakpoint"):
            self.check_engine(tool)
        elif tool == "sampled":
            self.check_engine()
        return took

    def attached_seconds(self, target):
        """From the attach to the end of a program that waits for it."""
        with started(target + ["wait"]) as process:
            process.stdout.readline()
            begin = time.monotonic()
            self.bench.output([self.bench.program, "attach", "--engine", self.engine, "-o",
                               self.bench.listing, "-e", "wait exit", "-e", "status",
                               str(process.pid)])
            took = time.monotonic() - begin
            process.stdout.read()
        self.check_engine()
        return took

    def row(self, name, bar, value, note, is_floor=False):
        """A row that was measured; is_floor: more is better."""
        self.rows.append({"name": name, "value": round(value, 4), "bar": bar,
                          "reached": None if bar is None else
                          value >= bar if is_floor else value <= bar, "note": note})

    def not_available(self, name, bar, why):
        self.rows.append({"name": name, "value": None, "bar": bar, "reached": None,
                          "note": f"not available: {why}"})

    def tell(self, name, bar, function):
        """A row whose value and note a function gives, or what keeps it from being one."""
        try:
            self.row(name, bar, *function())
        except Missing as why:
            self.not_available(name, bar, why)


def last_line(text):
    lines = text.decode(errors="replace").strip().splitlines()
    return lines[-1] if lines else ""


def pair_ns(part, target, tool, is_attached=False):
    """A pair in steady state, nanoseconds."""
    num = part.num(PAIRS[tool])
    measure = part.attached_seconds if is_attached else lambda words: part.seconds(tool, words)
    short, long = target.words(num // 10), target.words(num)
    # Twice the short one: what is subtracted must not be what varies.
    first = measure(short)
    took = measure(long) - min(first, measure(short))
    return took * 1e9 / (target.pairs(num) - target.pairs(num // 10))


def pair_targets(bench):
    targets = {name: PairTarget(bench, "pairs", name) for name in ("8", "24", "64")}
    targets["attached"] = targets["24"]
    targets["threads"] = PairTarget(bench, "pairs", "24", 4)
    targets["realloc"] = PairTarget(bench, "realloc", "24")
    if os.path.exists(bench.path("newdelete")):
        targets["newdelete"] = PairTarget(bench, "newdelete", "24")
    return targets


def sample_pairs(part, repeat, say):
    tools = ("untraced", "heaptrack", part.engine)
    for i in range(repeat):
        for key, target in pair_targets(part.bench).items():
            for tool in tools + (("sampled",) if key == "24" else ()):
                if key == "attached" and tool != part.engine or (key, tool) in part.missing:
                    continue
                say(f"{PAIR_ROWS[key][0]}, {tool}, {i + 1} of {repeat}")
                try:
                    part.add(key, tool, pair_ns(part, target, tool, key == "attached"))
                except Missing as why:
                    part.missing[key, tool] = str(why)


def need(part, row, tool):
    """The median of these samples, or why there are none."""
    if (row, tool) in part.missing:
        raise Missing(part.missing[row, tool])
    if (row, tool) not in part.samples:
        raise Missing("its program could not be built, or is not installed")
    return part.median(row, tool)


def pair_row(part, key):
    # The program is the same, launched or attached to.
    base = "24" if key == "attached" else key
    own, peer = need(part, key, part.engine), need(part, base, "heaptrack")
    plain = need(part, base, "untraced")
    return own / peer, f"{own:.0f} ns; heaptrack {peer:.0f}, untraced {plain:.0f}"


def report_pairs(part):
    for key, (name, bar) in PAIR_ROWS.items():
        part.tell(f"{name}, against heaptrack", bar, lambda key=key: pair_row(part, key))


def sample_programs(part, repeat, say):
    tools = {"untraced", "heaptrack", "breakpoint", part.engine, "sampled"}
    programs = [] if part.is_quick else peers.programs(part.bench)
    # With a call of an allocator: before that there is no agent.
    least = [part.bench.path("pairs"), "8", "1"]
    for i in range(repeat):
        for name, target in programs + [("least", least)]:
            for tool in sorted(tools):
                # Its time varies little, and is long.
                if tool == "breakpoint" and i and part.engine != "breakpoint":
                    continue
                if (name, tool) in part.missing:
                    continue
                say(f"{name}, {tool}, {i + 1} of {repeat}")
                try:
                    part.add(name, tool, part.seconds(tool, target))
                except Missing as why:
                    part.missing[name, tool] = str(why)


def program_row(part, name, tool):
    own, peer = need(part, name, part.engine), need(part, name, tool)
    plain = need(part, name, "untraced")
    return own / peer, f"{own:.2f} s; {tool} {peer:.2f}, untraced {plain:.2f}"


def sampled_row(part, name):
    """Without what the start of tracing takes."""
    own, plain = (need(part, name, tool) - need(part, "least", tool)
                  for tool in ("sampled", "untraced"))
    return own / plain, f"{own:.2f} s; untraced {plain:.2f}"


def sampled_pair_row(part):
    own, plain = need(part, "24", "sampled"), need(part, "24", "untraced")
    return (own - plain) / plain, f"{own - plain:.0f} ns more than {plain:.0f}"


def report_programs(part):
    for name in PROGRAMS:
        part.tell(f"{name}, against heaptrack", PROGRAM_BARS[name],
                  lambda name=name: program_row(part, name, "heaptrack"))
    for name in PROGRAMS:
        part.tell(f"{name}, against breakpoints", 0.05,
                  lambda name=name: program_row(part, name, "breakpoint"))


def report_sampled(part):
    part.tell("unsampled pair, added to an untraced one", round(SAMPLED_PAIR, 3),
              lambda: sampled_pair_row(part))
    for name in PROGRAMS:
        part.tell(f"{name} sampled, against untraced", 1.05,
                  lambda name=name: sampled_row(part, name))


def added(part, what, num_before, repeat, say):
    """Added cost of a pair after many blocks or pairs, over that after few, and both in ns."""
    say(f"pairs after {num_before} {what}")
    num = part.num(200 if part.engine == "breakpoint" else 20000)
    options = ("--engine", part.engine)
    result = bars.growth(part.bench, repeat, num, what, num_before, options=options)
    for status in result["status"]:
        if status["engine"] != part.engine:
            raise Missing(f"{status['engine']} ({status.get('engine_reason', '')})")
    return result["few_us"] * 1000, result["many_us"] * 1000


def growth_row(part, what, num_before, repeat, say):
    few, many = added(part, what, num_before, repeat, say)
    plain = need(part, "24", "untraced")
    return (many - plain) / (few - plain), f"{many:.0f} ns; few {few:.0f}, untraced {plain:.0f}"


def measure(bench, options, repeat, say):
    """All rows; options.engine is "agent", or another to see what the bars ask for."""
    engine = options.engine
    part = Part(bench, engine, options.quick)
    blocks, events = part.num(options.blocks), part.num(options.events)
    os.environ["MALLOSCOPE_ENGINE"] = engine
    try:
        part.seconds(engine, [bench.path("pairs"), "8", "1"])
    except Missing as why:
        return {"engine": engine, "why": str(why), "rows": []}
    sample_pairs(part, repeat, say)
    report_pairs(part)
    sample_programs(part, repeat, say)
    report_programs(part)
    redis.report(part, Missing, repeat, say)
    report_sampled(part)
    for what, num, bar in (("blocks", blocks, 1.5), ("pairs", events // 2, 1.1)):
        name = f"added with {num} live blocks" if what == "blocks" else f"after {events} events"
        part.tell(name, bar, lambda w=what, n=num: growth_row(part, w, n, repeat, say))
    threads.report(part, Missing, repeat, say)
    return {"engine": engine, "why": None, "rows": part.rows}


def show(result):
    print(f"\n{'--engine ' + result['engine']:48}{'median':>9}{'bar':>8}")
    if result["why"]:
        print(f"not available: {result['why']}")
    for line in result["rows"]:
        bar = f"{line['bar']:8g}" if line["bar"] is not None else f"{'-':>8}"
        if line["value"] is None:
            print(f"{line['name']:48}{'-':>9}{bar}       {line['note']}")
            continue
        verdict = {True: "ok", False: "OVER", None: ""}[line["reached"]]
        print(f"{line['name']:48}{line['value']:9.3f}{bar} {verdict:5} {line['note']}")
