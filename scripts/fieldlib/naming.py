# SPDX-License-Identifier: GPL-3.0-or-later
"""Whose code the first rows of a program name. This knows nothing of malloscope's own rules, so
that it can tell when they are wrong: it is a judgement by names, files and modules."""

import dataclasses
import fnmatch
import os
import re

# How many rows of a program are looked at.
NUM_ROWS = 3

# Functions that hand memory on, in any program, and what only holds other people's things.
WRAPPERS = re.compile(r"""alloc | memalign | strn?dup | memdup
    | operator\ new | ^_?_?cgo_ | ^x_cgo_
    | ^<?(std|__gnu_cxx|alloc|core|hashbrown|boost::container)::
    | ^<.*\ as\ (std|alloc|core|hashbrown)::
    | ^ngx_(create_pool|(array|list)_\w+)
    | ^g_(new|slice|array|ptr_array|string|strnfill|list|hash_table)\w*
    | ^_PyObject_(GC_)?New | ^_?sds(new|dup|cat|MakeRoom)\w* | ^Chunk(Pool|Manager)?::
    | ^Arena::grow | ^Perl_(sv_grow|more_sv)$ | ^Acquire(String|\w*Memory)$
    | ^Q(Array|List|Hash|Image)Data:: | ^Q(MapDataBase|ByteArray|String|Vector|List|Hash)\b""",
                      re.VERBOSE | re.IGNORECASE)
# What Java code calls, whatever its name.
OWN = re.compile(r"^Unsafe_AllocateMemory")
# `<T as Trait>` of Rust: the type counts, not the trait.
RUST_IMPL = re.compile(r"^<([^<> ]+(?:<.*>)?) as [^>]*>")
SYSTEM_FILES = ("/usr/include/*", "/usr/lib/gcc/*", "*/libstdc++-v3/*", "/rustc/*",
                "*/.cargo/registry/*", "*/.rustup/*", "*/library/alloc/*", "*/library/core/*",
                "*/library/std/*", "/usr/lib/go*", "/usr/share/go*", "./malloc/*", "malloc/*")

# The modules that are a program's own, by its name or the first part of it.
MODULES = {
    "python3": "python3* *.cpython-*", "tracemalloc": "python3* *.cpython-*",
    "perl": "perl* libperl*", "ruby": "libruby* */ruby/*", "php": "php*",
    "rustc": "librustc_driver* libLLVM*", "openssl": "libcrypto* libssl*", "xz": "liblzma*",
    "imagemagick": "libMagick* convert* */coders/* */filters/*", "ffmpeg": "libav* libsw*",
    "postgres": "postgres", "nginx": "nginx", "node": "node libnode* libuv* libz*",
    "java": "java libj* libnio* libzip* libverify*",
    "chromium": "chromium*", "redis": "redis-*", "sqlite3": "sqlite3 libsqlite3*",
    "jemalloc": "sqlite3 libsqlite3*", "tcmalloc": "sqlite3 libsqlite3*",
    "mimalloc": "sqlite3 libsqlite3*", "vim": "vim*", "emacs": "emacs*",
    "gdb": "gdb libpython*", "jemalloc-server": "program*",
}

# Where all first rows named the program's own code when somebody looked last. Less is a defect.
ALL_OWN = """sqlite3 perl redis redis-overwrite postgres-backend java-buffers sqlite3-stats
    perl-strings php-strings cxx-server rust-server glib-server qt-server jemalloc-server
    cache-glibc cache-musl cache-jemalloc cache-tcmalloc cache-mimalloc""".split()


@dataclasses.dataclass
class Named:
    """One of the first rows: its bytes, what malloscope prints, and the newest frames of its
    stack."""

    program: str
    size: int
    label: str
    frames: list

    @property
    def verdict(self):
        return judge(self.program, self.label, self.frames)

    @property
    def is_own(self):
        return self.verdict == "own"


def is_one_of(path, patterns):
    return any(fnmatch.fnmatch(path, pattern) or fnmatch.fnmatch(os.path.basename(path), pattern)
               for pattern in patterns)


def last_name(function):
    """The function without its arguments and return type."""
    found = RUST_IMPL.match(function)
    if found and not re.match(r"(alloc|core|std|hashbrown)::", found[1]):
        return found[1] + function[found.end():]
    return function


def judge_frame(program, frame):
    """own; or why it is not: nameless, wrapper, system file, library."""
    function, module = frame["function"], frame["module"] or "?"
    if not function:
        return "nameless"
    if WRAPPERS.search(last_name(function)) and not OWN.search(function):
        return "wrapper"
    # Without line information it is the module.
    if frame["filename"] != module and is_one_of(frame["filename"] or "?", SYSTEM_FILES):
        return "system file"
    own = (MODULES.get(program) or MODULES.get(program.split("-")[0]) or "program*").split()
    return "own" if is_one_of(module, own + [program]) else "library"


def judge(program, label, frames):
    """The same of a row: of its frame, or of the nearest caller that its label names."""
    named = [frame for frame in frames if label.startswith(frame["location"])]
    if not named:
        return "nothing"
    verdict = judge_frame(program, named[0])
    _, arrow, caller = label.partition(" < ")
    if verdict != "nameless" or not arrow:
        return verdict
    behind = [frame for frame in frames if frame["function"] and frame["function"] in caller]
    return judge_frame(program, behind[0]) if behind else verdict


def first_rows(program, document):
    """The first rows of a `top` or `diff` as JSON."""
    rows = [row for row in document.get("rows", []) if not row.get("before_attach")]
    return [Named(program, row.get("size_diff", row["size"]), row["label"],
                  [{key: frame[key] for key in ("location", "filename", "function", "module")}
                   for frame in row["traceback"]])
            for row in rows[:NUM_ROWS] if row.get("size_diff", row["size"])]


def check_names(row):
    """A row of the table that has become worse says so."""
    others = [f"{name.label} ({name.verdict})" for name in row.names if not name.is_own]
    if row.name in ALL_OWN and (others or not row.names):
        row.wrong.append("rows do not name its own code: " + (", ".join(others) or "none"))


def kibibytes(size):
    return f"{size / 1024:.0f} KiB"


def show_names(name, rows, older=None):
    """A program's rows; older: those of a run that was kept."""
    head = f"{name}: {sum(row.is_own for row in rows)} of {len(rows)} rows name its own code"
    if older is not None:
        head += f", before: {sum(row.is_own for row in older)} of {len(older)}"
    print(head)
    for when, some in (("before", older or []), ("now", rows)):
        for row in some:
            # Programs of the user's own are built in a directory that has another name each time.
            label = re.sub(r"^/tmp/field[^/]*/[^/]*/", "", row.label)
            label = label if len(label) <= 74 else label[:71] + "..."
            words = [when.ljust(6)] if older is not None else []
            words += [kibibytes(row.size).rjust(10), label.ljust(74), row.verdict]
            print(" ", "  ".join(words))
