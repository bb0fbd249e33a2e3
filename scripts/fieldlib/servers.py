# SPDX-License-Identifier: GPL-3.0-or-later
"""Servers that are attached to while somebody asks them, and PostgreSQL's and SQLite's engine."""

import os
import signal
import socket
import subprocess

from fieldlib.common import TIMEOUT, need, postgres_data
from fieldlib.growth import ask, compare_growth, connect, server, talk, wait_until


class Redis:
    """What one client says to a server."""

    def __init__(self, path):
        self.stream = connect(path)

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
    """A server on a socket of its own, of which a second client reads."""
    path = field.path("socket")
    command = [need("redis-server"), "--port", "0", "--unixsocket", path, "--save", "", "--dir",
               field.directory, "--hz", "10", "--activerehashing", "no"]
    with server(field, command, stdout=subprocess.DEVNULL) as process:
        redis, reader = Redis(path), Redis(path)
        for i in range(5000):
            redis.say("set", f"key:{i}", b"v" * 1500)

        def request(i):
            if len(reader.say("get", f"key:{i % 5000}")) != 1502:
                raise RuntimeError("not what is stored")

        row = compare_growth(field, process.pid, redis.used,
                             lambda step: work(redis) if step == 1 else redis.say("ping"), 
                             is_turnover, request)
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

        def request(i):
            reader.write(b"get key3.%d\r\n" % (i % 10))
            reader.flush()
            lengths = [len(reader.readline()) for _ in range(3)]
            if lengths != [len("VALUE key3.0 0 8000\r\n"), 8000 + 2, len("END\r\n")]:
                raise RuntimeError("memcached gives not what is stored")

        work(3)
        reader = connect(path)
        return compare_growth(field, process.pid, figure, work, request=request)


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

        def request(_):
            if len(http_get(path, b"page")) < os.path.getsize(content):
                raise RuntimeError("nginx does not answer")

        def work(step):
            for _ in range(3 if step == 1 else 1):
                for i in range(100):
                    request(i)
                if step == 1:
                    reload_nginx(process)

        return compare_growth(field, process.pid, lambda: 0, work, True, request)


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
            return compare_growth(field, pid, figure, work)


def sqlite(field):
    """Rows go into a table in memory; `.stats` tells what it holds."""
    with server(field, [need("sqlite3"), ":memory:"], stdin=subprocess.PIPE,
                stdout=subprocess.PIPE, text=True, bufsize=1) as process:
        def say(text):
            process.stdin.write(text + "\nselect 'over';\n")
            return list(iter(process.stdout.readline, "over\n"))

        def figure():
            told = say(".stats on\nselect 1;\n.stats off")
            return int(next(line for line in told if line.startswith("Memory Used:")).split()[2])

        def work(step):
            say(f"with recursive n(x) as (select 1 union all select x + 1 from n where x < "
                f"{20000 if step == 1 else 10}) insert into t select 'row number ' || x from n;")

        say("create table t(a); create index i on t(a);")
        return compare_growth(field, process.pid, figure, work)
