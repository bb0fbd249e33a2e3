# SPDX-License-Identifier: GPL-3.0-or-later
"""Requests a second of a redis-server whose keys grow, under whoever is attached to it: server and
redis-benchmark on a CPU each. heaptrack is there from the launch on: to attach, it lets gdb inject
the same recorder, which gdb cannot on every machine."""

import contextlib
import os
import shutil
import signal
import subprocess
import time

from benchlib.common import started

# Requests by tool: a few seconds each.
REQUESTS = {"untraced": 150000, "heaptrack": 100000, "agent": 100000, "breakpoint": 8000,
            "sampled": 150000}
SLICES = 4
WARM = 2000
PATIENCE = 60


def wait_until(what, is_true):
    deadline = time.monotonic() + PATIENCE
    while not is_true():
        if time.monotonic() > deadline:
            raise RuntimeError(what)
        time.sleep(0.05)


def cpus():
    usable = sorted(os.sched_getaffinity(0))
    return str(usable[0]), str(usable[-1])


@contextlib.contextmanager
def server(bench, tool):
    """A server of our own, which keeps nothing; its process id."""
    socket, pidfile = bench.path("redis.sock"), bench.path("redis.pid")
    command = ["redis-server", "--port", "0", "--unixsocket", socket, "--save", "", "--appendonly",
               "no", "--dir", bench.directory, "--pidfile", pidfile]
    if tool == "heaptrack":
        command = ["heaptrack", "-o", bench.path("heaptrack.redis")] + command
    for path in (socket, pidfile):
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)
    with started(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        wait_until("redis-server does not begin",
                   lambda: os.path.exists(socket) and os.path.exists(pidfile))
        with open(pidfile, encoding="ascii") as f:
            pid = int(f.read())
        os.sched_setaffinity(pid, {int(cpus()[0])})
        try:
            yield pid
        finally:
            os.kill(pid, signal.SIGKILL)
            process.wait()


def requests(bench, num):
    """A second, of SET with keys that nobody had before."""
    done = subprocess.run(["taskset", "-c", cpus()[1], "redis-benchmark", "-s",
                           bench.path("redis.sock"), "-t", "set", "-n", str(num), "-r", "100000000",
                           "-d", "64", "--csv"], stdout=subprocess.PIPE, timeout=PATIENCE * 5,
                          check=True, text=True)
    return float(done.stdout.splitlines()[-1].split(",")[1].strip('"'))


@contextlib.contextmanager
def attached(part, tool, pid, missing):
    """Somebody who traces that process meanwhile."""
    if tool in ("untraced", "heaptrack"):
        yield
    else:
        options = ["--sample", "512KiB"] if tool == "sampled" else []
        with started([part.bench.program, "attach"] + options + ["-o", "/dev/stdout", "-e",
                      "wait 2", "-e", "status", "-e", "wait 600", str(pid)],
                     stderr=subprocess.PIPE) as process:
            # The agent comes with the first call.
            time.sleep(1)
            requests(part.bench, WARM)
            engine = next((line[8:].strip() for line in process.stdout
                           if line.startswith("engine: ")), None)
            if engine is None:
                raise missing(process.stderr.read().strip().splitlines()[-1])
            if engine.split()[0] != part.engine:
                raise missing(engine)
            yield
            process.terminate()
            process.wait()


def sample(part, tool, missing):
    with server(part.bench, tool) as pid:
        requests(part.bench, WARM)
        with attached(part, tool, pid, missing):
            requests(part.bench, WARM)
            # Of slices the best: other programs disturb both sides of the socket.
            part.add("redis", tool, max(requests(part.bench,
                                                 part.num(REQUESTS[tool] // SLICES))
                                        for _ in range(SLICES)))


def report(part, missing, repeat, say):
    rows = (("redis, attached, against untraced", 0.5, part.engine, "untraced"),
            ("redis, attached, against heaptrack", 1, part.engine, "heaptrack"),
            ("redis, attached and sampled, against untraced", 0.97, "sampled", "untraced"))
    absent = [name for name in ("redis-server", "redis-benchmark", "heaptrack")
              if not shutil.which(name)]
    if absent:
        for name, bar, _, _ in rows:
            part.not_available(name, bar, f"{absent[0]} is not installed")
        return
    for i in range(repeat):
        for tool in ("untraced", "heaptrack", part.engine, "sampled"):
            if ("redis", tool) in part.missing:
                continue
            say(f"redis, {tool}, {i + 1} of {repeat}")
            try:
                sample(part, tool, missing)
            except missing as why:
                part.missing["redis", tool] = str(why)
    for name, bar, own, other in rows:
        why = part.missing.get(("redis", own)) or part.missing.get(("redis", other))
        if why:
            part.not_available(name, bar, why)
            continue
        mine, its = part.median("redis", own), part.median("redis", other)
        part.row(name, bar, mine / its, f"{mine:.0f} requests a second; {other} {its:.0f}", True)
