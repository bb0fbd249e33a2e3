# SPDX-License-Identifier: GPL-3.0-or-later
"""What all programs of scripts/field need: a run under malloscope, the same under others, and rows
of the table."""

import dataclasses
import glob
import json
import os
import re
import shutil
import subprocess

from fieldlib import naming

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
TIMEOUT = 600
# Under valgrind a program gets other addresses, which it may sort or hash, and sees another CPU: so
# far its peak may be off.
PEAK_TOLERANCE = 0.05
PEAK_BYTES = 16 << 10


class Skipped(Exception):
    """The program cannot be run here; says why."""


@dataclasses.dataclass
class Row:
    """A line of the table; None: nobody counts it."""

    name: str
    calls: int = None
    live: int = None
    truth: int = None
    peak: int = None
    massif: int = None
    unknown: int = None
    replaced: int = None
    survived: str = "yes"
    engine: str = None
    # The first rows, and whether they name the program's own code: naming.Named.
    names: list = dataclasses.field(default_factory=list)
    # What is wrong, a line each; or why it was skipped.
    wrong: list = dataclasses.field(default_factory=list)
    is_skipped: bool = False

    @property
    def state(self):
        return "skipped" if self.is_skipped else "failed" if self.wrong else "passed"

    def want(self, got, wanted, what):
        if got != wanted:
            self.wrong.append(f"{what}: got {got}, wanted {wanted}")


WIDTHS = (("program", 16), ("allocations", 11), ("live", 11), ("truth", 11), ("difference", 10),
          ("peak", 11), ("massif", 11), ("unknown", 7), ("replaced", 8), ("survived", 8),
          ("engine", 10), ("own rows", 8))


def show(words):
    cells = [str(word).ljust(width) if not i else str(word).rjust(width)
             for i, (word, (_, width)) in enumerate(zip(words, WIDTHS))]
    print(" ".join(cells).rstrip(), flush=True)


def show_head():
    show([name for name, _ in WIDTHS])


def show_row(row):
    if row.is_skipped:
        print(f"{row.name.ljust(WIDTHS[0][1])} skipped: {row.wrong[0]}", flush=True)
        return
    difference = row.live - row.truth if row.live is not None and row.truth is not None else None
    words = (row.name, row.calls, row.live, row.truth, difference, row.peak, row.massif,
             row.unknown, row.replaced, row.survived, row.engine,
             f"{sum(name.is_own for name in row.names)} of {len(row.names)}")
    show(["-" if word is None else word for word in words])


