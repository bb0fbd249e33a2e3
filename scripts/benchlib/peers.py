# SPDX-License-Identifier: GPL-3.0-or-later
"""The peers that are installed, on the same programs: microseconds a pair, seconds of a program;
each also against malloscope in the same run."""

import glob
import os
import shutil
import signal
import statistics
import subprocess
import time

from benchlib import bars
from benchlib.common import pin

# A peer that takes longer on a program is given up.
PATIENCE = 150
GDB_PAIRS = 200
PROGRAM = """#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <math.h>
#include <time.h>
#define F(n) int f##n(int a) { \\
	char b[64]; snprintf(b, sizeof(b), "%d", a); return atoi(b) * n + (int)strlen(b); }
#define G(n) F(n##0) F(n##1) F(n##2) F(n##3) F(n##4) F(n##5) F(n##6) F(n##7) F(n##8) F(n##9)
G(1) G(2) G(3) G(4) G(5)
"""
PYTHON = ("import json; "
          "print(sum(len(json.dumps({'number': i, 'text': str(i)})) for i in range(4000)))")


def tools(bench):
    """Name, program that must be there, how it runs a target, and whether it sees all threads'
    calls."""
    null = ["-o", "/dev/null"]
    return (
        ("untraced", None, list),
        ("malloscope", None, lambda t: [bench.program, "run", "-o", bench.listing, "--"] + t),
        ("malloscope on one CPU", None,
         lambda t: pin([bench.program, "run", "-o", bench.listing, "--"] + t)),
        ("ltrace, no stacks", "ltrace",
         lambda t: ["ltrace", "-f", "-e", "malloc+free+realloc"] + null + t),
        ("ltrace on one CPU", "ltrace",
         lambda t: pin(["ltrace", "-f", "-e", "malloc+free+realloc"] + null + t)),
        ("gdb, bt 24", "gdb", lambda t: gdb(bench, t)),
        ("heaptrack", "heaptrack", lambda t: ["heaptrack", "-o", bench.path("heaptrack.out")] + t),
        ("valgrind massif", "valgrind", lambda t: ["valgrind", "-q", "--tool=massif",
                                                   "--massif-out-file=" + bench.path("massif.out")]
         + t),
        ("mtrace-ng", "mtrace-ng", lambda t: ["mtrace-ng", "-f"] + null + t),
        ("memray", "memray",
         lambda t: ["memray", "run", "--native", "-f", "-o", bench.path("memray.out")] + t),
    )


def gdb(bench, target):
    """gdb with a breakpoint at both functions that prints a stack and goes on."""
    script = bench.path("gdb.script")
    with open(script, "w", encoding="ascii") as f:
        f.write("set confirm off\nset pagination off\nset logging file /dev/null\nset logging redirect on\n"
                "set logging enabled on\n"
                "break main\nrun\ndelete\n")
        for function in ("__libc_malloc", "__libc_free"):
            f.write(f"break {function}\ncommands\nsilent\nbt 24\ncontinue\nend\n")
        f.write("continue\n")
    return ["gdb", "-nx", "-batch", "-x", script, "--args"] + target


def cc1_target(bench):
    """The compiler proper on a preprocessed file of its own, or None."""
    cc = shutil.which("gcc")
    found = cc and subprocess.run([cc, "-print-prog-name=cc1"], stdout=subprocess.PIPE, check=False,
                                  text=True).stdout
    found = (found or "").strip()
    if not os.path.isabs(found):
        return None
    text = bench.path("program.c")
    with open(text, "w", encoding="ascii") as f:
        f.write(PROGRAM)
    subprocess.run([cc, "-E", "-o", bench.path("program.i"), text], check=True)
    return [found, "-quiet", "-O2", "-fpreprocessed", bench.path("program.i"), "-o", "/dev/null"]


def programs(bench):
    """Name and words of the programs that are there."""
    result = []
    if shutil.which("sqlite3"):
        result.append(("sqlite3", [shutil.which("sqlite3"), ":memory:", bars.SQL % bars.SQL_ROWS]))
    # The interpreter itself, no wrapper that looks for it.
    python = os.path.realpath(shutil.which("python3", path="/usr/bin:/usr/local/bin") or "")
    if os.access(python, os.X_OK):
        result.append(("python3", ["env", "PYTHONMALLOC=malloc", python, "-c", PYTHON]))
    cc1 = cc1_target(bench)
    if cc1:
        result.append(("cc1", cc1))
    return result


def run(command):
    """Output and seconds, or None when it fails or takes too long."""
    begin = time.monotonic()
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL, text=True, start_new_session=True) as process:
        try:
            output, _ = process.communicate(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            # With its target.
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
            return None
    return (output, time.monotonic() - begin) if process.returncode == 0 else None


def number_in(output):
    """What the target has printed, among the lines of a tool that talks on standard output."""
    for line in output.splitlines():
        try:
            return float(line)
        except ValueError:
            continue
    return None


def microseconds(bench, name, make):
    """By column: a pair under that tool."""
    num = {"untraced": 400000, "heaptrack": 20000, "valgrind massif": 20000,
           "gdb, bt 24": GDB_PAIRS}.get(name, 3000)
    columns = {}
    for column, words in (("depth 8", ["8", str(num)]), ("depth 24", ["24", str(num)]),
                          ("4 threads", ["threads", "8", str(max(num // 4, 100)), "4", "4"])):
        done = run(make([bench.path("pairs")] + words))
        columns[column] = number_in(done[0]) if done else None
    return columns


def measure(bench, repeat, say):
    """Rows: a tool each, with a list of samples for each column; None in a sample says that it
    failed."""
    targets = programs(bench)
    rows, absent = {}, []
    for i in range(repeat):
        for name, needs, make in tools(bench):
            if needs and not shutil.which(needs):
                absent += [needs] if needs not in absent else []
                continue
            say(f"{name} {i + 1} of {repeat}")
            samples = rows.setdefault(name, {})
            for column, value in microseconds(bench, name, make).items():
                samples.setdefault(column, []).append(value)
            # Once is enough for what takes so long; these two would take minutes.
            if i or name in ("gdb, bt 24", "ltrace, no stacks"):
                continue
            for program, target in targets:
                done = run(make(target))
                samples.setdefault(program, []).append(done[1] if done else None)
    for path in glob.glob(bench.path("heaptrack.out*")) + glob.glob(bench.path("massif.out*")):
        os.unlink(path)
    return {"rows": {name: {column: middle(values) for column, values in samples.items()}
                     for name, samples in rows.items()},
            "programs": [name for name, _ in targets], "absent": absent}


def middle(values):
    known = [v for v in values if v is not None]
    return round(statistics.median(known), 4) if known else None


def show(result):
    columns = ["depth 8", "depth 24", "4 threads"] + result["programs"]
    print(f"\n{'us a pair; seconds of a program':32}" + "".join(f"{c:>18}" for c in columns))
    own = result["rows"].get("malloscope", {})
    for name, row in result["rows"].items():
        cells = []
        for column in columns:
            value, base = row.get(column), own.get(column)
            if value is None:
                cells.append("-")
            elif base:
                cells.append(f"{value:.3g} ({value / base:.3g}x)")
            else:
                cells.append(f"{value:.3g}")
        print(f"{name:32}" + "".join(f"{c:>18}" for c in cells))
    print("In brackets: against malloscope.")
    for name in result["absent"]:
        print(f"{name} is not installed: no row for it")
