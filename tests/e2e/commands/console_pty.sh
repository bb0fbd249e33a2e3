#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The console in a pseudo terminal: prefixes, completion, history, Ctrl-C on a line and in a wait,
# results of `measure` at the prompt, a long listing, EOF, the same on a file; the target is never
# hurt.
. "$(dirname "$0")/../lib.sh"

python=$(PATH=/usr/bin:/bin:$PATH command -v python3) || skip "python3 is missing"
ms run -o listing -e 'wait call checkpoint' -e 'dump file' -- "$TARGETS/single" </dev/null
is "$status" 0 "status of dump"
cat >console.py <<'END'
import os, pty, re, select, signal, sys, time

PROMPT = r"\(malloscope( \d+)?\) "


class Console:
    def __init__(self, *arguments, shell=()):
        command = list(shell) + [sys.argv[1]] + list(arguments)
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.environ.update(TERM="dumb", INPUTRC="/dev/null", XDG_STATE_HOME=os.getcwd())
            os.execvp(command[0], command)
        self.greeting = self.expect(PROMPT)

    def expect(self, regex):
        text = ""
        end = time.time() + 20
        while not re.search(regex, text, re.S):
            if time.time() > end or not select.select([self.fd], [], [], 20)[0]:
                sys.exit("no %r in %r" % (regex, text[-2000:]))
            try:
                text += os.read(self.fd, 65536).decode(errors="replace")
            except OSError:
                sys.exit("the end came before %r in %r" % (regex, text[-2000:]))
        return text

    def send(self, text):
        os.write(self.fd, text.encode())

    def line(self, text, regex):
        self.send(text + "\n")
        return self.expect(regex + r".*" + PROMPT + "$")

    def end(self):
        try:
            while os.read(self.fd, 65536):
                pass
        except OSError:
            pass
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])


c = Console("attach", sys.argv[2])
# Prefixes, and one that is ambiguous.
c.line("sn first", r"first: .* in \d+ blocks")
c.line("mem", r"current=.* peak=")
c.line("s", r"s: ambiguous, could be .*snapshot")
c.line("frobnicate", r"unknown command")
# Completion of commands, snapshots, keys, options.
c.send("reset-p\t\n")
c.expect(r"reset-peak \r?\n.*" + PROMPT)
c.send("diff fir\tmodu\t\n")
c.expect(r"diff first module .*Top \d+ differences.*" + PROMPT)
c.send("top --cumu\t\n")
c.expect(r"--cumulative .*Top \d+.*" + PROMPT)
# History: the line before the last one.
c.line("snapshots", r"NAME .*first")
c.send("\x1b[A\n")
c.expect(r"NAME .*first.*" + PROMPT)
# Ctrl-C abandons a line, and a wait.
c.send("drop fir\x03")
c.expect(PROMPT)
c.line("snapshots", r"first")
c.send("wait 1000\n")
time.sleep(0.3)
c.send("\x03")
c.expect(r"interrupted.*" + PROMPT)
# A result while somebody looks at the prompt.
c.send("measure site_malloc\n")
c.expect(r"\[ Measured site_malloc \] calls=1, ")
c.send("measure off\n")
c.expect(PROMPT)
time.sleep(0.3)
# So does a note, on a line of its own: the prompt goes before it, and comes back behind it.
os.mkdir("going")
c.line("every 0.3 going/file", r"every")
os.rename("going", "gone")
note = c.expect(r"# a snapshot was not stored: .*" + PROMPT)
if not re.search(r"\r +\r+# a snapshot", note):
    sys.exit("the prompt stays before a note: %r" % note)
c.line("every off", r"every")
# A long listing comes through, and help.
listing = c.line("blocks", r"0x[0-9a-f]+ \d+ malloc")
if len(listing.splitlines()) < 100:
    sys.exit("blocks lists %d lines" % len(listing.splitlines()))
c.line("help top", r"--since")
# EOF leaves it running; quit would ask.
c.send("quit\n")
c.expect(r"Leave it running\? \(y/n")
c.send("n\n")
c.expect(PROMPT)
c.send("\x04")
if c.end() != 0:
    sys.exit("status after EOF")
os.kill(int(sys.argv[2]), 0)

# In the background there is no prompt: we stop before there is a target, and go on with `fg`.
c = Console("attach", sys.argv[2], shell=["bash", "--norc", "-mc", """
    "$0" "$@" &
    until jobs | grep -q Stopped; do sleep 0.1; done
    grep TracerPid "/proc/$2/status"
    fg"""])
if not re.search(r"TracerPid:\s+0\s.*tracing " + sys.argv[2], c.greeting, re.S):
    sys.exit("from the background: %r" % c.greeting)
