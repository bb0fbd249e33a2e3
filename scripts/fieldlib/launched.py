# SPDX-License-Identifier: GPL-3.0-or-later
"""Programs that are traced from launch to their end. PROGRAMS at the end names them: each is one
small function, which says how the program is called, and who else can count it."""

import glob
import os
import subprocess

from fieldlib import naming, sources
from fieldlib.common import Row, Skipped, check_peak, check_status, java_class, need, postgres_data


def launched(field, command, stdin=None, setting=(), with_ledger=True, with_massif=True,
             with_output=True):
    """The row of a program that ends by itself.
    setting: NAME=VALUE of its environment. with_ledger: it takes its memory from the C library's
    malloc, so libledger.so can count in the same run. with_massif: it does the same each time, so
    the peaks of two runs are one figure. with_output: so is what it prints."""
    row = Row(field.name)
    env = dict(word.split("=", 1) for word in setting)
    preload = env.pop("LD_PRELOAD", None)
    plain = ["env", f"LD_PRELOAD={preload}", *command] if preload else command
    status, output = field.run(plain, stdin=stdin, env=env)
    if status >= 126:
        raise Skipped(f"status {status} untraced")
    traced_status, traced_output, told = field.traced(command, setting, stdin=stdin)
    check_status(row, told)
    row.names = naming.first_rows(field.name, told.get("top", {}))
    row.want(row.unknown, 0, "unknown frees")
    row.want(traced_status, status, "exit status")
    if with_output:
        row.want(traced_output == output, True, "the same output")
    if traced_status != status:
        row.survived = "no"
    if with_massif and not field.is_quick:
        row.massif = field.massif_peak(command, stdin=stdin, env=env)
        check_peak(row)
    if with_ledger and not field.is_quick:
        told, (row.truth, blocks, calls, *_) = field.ledger(command, setting, stdin=stdin)
        row.live = told.get("size")
        row.want((row.live, told.get("count"), told.get("calls")), (row.truth, blocks, calls),
                 "live bytes, blocks and allocations by the ledger")
        row.want((told.get("unknown_frees"), told.get("replaced")), (0, 0),
                 "unknown frees, replaced, with the ledger")
    return row


def shell(field):
    return launched(field, [need("bash"), "-c", sources.SHELL])


def sqlite(field):
    return launched(field, [need("sqlite3"), ":memory:"], stdin=field.write("sql", sources.SQL))


def python(field):
    return launched(field, [need("python3"), field.write("script", sources.PYTHON)],
                    setting=["PYTHONMALLOC=malloc", "PYTHONHASHSEED=0"])


def perl(field):
    return launched(field, [need("perl"), "-e", sources.PERL], setting=["PERL_HASH_SEED=0"])


def ruby(field):
    return launched(field, [need("ruby"), "--disable-gems", "-e", sources.RUBY], with_massif=False)


def php(field):
    return launched(field, [need("php"), "-n", "-r", sources.PHP], setting=["USE_ZEND_ALLOC=0"])


def git(field):
    repo, program = field.path("repo"), need("git")
    names = ["-c", "user.name=n", "-c", "user.email=e@x", "-C", repo]
    subprocess.run([program, "init", "-q", repo], check=True)
    for i in range(30):
        field.write(f"repo/file{i % 5}", f"line {i}\n" * (40 + i))
        subprocess.run([program, *names, "add", "."], check=True)
        subprocess.run([program, *names, "commit", "-qm", f"commit {i}"], check=True)
    return launched(field, [program, "-C", repo, "--no-pager", "log", "--stat", "-p", "--oneline"])


def compiler(field, driver, name, source):
    """The compiler proper, without its driver."""
    found = subprocess.run([need(driver), "-print-prog-name=" + name], stdout=subprocess.PIPE,
                           check=True, text=True)
    path = found.stdout.strip()
    if not os.path.isabs(path):
        raise Skipped(f"{driver} is no GCC")
    return launched(field, [path, "-quiet", "-O2", source, "-o", "/dev/null"])


def cc1(field):
    return compiler(field, "gcc", "cc1", field.write("program.c", sources.C))


def cc1plus(field):
    return compiler(field, "g++", "cc1plus", field.write("program.cc", sources.CXX))


def rustc(field):
    return launched(field, [need("rustc"), "-O", "--emit=llvm-ir", "-o", field.path("program.ll"),
                            field.write("program.rs", sources.RUST)], with_massif=False)


def go(field):
    program = field.path("program")
    env = dict(os.environ, GOCACHE=field.path("cache"), GOPATH=field.path("gopath"),
               GOFLAGS="-mod=mod", CGO_ENABLED="1")
    subprocess.run([need("go"), "build", "-o", program, field.write("program.go", sources.GO)],
                   check=True, timeout=200, env=env)
    return launched(field, [program], with_massif=False)


def vim(field):
    text = field.write("text", "".join(f"line {i} of the text\n" for i in range(2000)))
    return launched(field, [need("vim"), "-u", "NONE", "-i", "NONE", "-es", "-c",
                            "%s/line/word/g | sort! | g/7/d",
                            "-c", "w! other | qa!", text], with_massif=False)


