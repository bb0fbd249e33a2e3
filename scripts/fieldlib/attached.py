# SPDX-License-Identifier: GPL-3.0-or-later
"""Programs that have run for a while and are attached to. What malloscope says they grew by while
they did some work is compared with their own figure. PROGRAMS at the end names them: each is one
small function, which starts the program, says how to ask for its figure, and what work it shall
do."""

import contextlib
import glob
import os
import signal
import socket
import subprocess
import time

from fieldlib import sources
from fieldlib.common import TIMEOUT, Row, Skipped, check_status, java_class, need, postgres_data
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


def attached(field, pid, figure, work, is_turnover=False):
    """The row of process pid: figure() is what it says of its memory, work(1) lets it do what is
    compared, work(0) and work(2) a little of that before and after. is_turnover: what is allocated
    replaces what is older than the tracing."""
    row = Row(field.name)
    console = Console(field, pid)
    try:
        work(0)
        console.ask("snapshot before")
        allocated = console.ask("status")["allocated"]
        before = figure()
        work(1)
        row.truth = figure() - before
        grown = console.ask("diff before -n 1")["total_size_diff"]
        told = console.ask("status")
        row.want(console.detach(), 0, "malloscope's exit status")
    finally:
        console.close()
    check_status(row, told)
    row.live, row.peak = grown, None
    bound = max(abs(row.truth), told["allocated"] - allocated if is_turnover else 0) * TOLERANCE
    if abs(grown - row.truth) > bound:
        row.wrong.append(f"grew by {row.truth} B by its own figure, by {grown} B by ours; {bound:.0f} B are allowed")
    row.want(is_left(pid), True, "left running and untraced")
    work(2)
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
        return attached(field, process.pid, lambda: ask(process, "figure"),
                        lambda step: ask(process, "work" if step == 1 else "figure"), is_turnover)


class Redis:
    """A server on a socket of its own, and what is said to it."""

    def __init__(self, field):
        self.path = field.path("socket")
        self.command = [need("redis-server"), "--port", "0", "--unixsocket", self.path, "--save",
                        "", "--dir", field.directory, "--hz", "10", "--activerehashing", "no"]
        self.stream = None

    def say(self, *words):
        text = b"*%d\r\n" % len(words)
        for word in words:
            word = word if isinstance(word, bytes) else str(word).encode()
            text += b"$%d\r\n%s\r\n" % (len(word), word)
        self.stream.write(text)
        self.stream.flush()
        answer = self.stream.readline()
        if answer.startswith(b"$"):
            return self.stream.read(int(answer[1:]) + 2)
        if answer.startswith(b"-") or not answer:
            raise RuntimeError(f"redis-server answers {answer}")
        return answer

    def used(self):
        for line in self.say("info", "memory").splitlines():
            if line.startswith(b"used_memory:"):
                return int(line.split(b":")[1])
        raise RuntimeError("redis-server tells no used_memory")


def redis_run(field, work, is_turnover):
    redis = Redis(field)
    with server(field, redis.command, stdout=subprocess.DEVNULL) as process:
        redis.stream = connect(redis.path)
        for i in range(5000):
            redis.say("set", f"key:{i}", b"v" * 1500)
        row = attached(field, process.pid, redis.used,
                       lambda step: work(redis) if step == 1 else redis.say("ping"), is_turnover)
        for i in range(0, 5000, 500):
            row.want(len(redis.say("get", f"key:{i}")) > 1500, True, "its data")
        return row


def redis_grows(field):
    """New keys; with its header a value fills one of the allocator's size classes, as used_memory
    counts."""
    def work(redis):
        for i in range(1000):
            redis.say("set", f"new:{i}", b"n" * (10240 - 6))
    return redis_run(field, work, False)


def redis_overwrites(field):
    """Each key that was there before us gets another value of the same size."""
    def work(redis):
        for i in range(5000):
            redis.say("set", f"key:{i}", b"w" * 1500)
    return redis_run(field, work, True)


def memcached(field):
    """Slabs of 1 MiB; it fills some more of them."""
    path = field.path("socket")
    user = ["-u", "root"] if os.getuid() == 0 else []
    with server(field, [need("memcached"), "-s", path, "-m", "256", *user],
                stdout=subprocess.DEVNULL) as process:
        stream = connect(path)

        def figure():
            stream.write(b"stats slabs\r\n")
            stream.flush()
            told = {}
            for line in iter(stream.readline, b"END\r\n"):
                _, name, value = line.split()
                told[name] = value
            return int(told[b"total_malloced"])

        def work(step):
            for i in range(3000 if step == 1 else 10):
                value = b"v" * 8000
                stream.write(b"set key%d.%d 0 0 %d\r\n%s\r\n" % (step, i, len(value), value))
                stream.flush()
                if stream.readline() != b"STORED\r\n":
                    raise RuntimeError("memcached does not store")

        work(3)
        return attached(field, process.pid, figure, work)


