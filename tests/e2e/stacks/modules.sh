#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The objects of a process: where their debug information is, where it was looked for, and which
# package would bring it.
. "$(dirname "$0")/../lib.sh"

unshare -m sh -c "mount -t tmpfs none '$dir'" 2>/dev/null || skip "no mount namespaces here"
command -v objcopy >/dev/null || skip "this needs objcopy"
cat >waits.c <<'END'
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
int main(int argc, char **argv)
{
	void *p = malloc(100);

	__asm__ volatile("" : "+r"(p));
	(void)argv;
	puts("ready");
	fflush(stdout);
	while (argc < 2)
		pause();
	return 0;
}
END
${CC:-cc} -g -O1 -Wl,--build-id=0xabcdef0123456789 -o whole waits.c || exit 99
objcopy --only-keep-debug whole parted.debug && objcopy --strip-all whole parted &&
	objcopy --add-gnu-debuglink=parted.debug parted && objcopy --strip-all whole bare || exit 99

# What dpkg would know of them: the first has a file of a similar name.
mkdir -p dpkg/info
cat >dpkg/status <<'END'
Package: first
Status: install ok installed
Architecture: all
Description: it has
 lines that look like Package: none

Package: ../second
Architecture: amd64

Package: libmade1
Architecture: amd64
Multi-Arch: same
END
echo "$dir/bare.so" >dpkg/info/first.list
printf '/.\n%s\n' "$dir/bare" >dpkg/info/libmade1:amd64.list

# list PROGRAM COMMAND...: in a target that has that database.
list() {
	spawn unshare -m sh -c "mount --bind '$dir/dpkg' /var/lib/dpkg && exec '$dir/$1'"
	until_true 20 says "$pid_out" '^ready$' || skip "no other package database here"
	shift
	ms attach "$pid" -o listing "$@" -e detach
	is "$status" 0 "status"
	kill "$pid"
}

list whole -e modules
has listing "^$dir/whole: build-id=abcdef0123456789, debug information: in the file$" "whole"
list parted -e modules
has listing "^$dir/parted: build-id=abcdef0123456789, debug information: in $dir/parted.debug$" \
	"parted"
list bare -e modules -e 'modules --tried'
has listing "^$dir/bare: .*, debug information: none, package libmade1-dbgsym should have it$" "bare"
has listing '^# not in /usr/lib/debug/.build-id/ab/cdef0123456789.debug$' "where it was looked for"
has listing "^# not in $dir/.debug/" "where it was looked for"
has_not listing 'package first' "the package of another file"

ms attach "$$" --json -e modules -o json
is "$status" 0 "status of JSON"
python3 - <<'END' || fail "JSON"
import json
modules = [json.loads(line) for line in open("json")][0]["modules"]
bash = next(m for m in modules if "/bash" in m["path"])
assert bash["mapped"] and not bash["stored"], bash
assert bash["debug"] != "none" or bash["tried"], bash
END

ms run -e 'wait exit' -e 'dump file.db' -- ./bare end
is "$status" 0 "status of a run"
ms open file.db -o listing -e modules
is "$status" 0 "status of a file"
has listing "^$dir/bare: build-id=abcdef0123456789, debug information: no lines are stored$" "file"
