#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A target in a mount namespace of its own, as in a container: its program, a library that it loads
# later and its sources are on a file system that nobody else sees. Symbols and source lines are
# found, and a file keeps them; what has the same path outside is not taken for it.
. "$(dirname "$0")/../lib.sh"

namespace=
for how in -m -rm; do
	unshare $how sh -c "mount -t tmpfs none '$dir'" 2>/dev/null && namespace=$how && break
done
[ -n "$namespace" ] || skip "no mount namespaces here"
mkdir inside
cat >gone.c <<'END'
#define _GNU_SOURCE 1
#include <dlfcn.h>
#include <stdlib.h>
#include <unistd.h>
__attribute__((noinline)) void *leak(size_t n)
{
	void *p = malloc(n); /* leaks inside */
	__asm__ volatile("" : "+r"(p));
	return p;
}
int main(void)
{
	void *(*load)(void);
	/* Until somebody traces us. */
	while (*(volatile unsigned char *)dlsym(RTLD_DEFAULT, "malloc") != 0xcc)
		usleep(1000);
	leak(12345);
	load = (void *(*)(void))dlsym(dlopen(LIBRARY, RTLD_NOW), "load");
	load();
	/* Launched: nobody waits for us. */
	while (!getenv("ENDS"))
		pause();
	return 0;
}
END
cat >late.c <<'END'
#include <stdlib.h>
__attribute__((noinline)) void *load(void)
{
	void *p = malloc(54321); /* late and inside */
	__asm__ volatile("" : "+r"(p));
	return p;
}
END
# What is outside has the same paths, and is wrong.
cp "$TARGETS/single" inside/gone
sed 's/leaks inside/leaks outside/' gone.c >inside/gone.c
cat >start <<END
mount -t tmpfs none inside || exit 99
cp gone.c late.c inside
${CC:-cc} -g -O1 -fPIC -shared -o inside/late.so "$dir/inside/late.c" || exit 99
${CC:-cc} -g -O1 -DLIBRARY='"$dir/inside/late.so"' -o inside/gone "$dir/inside/gone.c" -ldl ||
	exit 99
exec inside/gone
END
spawn unshare $namespace sh start
target=$pid
# shellcheck disable=SC2317 # until_true calls it
runs() {
	[ "$(cat "/proc/$target/comm" 2>/dev/null)" = gone ]
}
until_true 30 runs || fail "the target does not start: $(cat "$pid_out")"

ms attach -o listing -e 'wait 1' -e 'top' -e 'traceback #1' -e 'traceback #2' -e 'top function' \
	-e 'dump file' -e probes "$target" </dev/null
is "$status" 0 "status"
has listing "^$dir/inside/gone\.c:7: size=12\.1 KiB, count=1, " "a row of the program"
has listing "^$dir/inside/late\.c:4: size=53\.0 KiB, count=1, " \
	"a row of the library that came later"
has listing '^    void \*p = malloc\(n\); /\* leaks inside \*/$' "source of the program"
has listing '^    void \*p = malloc\(54321\); /\* late and inside \*/$' "source of the library"
has listing '^leak \(gone\): size=12\.1 KiB' "a row by function"
has_not listing 'leaks outside' "a file outside"
until_true 5 is_not_traced "$target" || fail "the target is not left"
kill -KILL "$target"
await "$target" 10 "the target"

# Launched into it; when all is over the file outside is not taken for the one inside.
ENDS=1 ms run -o listing -e 'wait call load' -e 'wait exit' -e top -e 'traceback #2' -- unshare \
	$namespace sh start </dev/null
has listing "^$dir/inside/gone\.c:7: size=12\.1 KiB, count=1, " "a row after the end"
has_not listing 'leaks outside' "a file outside, after the end"

# The file has it all when the namespace is gone.
ms open -e top -e 'traceback #1' -e 'traceback #2' file
is "$status" 0 "status of open"
has out "^$dir/inside/gone\.c:7: size=12\.1 KiB, count=1, " "a row from the file"
has out '^    void \*p = malloc\(n\); /\* leaks inside \*/$' "source from the file"
has out '^    void \*p = malloc\(54321\); /\* late and inside \*/$' \
	"source of the library from the file"
exit 0
