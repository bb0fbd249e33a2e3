#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# What a target names is opened with its rights: sources (`# 1 "/etc/shadow"`), split and separate
# debug files. We run as root, the target as nobody: nothing that nobody may not read is printed or
# stored, nothing that blocks or never ends (FIFOs, /dev/zero, /proc/kmsg, huge files) is read, and
# every row is there all the same. The same program run by root shows root's files.
. "$(dirname "$0")/../lib.sh"

[ "$(id -u)" -eq 0 ] || skip "needs root to become another user"
command -v setpriv >/dev/null || skip "needs setpriv"
chmod 755 "$dir"
nobody=(setpriv --reuid=65534 --regid=65534 --clear-groups --bounding-set=-all --inh-caps=-all --)
"${nobody[@]}" true 2>/dev/null || skip "cannot become another user here"
cc=${CC:-cc}
ms_timeout=20

secret=the-secret-line
mkdir theirs closed
chown 65534:65534 theirs
for f in secret closed/open.c group.c; do
	echo "$secret" >$f
done
chmod 600 secret
chmod 700 closed
# We have this group, the target has not.
chgrp 4242 group.c
chmod 640 group.c
echo "this line may be seen" >plain.c
echo "this line may be seen, too" >theirs/swapped.regular
ln -s "$dir/secret" theirs/link.c
ln -s "$dir/plain.c" theirs/good_link.c
mkfifo -m 666 theirs/fifo.c
truncate -s 100G theirs/huge.c
chmod 644 theirs/huge.c

# The last two may be seen.
paths=(/etc/shadow "$dir/secret" "$dir/closed/open.c" "$dir/group.c" "$dir/theirs/link.c"
	"$dir/theirs/fifo.c" "$dir/theirs/huge.c"
	"$dir/theirs/swapped.c" /dev/zero /dev/tty /proc/kmsg /proc/self/environ
	"/proc/1/root$dir/plain.c" /sys/kernel/profiling
	"$dir/theirs" "$dir/theirs/good_link.c" "$dir/plain.c")
{
	echo '#include <stdlib.h>'
	echo '#include <unistd.h>'
	for i in "${!paths[@]}"; do
		echo "# 1 \"${paths[i]}\""
		echo "__attribute__((noinline)) void *leak_$i(size_t n) { void *p = malloc(n); __asm__ volatile(\"\" : \"+r\"(p)); return p; }"
	done
	echo '# 1 "main.c"'
	echo 'int main(void) { for (;;) {'
	for i in "${!paths[@]}"; do
		echo "leak_$i(${i}00 + 100);"
	done
	echo 'usleep(20000); } }'
} >named.c
$cc -g -O1 -o named named.c || exit 99

# Now a file, now a FIFO.
cat >swap <<'END'
cd theirs
while :; do
	cp swapped.regular a && mv -T a swapped.c
	mkfifo b && mv -T b swapped.c
done
END
spawn "${nobody[@]}" bash swap
swap=$pid

commands=(-e 'wait 0.4' -e top)
for i in "${!paths[@]}"; do
	commands+=(-e "traceback #$((i + 1))")
done
spawn "${nobody[@]}" ./named
target=$pid
for round in 1 2 3; do
	ms attach -o listing "${commands[@]}" -e "dump f$round" "$target" </dev/null
	is "$status" 0 "status"
	for i in "${!paths[@]}"; do
		has listing "^ +File \"${paths[i]}\", line 1, in leak_$i" "the frame of leak_$i"
	done
	! grep -q "$secret" listing || fail "a secret is printed"
	! grep -qa "$secret" "f$round" || fail "a secret is stored"
	! grep -qF "$(head -n 1 /etc/shadow)" listing || fail "/etc/shadow is printed"
	! grep -qaF "$(head -n 1 /etc/shadow)" "f$round" || fail "/etc/shadow is stored"
	is "$(grep -c '^    this line may be seen$' listing)" 2 \
		"the lines that may be seen, one through a link"
	# Nothing but that has a source line.
	is "$(grep -A1 '^  File .* in leak_' listing | grep '^    ' |
		grep -vc '^    this line may be seen')" 0 "other source lines"
done
kill -KILL "$target"

# Root may, but not even root reads what is no file.
spawn ./named
ms attach -o listing "${commands[@]}" "$pid" </dev/null
is "$status" 0 "status with a target of root"
is "$(grep -c "^    $secret\$" listing)" 4 "root's own files"
is "$(grep -c '^    this line may be seen$' listing)" 2 "the lines that may be seen by root"
kill -KILL "$pid" "$swap"

# Stored names are opened with the user's own rights, and as carefully.
cat >stored.c <<'END'
#include <stdlib.h>
# 1 "FIFO"
int main(void) { return malloc(1000) == NULL; }
END
sed -i "s|FIFO|$dir/stored_source.c|" stored.c
$cc -g -O0 -o stored stored.c || exit 99
ms run -o listing -e 'wait exit' -e top -e 'dump stored_file' -- ./stored
is "$status" 0 "status of dump"
mkfifo stored_source.c
ms open -e top -e traceback stored_file
is "$status" 0 "status of open"
has out "^$dir/stored_source\.c:1: " "the row from the file"

