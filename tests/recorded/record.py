# SPDX-License-Identifier: GPL-3.0-or-later
# To be run by gdb, which has stopped the program where its stack is to be recorded: writes the
# record to RECORD_OUT, with rows that the program RECORD_ROWS compiles, and the frames that gdb
# itself finds. README describes the format.
import os
import subprocess

import gdb

REGISTERS = ("rsp", "rbp", "rbx", "r12", "r13", "r14", "r15", "r10")


def value(frame, name):
    return int(frame.read_register(name)) & (2**64 - 1)


# The frames that are on the stack: inlined functions and what gdb makes up for tail calls are not.
def real_frames():
    frame = gdb.newest_frame()
    while frame is not None and frame.is_valid():
        if frame.type() not in (gdb.INLINE_FRAME, gdb.TAILCALL_FRAME):
            yield frame
        frame = frame.older()


# (frame, whether its pc is a return address, whether it is a signal trampoline)
def described_frames():
    is_exact = True
    for frame in real_frames():
        is_trampoline = frame.type() == gdb.SIGTRAMP_FRAME
        yield frame, not is_exact, is_trampoline
        is_exact = is_trampoline


def stack_ranges(frames):
    sps = [value(frame, "rsp") for frame, _, _ in frames]
    for sp, older in zip(sps, sps[1:] + [0]):
        is_same_stack = sp < older < sp + (1 << 16)
        yield sp, older - sp if is_same_stack else 1024 if older else 64


# Ranges that touch become one.
def joined(ranges):
    result = []
    for start, size in ranges:
        if result and result[-1][0] + result[-1][1] == start:
            result[-1][1] += size
        else:
            result.append([start, size])
    return result


def stack_lines(start, size):
    memory = bytes(gdb.selected_inferior().read_memory(start, size))
    words = [int.from_bytes(memory[i : i + 8], "little") for i in range(0, size - size % 8, 8)]
    yield "stack %x %x" % (start, len(words) * 8)
    i = 0
    while i < len(words):
        run = []
        at = i
        while i < len(words) and words[i] and len(run) < 6:
            run.append("%x" % words[i])
            i += 1
        if run:
            yield "at %x %s" % (start + at * 8, " ".join(run))
        else:
            i += 1


def row_lines(frames):
    pcs = ["%x %s" % (f.pc(), "call" if is_call_site else "exact")
           for f, is_call_site, _ in frames if f.pc()]
    pid = gdb.selected_inferior().pid
    return subprocess.run(
        [os.environ["RECORD_ROWS"], str(pid)],
        input="\n".join(dict.fromkeys(pcs)),
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "LD_LIBRARY_PATH": ""},
    ).stdout.splitlines()


def frame_line(frame, is_call_site, is_trampoline):
    pc = frame.pc() - (is_call_site and not is_trampoline)
    return "frame %x %s" % (pc, frame.name() or "?")


def record():
    frames = list(described_frames())
    newest = gdb.newest_frame()
    lines = ["pc %x exact" % newest.pc()]
    lines += ["reg %s %x" % (name.replace("rsp", "sp").replace("rb", "b"), value(newest, name))
              for name in REGISTERS]
    lines += sorted(row_lines(frames), key=lambda line: not line.startswith("module"))
    for start, size in joined(stack_ranges(frames)):
        lines += stack_lines(start, size)
    lines += [frame_line(*frame) for frame in frames]
    with open(os.environ["RECORD_OUT"], "w") as out:
        out.write("# %s\n" % os.environ["RECORD_TITLE"].strip())
        out.write("\n".join(lines) + "\n")


record()
