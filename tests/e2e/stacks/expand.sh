#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Compressed debug sections that expand to gigabytes (6 MB of zeros' zlib are 6 GB): they are left
# out before libdw expands them, in the program, in its separate debug file and in a .dwo file; a
# note says so, and rows go by symbols. What fits is read, and with --max-memory what fits into
# that.
. "$(dirname "$0")/../lib.sh"

command -v python3 >/dev/null || skip "python3 is missing"
command -v objcopy >/dev/null || skip "objcopy is missing"
cc=${CC:-cc}
cat >bomb.c <<'END'
#include <stdlib.h>
__attribute__((noinline)) void *leak(size_t n)
{
	void *p = malloc(n);
	__asm__ volatile("" : "+r"(p));
	return p;
}
int main(void)
{
	return leak(1000) == NULL;
}
END
cat >bomb.py <<'END'
"""bomb.py FILE SECTION SIZE: replaces the section by zeros of that size, compressed as its name says."""
import struct, sys, zlib
path, wanted, size = sys.argv[1], sys.argv[2].encode(), int(sys.argv[3])
unit = 1 << 20
deflate = zlib.compressobj(9, zlib.DEFLATED, -15)
first = deflate.compress(b"\0" * unit) + deflate.flush(zlib.Z_FULL_FLUSH)
stream = b"\x78\x9c" + first * (size // unit) + b"\x03\0" + struct.pack(">HH", size % 65521, 1)
data = bytearray(open(path, "rb").read())
shoff, = struct.unpack_from("<Q", data, 40)
shentsize, shnum, shstrndx = struct.unpack_from("<HHH", data, 58)
names = struct.unpack_from("<Q", data, shoff + shstrndx * shentsize + 24)[0]
for i in range(shnum):
    at = shoff + i * shentsize
    begin = names + struct.unpack_from("<I", data, at)[0]
    if data[begin:data.index(b"\0", begin)] != wanted:
        continue
    flags = struct.unpack_from("<Q", data, at + 8)[0]
    if wanted.startswith(b".z"):
        stream = b"ZLIB" + struct.pack(">Q", size) + stream
    else:
        flags |= 1 << 11
        stream = struct.pack("<IIQQ", 1, 0, size, 1) + stream
    data += b"\0" * (-len(data) % 16)
    struct.pack_into("<Q", data, at + 8, flags)
    struct.pack_into("<QQ", data, at + 24, len(data), len(stream))
    open(path, "r+b").write(data + stream)
    break
else:
    sys.exit("no section")
END
cat >limited.py <<'END'
"""Runs a command; the most memory in KiB that it and its children had goes to the file `memory`."""
import resource, subprocess, sys
status = subprocess.call(sys.argv[1:], stdin=subprocess.DEVNULL, stdout=open("out", "w"),
                         stderr=open("err", "w"))
open("memory", "w").write(str(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss))
sys.exit(status)
END
giant=$((6 << 30))
# look WHAT OPTION...: the row of ./bomb as `top` shows it.
look() {
	local what=$1

	shift
	timeout -k 5 20 python3 limited.py "$MALLOSCOPE" run "$@" -o listing -e 'wait exit' -e top \
		-- ./bomb
	is $? 0 "status with $what"
	has listing ': size=1000 B, count=1' "the row with $what"
	[ "$(cat memory)" -lt 500000 ] || fail "$(cat memory) KiB with $what"
}
# left_out WHAT SIZE PATH OPTION...: no line, and the note.
left_out() {
	local what=$1 size=$2 path=$3

	shift 3
	look "$what" "$@"
	is "$(grep -c "$path: compressed debug information of $size once expanded is left out, source lines are missing" listing)" 1 "notes about $what"
	has listing '^bomb\(leak\+0x[0-9a-f]+\): ' "the row by symbol with $what"
}
# What is no bomb.
$cc -g -O1 -gz=zlib -o bomb bomb.c || exit 99
look "compressed sections"
has listing '/bomb\.c:4: ' "the row of compressed sections"
has_not listing 'left out' "a note about compressed sections"

$cc -g -O1 -o plain bomb.c || exit 99
cp plain bomb && python3 bomb.py bomb .debug_info $giant || exit 99
[ "$(stat -c %s bomb)" -lt 8000000 ] || exit 99
left_out "a bomb" "6144 MiB" "$dir/bomb"
left_out "a bomb with a limit" "6144 MiB" "$dir/bomb" --max-memory 64MiB
cp plain bomb && python3 bomb.py bomb .debug_str $giant || exit 99
look "a bomb of strings"
has listing 'left out' "the note about a bomb of strings"
cp plain bomb && python3 bomb.py bomb .debug_line $giant || exit 99
look "a bomb of lines"
has listing 'left out' "the note about a bomb of lines"
objcopy --rename-section .debug_info=.zdebug_info plain bomb &&
	python3 bomb.py bomb .zdebug_info $giant || exit 99
left_out "a bomb in the old form" "6144 MiB" "$dir/bomb"

# The separate debug file.
objcopy --only-keep-debug plain bomb.debug && python3 bomb.py bomb.debug .debug_info $giant ||
	exit 99
cp plain bomb && objcopy --strip-debug --remove-section .gnu_debuglink bomb &&
	objcopy --add-gnu-debuglink=bomb.debug bomb || exit 99
left_out "a bomb in a debug file" "6144 MiB" "$dir/bomb.debug"
rm bomb.debug

# A split unit.
if $cc -g -gsplit-dwarf -O1 -c bomb.c -o "$dir/unit.o" && $cc -o bomb unit.o && [ -f unit.dwo ] &&
	python3 bomb.py unit.dwo .debug_info.dwo $giant; then
	look "a bomb in a .dwo file"
	has listing "$dir/unit.dwo: compressed debug information of 6144 MiB" \
		"the note about a .dwo file"
fi

# What --max-memory leaves counts, too.
cp plain bomb && python3 bomb.py bomb .debug_ranges $((40 << 20)) 2>/dev/null ||
	python3 bomb.py bomb .debug_aranges $((40 << 20)) || exit 99
look "40 MiB"
has listing '/bomb\.c:4: ' "the row with 40 MiB"
has_not listing 'left out' "a note about 40 MiB"
look "40 MiB and a limit of 16" --max-memory 16MiB
has listing "$dir/bomb: compressed debug information of 40.0 MiB once expanded is left out" \
	"the note about 40 MiB with --max-memory"
exit 0