# The unit that has the names of inlined functions lies in a .dwo file.
cat >split.c <<'END'
#include <stdlib.h>
#include <unistd.h>
static inline __attribute__((always_inline)) void *inner_function(size_t n) { return malloc(n); }
__attribute__((noinline)) void *outer_function(size_t n)
{
	void *p = inner_function(n);
	__asm__ volatile("" : "+r"(p));
	return p;
}
int main(void) { for (;;) { outer_function(1000); usleep(10000); } }
END
# split WHAT: attaches to the target as nobody.
split() {
	spawn "${nobody[@]}" ./split
	ms attach -o listing -e 'wait 0.2' -e top -e traceback "$pid" </dev/null
	is "$status" 0 "status with $1"
	kill -KILL "$pid"
	has listing '(in |\()outer_function' "a row with $1"
}
$cc -g -gsplit-dwarf -O1 -c split.c -o "$dir/split.o" && $cc -o split split.o || exit 99
dwo=$(echo split*.dwo)
if [ -f "$dwo" ]; then
	chmod 644 "$dwo"
	split "a .dwo that may be read"
	has listing 'in inner_function' "the inlined function with a .dwo that may be read"
	chmod 600 "$dwo"
	split "a .dwo that may not be read"
	has_not listing 'in inner_function' "the inlined function with a .dwo that may not be read"
	rm "$dwo" && mkfifo -m 666 "$dwo"
	split "a .dwo that is a FIFO"
	has_not listing 'in inner_function' "the inlined function with a .dwo that is a FIFO"
fi

# Separate debug files. The function has no name without.
command -v objcopy >/dev/null || skip "the rest needs objcopy"
sed 's/"main.c"/"other.c"/' split.c >separate.c
# separate LINK BUILD-ID: makes the program `split`, which names LINK, and its debug file
# split.debug.
separate() {
	$cc -g -O1 "-Wl,--build-id=$2" -o split separate.c &&
		objcopy --only-keep-debug split split.debug && strip -s split || exit 99
	python3 - "$1" split.debug link <<'END'
import sys, zlib
name = sys.argv[1].encode() + b"\0"
name += b"\0" * (-len(name) % 4)
crc = zlib.crc32(open(sys.argv[2], "rb").read())
open(sys.argv[3], "wb").write(name + crc.to_bytes(4, "little"))
END
	objcopy --add-section .gnu_debuglink=link split && chmod 755 split || exit 99
	chmod 644 split.debug
}
# debug WANTED WHAT: are the names of the debug file there? 1 or 0.
debug() {
	spawn "${nobody[@]}" ./split
	ms attach -o listing -e 'wait 0.2' -e top -e traceback "$pid" </dev/null
	is "$status" 0 "status with $2"
	kill -KILL "$pid"
	has listing 'count=[1-9]' "a row with $2"
	is "$(grep -c 'in inner_function' listing)" "$1" "names with $2"
}
if command -v python3 >/dev/null; then
	separate split.debug none
	debug 1 "a debug file"
	chmod 600 split.debug
	debug 0 "a debug file that may not be read"
	mv split.debug secret.debug && ln -s secret.debug split.debug
	debug 0 "a link to one that may not be read"
	rm split.debug && mkfifo -m 666 split.debug
	debug 0 "a FIFO as debug file"
	rm split.debug && truncate -s 7G split.debug
	debug 0 "a debug file without an end"
	rm split.debug
	mkdir -p theirs/deeper && separate ../split.debug none
	mv split theirs/split && mv split.debug theirs/split.debug
	ln -s theirs/split split
	debug 0 "a debug link that is a path"
	rm split
	rm -rf theirs/split theirs/split.debug
fi

# By build-id; nobody else sees the directory.
unshare -m true 2>/dev/null || exit 0
separate nosuch.debug 0xabcdef0123456789
cat >by_id <<'END'
mount -t tmpfs none /usr/lib/debug || exit 77
mkdir -p /usr/lib/debug/.build-id/ab
chmod 755 /usr/lib/debug
END
cat >by_id_good <<'END'
. ./by_id
cp split.debug /usr/lib/debug/.build-id/ab/cdef0123456789.debug
exec "$@"
END
cat >by_id_closed <<'END'
. ./by_id
install -m 600 split.debug /usr/lib/debug/.build-id/ab/cdef0123456789.debug
exec "$@"
END
cat >by_id_fifo <<'END'
. ./by_id
mkfifo -m 666 /usr/lib/debug/.build-id/ab/cdef0123456789.debug
exec "$@"
END
[ -d /usr/lib/debug ] || skip "no /usr/lib/debug for the rest"
by_id() {
	timeout -k 5 20 unshare -m bash "$1" "$MALLOSCOPE" run -o listing -e 'wait 0.3' -e top \
		-e traceback -e kill -- "${nobody[@]}" ./split >out 2>err
	[ $? -ne 124 ] || fail "$1 hangs"
	is "$(grep -c 'in inner_function' listing)" "$2" "names with $1"
}
by_id by_id_good 1
by_id by_id_closed 0
by_id by_id_fifo 0
exit 0
