#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# `help`, --help, completion and the manual page name the same commands and options.
. "$(dirname "$0")/../lib.sh"

man=$srcdir/doc/malloscope.1.in

# The line after each .TP of a section, without fonts. A backslash continues it in the next line.
man_items() {
	awk -v wanted=".SH $2" '
	/^\.SH/ { is_in = $0 == wanted; next }
	is_item { item = item $0; if (sub(/\\$/, "", item)) next; if (is_in) print item }
	{ is_item = $0 == ".TP"; item = "" }' "$1" | sed -E 's/\\f[BIR]//g; s/\\-/-/g'
}

# Options of a help text of argp: "-e, --execute=COMMAND".
help_options() {
	sed -nE 's/^ +((-[^ ], )?--[a-z-]+(=[A-Z]+|\[=[A-Z]+\])?).*/\1/p' "$@"
}

# The commands of a list, "  NAME  summary".
listed_commands() {
	sed -nE 's/^  ([a-z][a-z-]*)  +[a-z].*/\1/p' "$1"
}

same() {
	diff "$1" "$2" >differences || fail "$3: $(cat differences)"
	[ -s "$1" ] || fail "$3: nothing to compare"
}

# What the program says.
ms --help
is "$status" 0 "status of --help"
listed_commands out >commands
ms run --help
cp out run_help
ms attach --help
help_options run_help out | sort -u >options
[ "$(grep -c . options)" -ge 8 ] || fail "few options in --help: $(cat options)"

# help, and help COMMAND of each.
ms run -o listing -e help -- true </dev/null
is "$status" 0 "status of help"
listed_commands listing >helped
same commands helped "--help and help"
arguments=()
while read -r command; do
	arguments+=(-e "help $command")
done <commands
ms run -o listing "${arguments[@]}" -- true </dev/null
is "$status" 0 "status of help COMMAND"
# The synopsis is the line before the first indented one, and begins with the command.
awk 'FNR == NR { is_command[$1] = 1; next }
	/^  / && is_command[first] && !done[first]++ { print synopsis }
	{ synopsis = $0; first = $1 }' commands listing >synopses
is "$(sed 's/ .*//' synopses)" "$(cat commands)" "help COMMAND"

# The manual page.
man_items "$man" OPTIONS | sort -u >man_options
same options man_options "--help and OPTIONS of the manual page"
man_items "$man" 'CONSOLE COMMANDS' >man_synopses
same synopses man_synopses "help COMMAND and CONSOLE COMMANDS of the manual page"

# These comparisons can fail.
grep -v '^.fBreset-peak' "$man" | sed 's/\\-\\-script/\\-\\-skript/' >broken
man_items broken OPTIONS | sort -u | cmp -s options - &&
	fail "a wrong option in the manual page is not seen"
man_items broken 'CONSOLE COMMANDS' | cmp -s synopses - &&
	fail "a command that is missing in the manual page is not seen"

# Completion, at a prompt: what TAB TAB lists on an empty line, and behind each command with several
# options and "-".
command -v python3 >/dev/null || skip "python3 is missing, completion is not compared"
cat >complete.py <<'END'
import os, pty, re, select, sys, time

pid, fd = pty.fork()
if pid == 0:
    os.environ.update(TERM="dumb", INPUTRC="/dev/null", XDG_STATE_HOME=os.getcwd())
    os.execv(sys.argv[1], [sys.argv[1], "run", "--", "sleep", "60"])

PROMPT = r"\(malloscope\) "

def read_until(regex):
    text = ""
    end = time.time() + 20
    while not re.search(regex, text, re.S):
        if time.time() > end or not select.select([fd], [], [], 20)[0]:
            sys.exit("no %r in %r" % (regex, text))
        text += os.read(fd, 4096).decode()
    return text

def complete(line):
    """The words listed between the line and the next prompt."""
    os.write(fd, line.encode() + b"\t\t")
    text = read_until(re.escape(line) + r".*\n.*" + PROMPT + re.escape(line))
    os.write(fd, b"\x03")
    read_until(r"\^C.*" + PROMPT)
    return sorted(text.split("\n", 1)[1].rsplit("\n", 1)[0].split())

def compare(line, wanted):
    got = complete(line)
    if got != sorted(wanted):
        sys.exit("behind %r: completion lists %s, help %s" % (line, got, sorted(wanted)))
    return 1

read_until(PROMPT)
compare("", open("commands").read().split())
num = 0
for synopsis in open("synopses"):
    options = re.findall(r"\[(--?[a-z-]+)", synopsis)
    if len(options) > 1:
        num += compare(synopsis.split()[0] + " " + os.path.commonprefix(options), options)
os.write(fd, b"kill\n")
read_until(PROMPT)
os.write(fd, b"quit\n")
_, status = os.waitpid(pid, 0)
sys.exit(status != 0 or num == 0)
END
timeout 60 python3 complete.py "$MALLOSCOPE" >out 2>err || fail "completion"
