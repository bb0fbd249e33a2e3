# SPDX-License-Identifier: GPL-3.0-or-later
"""How the growth of a running process is compared with its own figure."""

import contextlib
import os
import socket
import subprocess
import threading
import time

from fieldlib import naming
from fieldlib.common import TIMEOUT, Row, check_status
from fieldlib.console import Console

# How far growth may be from the program's own figure: of the figure, or of all bytes allocated
# meanwhile where most of them replace older ones.
TOLERANCE = 0.02
# Seconds until a server is ready.
PATIENCE = 60


def is_left(pid):
    """Nobody traces it, and it does not stand still."""
    with open(f"/proc/{pid}/status", encoding="utf-8") as f:
        text = f.read()
    return "TracerPid:\t0\n" in text and "State:\tT" not in text and "State:\tt" not in text


class Load(threading.Thread):
    """Somebody who asks a server again and again, also while malloscope comes and goes."""

    def __init__(self, request):
        super().__init__(daemon=True)
        self.request, self.is_over, self.answered, self.error = request, False, 0, None
        self.start()

    def run(self):
        while not self.is_over:
            try:
                self.request(self.answered)
            except Exception as error: # whatever it is, the row says it
                self.error = error
                return
            self.answered += 1
            time.sleep(0.001)

    def end(self, row):
        """What it has seen."""
        seen = self.answered
        wait_until(lambda: self.error or self.answered > seen, "nothing is answered after we left")
        self.is_over = True
        self.join(TIMEOUT)
        if self.error:
            row.wrong.append(f"request {self.answered} of the load: {self.error}")


def compare_growth(field, pid, figure, work, is_turnover=False, request=None):
    """The row of process pid: figure() is what it says of its memory, work(1) lets it do what is
    compared, work(0) and work(2) a little of that before and after. is_turnover: what is allocated
    replaces what is older than the tracing. request(i): what a server is asked all the time; it
    fails unless the answer is right, and changes nothing."""
    row = Row(field.name)
    load = Load(request) if request else None
    console = Console(field, pid)
    try:
        work(0)
        console.ask("snapshot before")
        allocated = console.ask("status")["allocated"]
        before = figure()
        work(1)
        row.truth = figure() - before
        diff = console.ask(f"diff before -n {naming.NUM_ROWS + 1}")
        told = console.ask("status")
        row.want(console.detach(), 0, "malloscope's exit status")
    finally:
        console.close()
    check_status(row, told)
    grown = diff["total_size_diff"]
    row.live, row.peak = grown, None
    row.names = naming.first_rows(field.name, diff)
    bound = max(abs(row.truth), told["allocated"] - allocated if is_turnover else 0) * TOLERANCE
    if abs(grown - row.truth) > bound:
        row.wrong.append(f"grew by {row.truth} B by its own figure, by {grown} B by ours; {bound:.0f} B are allowed")
    row.want(is_left(pid), True, "left running and untraced")
    work(2)
    if load:
        load.end(row)
    return row


@contextlib.contextmanager
def server(field, command, env=None, **options):
    """A process that is ended with SIGTERM."""
    env = dict(os.environ, LC_ALL="C", HOME=field.directory, **(env or {}))
    process = subprocess.Popen(command, cwd=field.directory, env=env, stderr=subprocess.DEVNULL,
                               **options)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def wait_until(condition, what):
    end = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > end:
            raise RuntimeError(what)
        time.sleep(0.02)


def connect(path):
    """A stream socket at that path, when somebody listens there."""
    stream = socket.socket(socket.AF_UNIX)
    stream.settimeout(TIMEOUT)
    wait_until(lambda: stream.connect_ex(path) == 0, f"nobody listens at {path}")
    return stream.makefile("rwb")


def talk(field, command, env=None):
    """A program that answers each line with a line, and whose figure is its answer to "figure"."""
    return server(field, command, env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                  bufsize=1)


def ask(process, line):
    process.stdin.write(line + "\n")
    process.stdin.flush()
    answer = process.stdout.readline()
    if not answer:
        raise RuntimeError(f"{process.args[0]} has ended with status {process.wait(10)}")
    return int(answer)


def talking(field, command, is_turnover=False, env=None):
    """The row of such a program; it does its work at "work", and before that it is full of older
    blocks."""
    with talk(field, command, env) as process:
        ask(process, "figure")
        return compare_growth(field, process.pid, lambda: ask(process, "figure"),
                              lambda step: ask(process, "work" if step == 1 else "figure"),
                              is_turnover)
