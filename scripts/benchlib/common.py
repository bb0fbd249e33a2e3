# SPDX-License-Identifier: GPL-3.0-or-later
"""What all parts of bench need: building and running the programs of tests/bench, and samples."""

import contextlib
import os
import shutil
import statistics
import subprocess
import sys

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
TIMEOUT = 300
# Programs by name, and what they are made of.
SOURCES = {
    "barestop": ("barestop.c",),
    "pairs": ("pairs.c", "frames.c"),
    "gaps": ("gaps.c", "frames.c"),
    "realloc": ("pairs.c", "frames.c", "realloc.c"),
    "latency": ("latency.c", "frames.c"),
}
FLAGS = ["-O2", "-g", "-fomit-frame-pointer", "-pthread"]


def source(name):
    return os.path.join(TOP, "tests/bench", name)


def target_source(name):
    return os.path.join(TOP, "tests/targets", name)


def compile_c(output, files, flags=()):
    cc = os.environ.get("CC", "cc").split()[0]
    subprocess.run([cc, "-std=gnu11"] + FLAGS + list(flags) + ["-o", output] + files + ["-ldl"],
                   check=True)


def build(directory):
    """The programs, in that directory. newdelete is missing where there is no C++ compiler."""
    for name, files in SOURCES.items():
        compile_c(os.path.join(directory, name), [source(f) for f in files])
    cxx = os.environ.get("CXX", "c++").split()[0]
    if shutil.which(cxx):
        objects = []
        for name in SOURCES["pairs"]:
            objects.append(os.path.join(directory, name + ".o"))
            compile_c(objects[-1], [source(name)], ["-c"])
        subprocess.run([cxx] + FLAGS + ["-o", os.path.join(directory, "newdelete"),
                                        source("newdelete.cc")] + objects,
                       check=True)


class Bench:
    """A malloscope, the directory with the programs, and samples by name."""

    def __init__(self, program, directory):
        self.program = program
        self.directory = directory
        self.listing = os.path.join(directory, "listing")
        self.samples = {}

    def path(self, name):
        return os.path.join(self.directory, name)

    def add(self, name, value):
        self.samples.setdefault(name, []).append(value)

    def median(self, name):
        return statistics.median(self.samples[name])

    def best(self, name):
        return min(self.samples[name])

    def add_stop(self):
        """Another sample of the bare stop, microseconds."""
        self.add("stop", float(self.output([self.path("barestop"), "10000"])))

    def output(self, command, is_pinned=False, **options):
        """What a command prints, bound to one CPU when wanted."""
        done = subprocess.run(pin(command) if is_pinned else command, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, timeout=TIMEOUT, check=False, **options)
        if done.returncode:
            sys.exit(f"bench: status {done.returncode} of: {' '.join(command)}")
        return done.stdout.decode()

    def launched(self, target, options=(), is_pinned=False, **popen_options):
        """What a target prints that is launched and traced to its end."""
        command = [self.program, "run", "-o", self.listing] + list(options) + ["--"] + target
        return self.output(command, is_pinned, **popen_options)

    def attached(self, target, options=(), is_pinned=False):
        """What a target prints that is attached to when it says that it is ready, and traced to its
        end."""
        with started(pin(target) if is_pinned else target) as process:
            process.stdout.readline()
            command = [self.program, "attach", "-o", self.listing] + list(options)
            self.output(command + ["-e", "wait exit", str(process.pid)], is_pinned)
            return process.stdout.read()

    def script(self, commands):
        path = self.path("script")
        with open(path, "w", encoding="ascii") as f:
            f.write("\n".join(commands) + "\n")
        return path


class PairTarget:
    """A program of tests/bench that makes pairs of that depth, in so many threads; 0: in its
    main."""

    def __init__(self, bench, program, depth, num_threads=0):
        self.program = bench.path(program)
        self.depth = depth
        self.num_threads = num_threads

    def words(self, num):
        """The command line for num pairs."""
        if not self.num_threads:
            return [self.program, self.depth, str(num)]
        each = str(num // self.num_threads)
        return [self.program, "threads", self.depth, each] + [str(self.num_threads)] * 2

    def pairs(self, num):
        """How many it makes then, with those before it takes the time."""
        each = num // max(self.num_threads, 1)
        return (each + each // 10 + 10) * max(self.num_threads, 1)


def pin(command):
    """That command on one CPU, the last of those that are ours; many services favour the first."""
    cpu = max(os.sched_getaffinity(0))
    return ["taskset", "-c", str(cpu)] + command


@contextlib.contextmanager
def started(command, **options):
    """A process with pipes, which is gone at the end."""
    options = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True, **options}
    with subprocess.Popen(command, **options) as process:
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()
