# SPDX-License-Identifier: GPL-3.0-or-later
"""Programs that have run for a while and are attached to. What malloscope says they grew by while
they did some work is compared with their own figure. PROGRAMS at the end names them: each is one
small function, which starts the program, says how to ask for its figure, and what work it shall
do."""

import glob
import subprocess

from fieldlib import servers, sources
from fieldlib.common import Skipped, java_class, need
from fieldlib.growth import talking


def python(field):
    """tracemalloc, of which malloscope is the counterpart: new objects come, half as many older
    ones go."""
    return talking(field, [need("python3"), field.write("script", sources.PYTHON_TRACEMALLOC)],
                   env={"PYTHONMALLOC": "malloc"})


def node(field):
    """Buffers outside of the heap of V8. Its optimizing compiler would take and give back memory at
    any time."""
    script = field.write("script.js", sources.NODE_BUFFERS)
    return talking(field, [need("node"), "--no-opt", script])


def java(field):
    """Buffers outside of the heap of the virtual machine."""
    directory = java_class(field, sources.JAVA_BUFFERS)
    return talking(field, [need("java"), "-Xmx64m", "-XX:+UseSerialGC", "-cp", directory, "Main"])


def built(compiler, suffix, source, *words, package=None):
    """A program of the user's own: its source and how it is built."""
    def program(field):
        path = field.path("program")
        command = [need(compiler), "-o", path, field.write("program" + suffix, source), *words,
                   *(flags(package) if package else [])]
        done = subprocess.run(command, stderr=subprocess.PIPE, text=True, check=False)
        if done.returncode:
            raise Skipped(f"{compiler}: {(done.stderr.splitlines() or ['?'])[0][:80]}")
        return talking(field, [path], env={"QT_QPA_PLATFORM": "offscreen"})
    return program


def flags(package):
    """What the compiler needs for a library."""
    done = subprocess.run([need("pkg-config"), "--cflags", "--libs", package],
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=False)
    if done.returncode:
        raise Skipped(f"{package} is not installed")
    return done.stdout.split()


def strings(interpreter, option, source, env=None):
    """Long strings in a language of which each has a little more than its own bytes."""
    return lambda field: talking(field, [need(interpreter), *option, source], env=env)


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
    "redis": servers.redis_grows, "redis-overwrite": servers.redis_overwrites,
    "memcached": servers.memcached,
    "nginx-reload": servers.nginx,
    "postgres-backend": servers.postgres, "tracemalloc": python, "node-buffers": node,
    "java-buffers": java,
    "sqlite3-stats": servers.sqlite,
    "php-strings": strings("php", ["-n", "-r"], sources.PHP_STRINGS, {"USE_ZEND_ALLOC": "0"}),
    "perl-strings": strings("perl", ["-e"], sources.PERL_STRINGS),
    "ruby-strings": strings("ruby", ["--disable-gems", "-e"], sources.RUBY_STRINGS),
    "cxx-server": built("g++", ".cc", sources.CXX_SERVER, "-O2", "-g"),
    "rust-server": built("rustc", ".rs", sources.RUST_SERVER, "-O", "-g"),
    "glib-server": built("gcc", ".c", sources.GLIB_SERVER, "-O2", "-g", package="glib-2.0"),
    "qt-server": built("g++", ".cc", sources.QT_SERVER, "-O2", "-g", "-fPIC",
                       package="Qt5Gui"),
    "jemalloc-server": built("gcc", ".c", sources.JEMALLOC_SERVER, "-O1", "-g", "-ljemalloc"),
    "cache-glibc": cache("gcc"), "cache-musl": cache("musl-gcc"),
    "cache-jemalloc": cache("gcc", "libjemalloc.so.2"),
    "cache-tcmalloc": cache("gcc", "libtcmalloc_minimal.so.4"),
    "cache-mimalloc": cache("gcc", "libmimalloc.so.2"),
}