def http_get(path, name):
    with socket.socket(socket.AF_UNIX) as stream:
        stream.settimeout(TIMEOUT)
        stream.connect(path)
        stream.sendall(b"GET /%s HTTP/1.0\r\n\r\n" % name)
        answer = b""
        while chunk := stream.recv(65536):
            answer += chunk
    return answer


def children(pid):
    with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as f:
        return set(f.read().split())


def reload_nginx(process):
    """The master reads its configuration again, and another worker takes the place of the old
    one."""
    old = children(process.pid)
    process.send_signal(signal.SIGHUP)
    wait_until(lambda: children(process.pid) and not children(process.pid) & old,
               "nginx does not reload")


def nginx(field):
    """The master, which reads its configuration three times, while its workers are asked for a
    page: it does not grow."""
    path, content = field.path("socket"), field.write("page", "text of a page\n" * 500)
    text = ("daemon off; worker_processes 1; error_log stderr; pid %s; events {} http { access_log off; gzip on; "
            "gzip_min_length 1; server { listen unix:%s; root %s; } }" % (field.path("pid"), path,
                                                                          field.directory))
    if os.getuid() == 0:
        text = "user root; " + text
    with server(field, [need("nginx"), "-e", "stderr", "-p", field.directory, "-c",
                        field.write("conf", text)],
                stdout=subprocess.DEVNULL) as process:
        connect(path).close()

        def work(step):
            for _ in range(3 if step == 1 else 1):
                for _ in range(100):
                    if len(http_get(path, b"page")) < os.path.getsize(content):
                        raise RuntimeError("nginx does not answer")
                if step == 1:
                    reload_nginx(process)

        return attached(field, process.pid, lambda: 0, work, True)


def postgres(field):
    """One backend: statements are prepared, and its memory contexts grow."""
    binaries, as_user, data = postgres_data(field)
    with server(field, [*as_user, binaries + "/postgres", "-D", data, "-c", "listen_addresses=",
                        "-k", field.directory],
                stdout=subprocess.DEVNULL):
        ready = [binaries + "/pg_isready", "-q", "-t", "1", "-h", field.directory]
        wait_until(lambda: subprocess.run(ready, check=False).returncode == 0,
                   "postgres is not ready")
        with talk(field, [binaries + "/psql", "-h", field.directory, "-U", "postgres", "-XqAt",
                          "postgres"]) as client:
            pid = ask(client, "select pg_backend_pid();")

            def figure():
                return ask(client, "select sum(total_bytes) from pg_backend_memory_contexts;")

            def work(step):
                for i in range(300 if step == 1 else 3):
                    client.stdin.write(f"prepare s{step}_{i} as select {i}, count(*) from pg_class "
                                       f"where relname like 'x{i}%' group by relkind;\n")
                ask(client, "select 1;")

            figure()
            return attached(field, pid, figure, work)


def python(field):
    """tracemalloc, of which malloscope is the counterpart: new objects come, half as many older
    ones go."""
    return talking(field, [need("python3"), field.write("script", sources.PYTHON_TRACEMALLOC)],
                   env={"PYTHONMALLOC": "malloc"})


def node(field):
    """Buffers outside of the heap of V8."""
    return talking(field, [need("node"), field.write("script.js", sources.NODE_BUFFERS)])


def java(field):
    """Buffers outside of the heap of the virtual machine."""
    directory = java_class(field, sources.JAVA_BUFFERS)
    return talking(field, [need("java"), "-Xmx64m", "-XX:+UseSerialGC", "-cp", directory, "Main"])


def cache(compiler, library=None):
    """A cache of constant size, with an allocator: it does not grow."""
    def program(field):
        found = glob.glob(f"/usr/lib/*/{library}") if library else []
        if library and not found:
            raise Skipped(f"{library} is not installed")
        subprocess.run([need(compiler), "-O1", "-o", field.path("program"),
                        field.write("program.c", sources.CACHE)],
                       check=True)
        return talking(field, [field.path("program")], True,
                       {"LD_PRELOAD": found[0]} if library else None)
    return program


PROGRAMS = {
    "redis": redis_grows, "redis-overwrite": redis_overwrites, "memcached": memcached,
    "nginx-reload": nginx,
    "postgres-backend": postgres, "tracemalloc": python, "node-buffers": node, "java-buffers": java,
    "cache-glibc": cache("gcc"), "cache-musl": cache("musl-gcc"),
    "cache-jemalloc": cache("gcc", "libjemalloc.so.2"),
    "cache-tcmalloc": cache("gcc", "libtcmalloc_minimal.so.4"),
    "cache-mimalloc": cache("gcc", "libmimalloc.so.2"),
}
