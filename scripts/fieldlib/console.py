# SPDX-License-Identifier: GPL-3.0-or-later
"""malloscope's prompt in a pseudo terminal, so that a program can be looked at between one request
and the next."""

import json
import os
import pty
import re
import select
import subprocess
import time

PROMPT = re.compile(r"\(malloscope( \d+)?\) $")
PATIENCE = 120


class Console:
    """`malloscope attach` to a process, from now on until detach()."""

    def __init__(self, field, pid):
        master, slave = pty.openpty()
        self.fd = master
        self.process = subprocess.Popen([field.program, "attach", "--engine", field.engine,
                                         "--json", str(pid)], stdin=slave,
                                        stdout=slave, stderr=slave, cwd=field.directory,
                                        env=dict(os.environ, TERM="dumb", INPUTRC="/dev/null",
                                                 HOME=field.directory))
        os.close(slave)
        self.expect()

    def expect(self):
        """What is printed up to the next prompt."""
        text, end = "", time.monotonic() + PATIENCE
        while not PROMPT.search(text):
            left = end - time.monotonic()
            if left <= 0 or not select.select([self.fd], [], [], left)[0]:
                raise subprocess.TimeoutExpired(["malloscope at its prompt: " + text[-200:]],
                                                PATIENCE)
            text += os.read(self.fd, 65536).decode(errors="replace")
        return text

    def ask(self, command):
        """The document that a command prints."""
        os.write(self.fd, (command + "\n").encode())
        for line in self.expect().splitlines():
            if line.startswith('{"command":'):
                return json.loads(line)
        return {}

    def detach(self):
        """Leave the process. Returns malloscope's exit status."""
        self.ask("detach")
        os.write(self.fd, b"quit\n")
        return self.process.wait(PATIENCE)

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        os.close(self.fd)