class Field:
    """A malloscope, the libraries that count, and a directory for what a program leaves behind."""

    def __init__(self, build, directory, engine, is_quick=False):
        self.program = os.path.join(build, "malloscope")
        self.engine, self.is_quick = engine, is_quick
        self.directory = directory
        self.name = None
        self.libledger = os.path.join(directory, "libledger.so")
        subprocess.run([os.path.join(TOP, "tests/targets/build.sh"),
                        os.path.join(TOP, "tests/targets/libledger.c"), directory], check=True)

    def for_program(self, name):
        """The same for one program, in a directory of its own."""
        other = Field.__new__(Field)
        other.__dict__.update(self.__dict__)
        other.name = name
        other.directory = os.path.join(self.directory, re.sub(r"\W", "_", name))
        os.mkdir(other.directory)
        os.chmod(other.directory, 0o755)
        return other

    @staticmethod
    def skipped(name, why):
        return Row(name, is_skipped=True, wrong=[why])

    @staticmethod
    def failed(name, why):
        return Row(name, survived="no", wrong=[why])

    def path(self, name):
        return os.path.join(self.directory, name)

    def write(self, name, text):
        with open(self.path(name), "w", encoding="utf-8") as f:
            f.write(text)
        return self.path(name)

    def run(self, command, stdin=None, env=None, timeout=TIMEOUT):
        """Status and standard output of a command, in our directory."""
        with open(stdin or os.devnull, "rb") as source:
            done = subprocess.run(command, stdin=source, stdout=subprocess.PIPE,
                                  stderr=subprocess.DEVNULL,
                                  env=dict(os.environ, LC_ALL="C", HOME=self.directory,
                                           **(env or {})),
                                  cwd=self.directory, timeout=timeout, check=False)
        return done.returncode % 256, done.stdout

    def traced(self, command, setting=(), **options):
        """The same under malloscope, from launch; setting: NAME=VALUE for the program alone. Also
        what `status` says at its end, as a dictionary, with the first rows of its peak as "top";
        empty: it says nothing."""
        listing = self.path("listing")
        words = [self.program, "run", "--engine", self.engine, "--json", "-o", listing, "-e",
                 "wait exit", "-e", "status", "-e", f"top --snapshot peak -n {naming.NUM_ROWS}",
                 "--"]
        status, output = self.run(words + (["env", *setting] if setting else []) + command,
                                  **options)
        told = {}
        with open(listing, encoding="utf-8") as f:
            for line in f:
                if line.startswith('{"command":"status"'):
                    told.update(json.loads(line))
                elif line.startswith('{"command":"top"'):
                    told["top"] = json.loads(line)
        return status, output, told

    def ledger(self, command, setting=(), **options):
        """Under malloscope with libledger.so: what `status` says, and the ledger's live bytes,
        blocks and allocations."""
        counts = self.path("counts")
        _, _, told = self.traced(command, [*setting, f"LD_PRELOAD={self.libledger}",
                                           f"LEDGER_OUT={counts}"], **options)
        with open(counts, encoding="ascii") as f:
            return told, [int(word) for word in f.read().split()]

    def massif_peak(self, command, **options):
        """The peak by valgrind's massif, bytes asked for; None: without valgrind, or it cannot run
        the program."""
        if not shutil.which("valgrind"):
            return None
        out = self.path("massif")
        status, _ = self.run(["valgrind", "-q", "--tool=massif", "--depth=1", "--peak-inaccuracy=0",
                              "--massif-out-file=" + out, *command], **options)
        if status >= 128 or not os.path.exists(out):
            return None
        with open(out, encoding="utf-8", errors="replace") as f:
            return max((int(n) for n in re.findall(r"^mem_heap_B=(\d+)", f.read(), re.M)),
                       default=None)


def need(*programs):
    """Where they are. The first of them that is missing is why the program is skipped."""
    # What the system's packages installed goes before what stands in a home.
    path = "/usr/bin:/bin:/usr/sbin:/sbin:" + os.environ.get("PATH", "")
    found = [shutil.which(name, path=path) for name in programs]
    if not all(found):
        raise Skipped(f"{programs[found.index(None)]} is not installed")
    return found[0] if len(found) == 1 else found


def java_class(field, text):
    """Where the class Main is that this text is compiled to."""
    need("java")
    subprocess.run([need("javac"), field.write("Main.java", text)], check=True, timeout=TIMEOUT)
    return field.directory


def postgres_data(field):
    """Where its programs are, the words before a command that is not run as root, and a new data
    directory."""
    found = glob.glob("/usr/lib/postgresql/*/bin")
    if not found:
        raise Skipped("postgresql is not installed")
    as_user = []
    if os.getuid() == 0:
        as_user = [need("setpriv"), "--reuid=postgres", "--regid=postgres", "--clear-groups"]
        subprocess.run(["chown", "postgres", field.directory], check=True)
    data = field.path("data")
    subprocess.run([*as_user, found[0] + "/initdb", "-N", "-A", "trust", "-U", "postgres", "-D",
                    data], check=True,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=TIMEOUT)
    return found[0], as_user, data


def check_status(row, told):
    """The part of a row that `status` has, and that nothing is odd."""
    row.calls, row.live, row.peak = (told.get(key) for key in ("calls", "size", "peak_size"))
    row.unknown, row.replaced = told.get("unknown_frees"), told.get("replaced")
    row.engine = told.get("engine")
    if told.get("lost"):
        row.wrong.append(f"{told['lost']} events were lost")
    row.want(row.replaced, 0, "replaced blocks")


def check_peak(row):
    if row.massif is not None and abs(row.peak - row.massif) > max(PEAK_BYTES,
                                                                   row.massif * PEAK_TOLERANCE):
        row.wrong.append(f"peak: we say {row.peak} B, massif {row.massif} B")
