#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Compare gdb's backtraces with malloscope's tracebacks of the same program.

Usage: stacks_gdb.py GDB-OUTPUT MALLOSCOPE-OUTPUT MIN-SITES

GDB-OUTPUT: `bt` at each entry of an allocator function, a line "@stop" before each, and `info proc
mappings` after a line "@mappings". MALLOSCOPE-OUTPUT: tracebacks, a line that begins with
"current=" between them.

A frame of our targets counts as (base name of the file, line, function), one with line information
of others as its function, any other as (module, address in the module's file). The two sets of
stacks must be equal, and hold at least MIN-SITES call sites.

Where gdb is different on purpose: it looks at statement rows of the line table alone (in optimised
code another inlined function's line may be shown; addr2line takes all rows), and it shows callers
that left by a tail call, of which nothing is on the stack.
"""

import collections
import os
import re
import struct
import sys

TARGETS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "targets")
ALLOCATORS = {
    prefix + name
    for prefix in ("", "__libc_", "__GI___libc_", "__GI___", "__GI_", "__")
    for name in ("malloc", "calloc", "realloc", "reallocarray", "memalign", "aligned_alloc",
                 "posix_memalign", "valloc", "pvalloc")
}


def elf_sections(data):
    """(type, offset, size, link) of each section of a 64-bit ELF file."""
    if data[:5] != b"\x7fELF\x02":
        return []
    offset, = struct.unpack_from("<Q", data, 40)
    size, num = struct.unpack_from("<HH", data, 58)
    return [(f[1], f[4], f[5], f[6])
            for f in (struct.unpack_from("<IIQQQQII", data, offset + i * size) for i in range(num))]


def elf_loads(data):
    """(p_offset, p_vaddr) of each PT_LOAD."""
    offset, = struct.unpack_from("<Q", data, 32)
    size, num = struct.unpack_from("<HH", data, 54)
    headers = (struct.unpack_from("<IIQQQQQQ", data, offset + i * size) for i in range(num))
    return [(h[2], h[3]) for h in headers if h[0] == 1]


class Module:
    """An ELF file on disk: its symbols by name."""

    def __init__(self, path):
        self.path = path
        self.name = os.path.basename(os.path.realpath(path))
        with open(path, "rb") as f:
            self.data = f.read()
        self.symbols = collections.defaultdict(set)
        self.names = collections.defaultdict(set)
        self.add_symbols(self.data)
        match = re.search(rb"\x04\0\0\0\x14\0\0\0\x03\0\0\0GNU\0(.{20})", self.data[:65536], re.S)
        if match:
            build_id = match.group(1).hex()
            debug = f"/usr/lib/debug/.build-id/{build_id[:2]}/{build_id[2:]}.debug"
            if os.path.exists(debug):
                with open(debug, "rb") as f:
                    self.add_symbols(f.read())

    def add_symbols(self, data):
        sections = elf_sections(data)
        for kind, offset, size, link in sections:
            if kind not in (2, 11):
                continue
            strings = sections[link][1]
            for at in range(offset, offset + size, 24):
                name, info, _, index, value, _ = struct.unpack_from("<IBBHQQ", data, at)
                if index and info & 15 in (0, 2, 10):
                    end = data.index(b"\0", strings + name)
                    text = data[strings + name:end].decode("utf-8", "replace")
                    self.symbols[text.split("@")[0]].add(value)
                    if value:
                        self.names[value].add(text.split("@")[0])


modules = {}


def find_module(path):
    if path not in modules:
        modules[path] = Module(path)
    return modules[path]


class Mappings:
    """gdb's `info proc mappings`."""

    def __init__(self, lines):
        self.ranges = []
        first = {}
        for line in lines:
            fields = line.split()
            if len(fields) < 5 or not fields[0].startswith("0x") or not fields[-1].startswith("/"):
                continue
            start, end, offset = int(fields[0], 16), int(fields[1], 16), int(fields[3], 16)
            path = fields[-1]
            if path not in first:
                loads = elf_loads(find_module(path).data)
                load = min((abs(o - offset), o, v) for o, v in loads)
                first[path] = start - (load[2] - (load[1] - offset))
            self.ranges.append((start, end, path, first[path]))

    def locate(self, pc):
        for start, end, path, bias in self.ranges:
            if start <= pc < end:
                return find_module(path).name, pc - bias
        return None


def same_name(function):
    """One of all the names that a function has: debug information and symbol table differ in their
    choice."""
    for module in modules.values():
        for value in module.symbols.get(function, ()):
            names = module.names[value]
            if len(names) > 1:
                return min(names)
    return function


def line_frame(file, line, function):
    name = os.path.basename(file)
    if os.path.exists(os.path.join(TARGETS, name)):
        return name, int(line), same_name(plain(function))
    return "", 0, same_name(plain(function))


def is_tail_call(place):
    """The instruction before the address is a jump, not a call."""
    name, address = place
    data = next((module.data for module in modules.values() if module.name == name), b"")
    if not data:
        return False
    offset, start = max((load for load in elf_loads(data) if load[1] <= address),
                        key=lambda load: load[1])
    code = data[offset + address - start - 5:offset + address - start]
    return code[0] != 0xe8 and (code[0] == 0xe9 or code[3] == 0xeb)


def plain(function):
    return function.split("(")[0].split("@")[0]


def parse_gdb(path):
    """The stacks as lists of ((file, line, function) or (module, address)), allocator frame
    removed."""
    with open(path, encoding="utf-8", errors="replace") as f:
        lines = f.read().splitlines()
    at = lines.index("@mappings") if "@mappings" in lines else len(lines)
    mappings = Mappings(lines[at:])
    if not mappings.ranges:
        sys.exit("gdb told no mappings: the program did not come to its end")
    stacks, stack = [], None
    for line in lines[:at]:
        if line == "@stop":
            stack = []
            stacks.append(stack)
            continue
        match = re.match(r"#\d+ +(?:0x([0-9a-f]+) in )?(\S+) \(.*\)(?: at (\S+):(\d+)| from \S+)?$",
                         line)
        if match and stack is not None:
            stack.append(match.groups())
    return [s for s in (convert_gdb(stack, mappings) for stack in stacks) if s]


def convert_gdb(stack, mappings):
    result = []
    if not stack or plain(stack[0][1]) not in ALLOCATORS:
        return None
    # A call from within the allocator does not count. The dynamic linker's inline functions of
    # these names are no allocator.
    if len(stack) > 1 and plain(stack[1][1]) in ALLOCATORS and "rtld-malloc.h" not in (stack[1][2]
                                                                                       or ""):
        return None
    for pc, function, file, line in stack[1:]:
        if pc and is_tail_call(mappings.locate(int(pc, 16)) or ("", 0)):
            continue
        if file:
            result.append(line_frame(file, line, function))
            continue
        if pc is None:
            continue
        place = mappings.locate(int(pc, 16))
        # Behind the outermost frame gdb goes on with what lies on the stack.
        if not place:
            break
        result.append(place)
    return tuple(result)


def parse_malloscope(path, names, delta):
    stacks, stack = [], None
    with open(path, encoding="utf-8", errors="replace") as f:
        for line in f:
            line = line.rstrip("\n")
            if line.startswith("current="):
                stack = []
                stacks.append(stack)
                continue
            if stack is None or not line.startswith("  ") or line.startswith("    "):
                continue
            match = re.match(r'  File "(.*)", line (\d+)(?:, in (.*))?$', line)
            if match and not re.search(r"\(.*\+0x", match.group(1)):
                stack.append(line_frame(*match.groups("")))
                continue
            match = re.search(r"([^ \"/]+)\((.*?)\+0x([0-9a-f]+)\)", line)
            stack.append(resolve(match, names, delta) if match else ("?", line))
    # Oldest first as printed.
    return {tuple(reversed(stack)) for stack in stacks if stack}


def resolve(match, names, delta):
    module, function, offset = match.group(1), plain(match.group(2)), int(match.group(3), 16)
    if module not in names:
        return ("?", match.group(0))
    if not function:
        return names[module].name, frozenset([offset + delta])
    values = names[module].symbols.get(function) or ()
    return names[module].name, frozenset(v + offset + delta for v in values)


def fold(stacks, known):
    """Make frames whose symbol has several addresses definite: the one that gdb knows."""
    result = set()
    for stack in stacks:
        frames = []
        for frame in stack:
            if len(frame) == 2 and isinstance(frame[1], frozenset):
                fitting = [v for v in frame[1] if (frame[0], v) in known] or sorted(frame[1])
                frame = (frame[0], fitting[0] if fitting else 0)
            frames.append(frame)
        result.add(tuple(frames))
    return result


def show(title, stacks):
    for stack in sorted(stacks, key=str)[:3]:
        print(title)
        for frame in stack:
            print("   ", " ".join(hex(x) if isinstance(x, int) and len(frame) == 2 else str(x)
                                  for x in frame))


def main():
    gdb = parse_gdb(sys.argv[1])
    gdb_set = set(gdb)
    known = {frame for stack in gdb_set for frame in stack}
    names = {}
    for path, module in modules.items():
        names[os.path.basename(path)] = module
        names[module.name] = module
    best = None
    # An offset is that of the return address, or lies one byte before it.
    for delta in (0, 1):
        ours = fold(parse_malloscope(sys.argv[2], names, delta), known)
        if best is None or len(gdb_set & ours) > len(gdb_set & best):
            best = ours
    # Every frame is a call site on the way to the allocator.
    sites = known
    missing, extra = gdb_set - best, best - gdb_set
    print(f"# gdb: {len(gdb)} calls, {len(gdb_set)} stacks, {len(sites)} call sites; malloscope: {len(best)} stacks; "
          f"{len(gdb_set & best)} are equal")
    show("gdb has, malloscope has not:", missing)
    show("malloscope has, gdb has not:", extra)
    if len(sites) < int(sys.argv[3]):
        sys.exit(f"only {len(sites)} call sites")
    if missing or extra:
        sys.exit(f"{len(missing)} stacks of gdb are missing, {len(extra)} are too many")


main()