def emacs(field):
    return launched(field, [need("emacs"), "-Q", "--batch", "--eval", sources.EMACS],
                    with_massif=False)


def gdb(field):
    return launched(field, [need("gdb"), "-nx", "-batch", "-ex", "info functions ^mem", "-ex",
                            "disassemble main", need("python3")], with_massif=False)


def openssl(field):
    return launched(field, [need("openssl"), "req", "-x509", "-newkey", "rsa:2048", "-nodes",
                            "-subj", "/CN=x", "-keyout",
                            field.path("key"), "-out", field.path("certificate")],
                    with_massif=False)


def xz(field):
    text = field.write("text", "".join(f"{i * i} is the square of {i}\n" for i in range(60000)))
    return launched(field, [need("xz"), "-T2", "-6", "-c", "--block-size=300KiB", text],
                    with_massif=False)


def sort(field):
    text = field.write("text", "".join(f"{i * 7919 % 100003}\n" for i in range(100000)))
    return launched(field, [need("sort"), "--parallel=4", "-n", text], with_massif=False)


def imagemagick(field):
    return launched(field, [need("convert"), "-size", "300x200", "plasma:fractal", "-seed", "1",
                            "-blur", "0x2",
                            "-resize", "50%", field.path("image.png")], with_massif=False)


def ffmpeg(field):
    return launched(field, [need("ffmpeg"), "-v", "error", "-f", "lavfi", "-i",
                            "testsrc=duration=1:size=320x200:rate=10",
                            "-c:v", "mpeg4", "-threads", "2", "-f", "avi", "-y",
                            field.path("film")], with_massif=False)


def postgres(field):
    """The server without children: a backend on its standard input. As another user it could not
    write the ledger."""
    binaries, as_user, data = postgres_data(field)
    return launched(field, [*as_user, binaries + "/postgres", "--single", "-D", data, "postgres"],
                    stdin=field.write("sql", sources.POSTGRES), with_massif=False,
                    with_ledger=not as_user, with_output=False)


def nginx_test(field):
    text = "pid %s;\nerror_log stderr;\nevents {}\nhttp { access_log off; server { listen unix:%s; } }\n"
    text %= (field.path("pid"), field.path("socket"))
    return launched(field, [need("nginx"), "-t", "-q", "-e", "stderr", "-p", field.directory, "-c",
                            field.write("conf", text)], with_massif=False)


def node(field):
    return launched(field, [need("node"), "-e", sources.NODE], with_massif=False)


def java(field):
    return launched(field, [need("java"), "-Xmx64m", "-cp", java_class(field, sources.JAVA),
                            "Main"], with_massif=False)


def chromium(field):
    """All of its other processes are left alone."""
    found = (glob.glob("/usr/lib/chromium*/chromium")
             + glob.glob("/usr/lib/chromium*/chromium-browser"))
    if not found:
        raise Skipped("chromium is not installed")
    return launched(field, [found[0], "--headless", "--no-sandbox", "--disable-gpu", "--dump-dom",
                            "--user-data-dir=" + field.path("data"), "data:text/html,<p>text</p>"],
                    with_ledger=False, with_massif=False)


def static_cxx(field):
    program = field.path("program")
    subprocess.run([need("g++"), "-O2", "-static", "-pthread", "-o", program,
                    field.write("program.cc", sources.STATIC_CXX)], check=True)
    return launched(field, [program], with_ledger=False, with_massif=False)


def musl(field):
    program = field.path("program")
    subprocess.run([need("musl-gcc"), "-O2", "-o", program, field.write("program.c", sources.MUSL)],
                   check=True)
    return launched(field, [program], with_ledger=False, with_massif=False)


def with_library(library):
    """sqlite3 with another allocator in the place of the C library's."""
    def program(field):
        found = glob.glob(f"/usr/lib/*/{library}")
        if not found:
            raise Skipped(f"{library} is not installed")
        return launched(field, [need("sqlite3"), ":memory:"], stdin=field.write("sql", sources.SQL),
                        setting=["LD_PRELOAD=" + found[0]], with_ledger=False, with_massif=False)
    return program


PROGRAMS = {
    "bash": shell, "sqlite3": sqlite, "python3": python, "perl": perl, "ruby": ruby, "php": php,
    "git": git, "cc1": cc1,
    "cc1plus": cc1plus, "rustc": rustc, "go": go, "vim": vim, "emacs": emacs, "gdb": gdb,
    "openssl": openssl, "xz": xz,
    "sort": sort, "imagemagick": imagemagick, "ffmpeg": ffmpeg, "postgres": postgres,
    "nginx-test": nginx_test,
    "node": node, "java": java, "chromium": chromium, "static-c++": static_cxx, "musl": musl,
    "jemalloc": with_library("libjemalloc.so.2"),
    "tcmalloc": with_library("libtcmalloc_minimal.so.4"),
    "mimalloc": with_library("libmimalloc.so.2"),
}
