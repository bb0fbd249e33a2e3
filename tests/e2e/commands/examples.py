# SPDX-License-Identifier: GPL-3.0-or-later
"""Usage: examples.py PAGE DIRECTORY
Runs the commands of a page's ```console blocks in a shell in DIRECTORY, and compares what they
print with what the page says. Figures may differ, but not units, signs, names, or lines of the
page's own sources (/src/FILE:LINE). "..." in the page is any text, and on a line of its own any
lines. Prints the number of commands."""

import os
import re
import select
import signal
import subprocess
import sys
import time

END = "@@over@@"
PATIENCE = 60
FIGURE = re.compile(r'(/src/[\w.]+(?::|", line )\d+)|\b0x[0-9a-f]+|\d+(?:\.\d+)*')


def blocks(text):
    """Lines of the page's transcripts."""
    for block in re.findall(r"^```console\n(.*?)^```$", text, re.S | re.M):
        yield block.splitlines()


def steps(lines):
    """(command, what it prints) of each command; a command may go on behind a backslash."""
    found = []
    for line in lines:
        if line.startswith("$ "):
            found.append([line[2:], []])
        elif found[-1][0].endswith("\\"):
            found[-1][0] += "\n" + line
        else:
            found[-1][1].append(line)
    return found


def without_figures(line):
    line = re.sub(r" +", " ", line.rstrip())
    return FIGURE.sub(lambda found: found[1] or "0", line)


def pattern(lines):
    words = []
    for line in lines:
        if line == "...":
            words.append(r"(?:.*\n)*?")
        else:
            words.append(re.escape(without_figures(line)).replace(re.escape("..."), ".*") + r"\n")
    return re.compile("".join(words))


class Shell:
    """One for a whole page: variables and background jobs last."""

    def __init__(self, directory):
        self.directory = os.path.realpath(directory)
        self.process = subprocess.Popen(["bash"], cwd=directory, stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                        start_new_session=True)

    def run(self, command):
        """What it prints. Its status is in $? of the next."""
        text = f"{command}\nlast=$?; echo {END}; (exit $last)\n"
        os.write(self.process.stdin.fileno(), text.encode())
        output, end = b"", time.monotonic() + PATIENCE
        while f"{END}\n".encode() not in output:
            left = end - time.monotonic()
            if left <= 0 or not select.select([self.process.stdout], [], [], left)[0]:
                sys.exit(f"takes longer than {PATIENCE} s: {command}\n{output.decode()}")
            more = os.read(self.process.stdout.fileno(), 65536)
            if not more:
                sys.exit(f"the shell has ended: {command}\n{output.decode()}")
            output += more
        printed = output.decode().split(f"{END}\n", maxsplit=1)[0]
        return printed.replace(self.directory + "/", "/src/")

    def end(self):
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


def main():
    page, directory = sys.argv[1:]
    with open(page, encoding="utf-8") as f:
        text = f.read()
    shell, num = Shell(directory), 0
    try:
        for block in blocks(text):
            for command, wanted in steps(block):
                got = shell.run(command)
                num += 1
                lines = "".join(without_figures(line) + "\n" for line in got.splitlines())
                if not pattern(wanted).fullmatch(lines):
                    sys.exit(f"$ {command}\n" + got + "--- the page says:\n" + "\n".join(wanted))
    finally:
        shell.end()
    print(num)


if __name__ == "__main__":
    main()