# Ctrl-Z does nothing, neither here nor in a wait.
c.send("\x1a")
c.line("memory", r"current=")
c.send("wait 0.5\n")
time.sleep(0.1)
c.send("\x1a")
c.expect(PROMPT)
c.send("\x04")
if c.end() != 0:
    sys.exit("status after fg")

# A launched program waits for the prompt. A name of several functions lists them, one of none lists
# its like, and nothing is measured.
if len(sys.argv) > 3:
    c = Console("run", "--", sys.argv[3], "wait")
    c.line("measure 'operator new'", r"measure: 'operator new' is ambiguous: operator new\(unsigned long\), .*operator new\(unsigned long, std::")
    c.line("measure thrwer", r"measure: no function 'thrwer' ")
    c.line("measure throwers", r"measure: no function 'throwers' .*there are (.*, )?thrower")
    c.line("measure list", r"measure list\s+")
    # Completion of functions, one and several.
    c.send("measure throwe\t\n")
    c.expect(r"measure thrower .*" + PROMPT)
    c.line("measure list", r"thrower: calls=\d+, in progress=0")
    c.line("measure off", r"")
    # Two TABs list what is possible.
    c.send("sna\t\t\t")
    c.expect(r"snapshot +snapshots")
    c.send("\x03")
    c.expect(PROMPT)
    # Ctrl-C in a wait does not reach the program.
    c.send("wait call no_such_function\n")
    time.sleep(0.3)
    c.send("\x03")
    c.expect(r"interrupted.*" + PROMPT)
    c.line("status", r"state=running")
    c.line("kill", r"")
    c.line("status", r"state=ended \(killed by SIGKILL\)")
    # The whole heap of rows, longer than any terminal, unbroken and in order.
    rows = c.line("top lineno -n 100000", r"Total allocated size")
    if " other: " in rows:
        sys.exit("rows are missing")
    # Lines that are longer than the terminal is wide; nothing but a newline is a line, too.
    c.line("# " + "x" * 300, r"x{10}")
    c.line("", r"")
    c.send("quit\n")
    if c.end() != 0:
        sys.exit("status of run")

# Several processes: the prompt says which one, and the question is about all of them.
c = Console("run", "--follow", "fork,exec", "--", "sh", "-c", "sleep 1000 & wait; exit 3")
end = time.time() + 20
while not re.search(r" sleep +running", c.line("processes", r"PID +PARENT.* (dash|sh|bash) ")):
    if time.time() > end:
        sys.exit("no second process")
child = re.search(r"process (\d+): .*sleep, running.*\(malloscope \1\) $",
                  c.line("process #2", "process"), re.S)
if not child:
    sys.exit("no prompt of the second process")
c.line("top", r"\[ Top \d+ \] live: .* from launch")
c.send("quit\n")
c.expect(r"\d+ is being traced. Leave it running\? \(y/n")
c.send("n\n")
c.expect(PROMPT)
c.line("kill", r"")
c.line("wait all", r"")
c.line("processes", r" ended \(exit status 3\).*" + child[1] + r" .* ended \(killed by SIGKILL\)")
c.send("quit\n")
if c.end() != 0:
    sys.exit("status of several processes")

# On a file: no process, no question.
c = Console("open", "file")
c.line("snapshots", r"s1 ")
c.send("load fil\told\n")
c.expect(r"load file old.*old: .* in \d+ blocks.*" + PROMPT)
c.line("top --snapshot s1", r"\[ Top \d+ \] s1: ")
c.line("wait exit", r"wait: ")
c.send("quit\n")
if c.end() != 0:
    sys.exit("status of open")
END
spawn "$TARGETS/threads" 2 0
threads=$pid
# Without a prompt Ctrl-Z (SIGTSTP) and output from the background (SIGTTOU) do not stop us either
# when we are attached.
# shellcheck disable=SC2317 # until_true calls it
ignores_stops() {
	local mask

	mask=$(sed -n 's/^SigIgn:[[:space:]]*//p' "/proc/$1/status")
	[ $((0x${mask:-0} & 0x280000)) -eq $((0x280000)) ]
}
spawn "$MALLOSCOPE" attach -e 'wait 60' "$threads"
until_true 20 ignores_stops "$pid" || fail "$(grep Sig "/proc/$pid/status")"
kill -TERM "$pid"
await "$pid" 20 malloscope
is "$status" 143 "status after SIGTERM"
pid=$threads
cxx=()
[ ! -x "$TARGETS/measured_cxx" ] || cxx=("$TARGETS/measured_cxx")
timeout 100 "$python" console.py "$MALLOSCOPE" "$pid" "${cxx[@]}" >out 2>err || fail "the dialogue"
is_left "$pid"
exit 0
