#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A program with AddressSanitizer fails at its end, because LeakSanitizer cannot trace what is
# traced: a note tells in time, and its remedies work.
. "$(dirname "$0")/../lib.sh"

cat >leak.c <<'END'
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
int main(int argc, char **argv)
{
	void *volatile p = malloc(123);
	if (argc > 1)
		usleep(1000 * atoi(argv[1]));
	printf("%s\n", p ? "end" : "");
	free(p);
	return 0;
}
END
# A C library without the tool's runtime cannot link it.
"${CC:-cc}" -g -fsanitize=address -o leak leak.c 2>/dev/null || skip "no AddressSanitizer"
unset ASAN_OPTIONS LSAN_OPTIONS
[ "$(./leak 2>/dev/null)" = end ] || skip "AddressSanitizer does not work here"
note='^# .* has LeakSanitizer, which does not work under a tracer: .*ASAN_OPTIONS=detect_leaks=0'

# What happens, and that it is told.
ms run -o listing -- ./leak </dev/null
is "$(grep -cE "$note" listing)" 1 "notes"
[ "$status" -ne 0 ] || echo "# this LeakSanitizer works all the same"

# The remedies.
ASAN_OPTIONS=verbosity=0:detect_leaks=0 ms run -o listing -e 'wait exit' -e 'top --all' -- ./leak \
	</dev/null
is "$status" 0 "status without the leak check"
is "$(cat out)" end "output without the leak check"
has_not listing "$note" "no note without the leak check"
spawn ./leak 3000
target=$pid
out=$pid_out
until_true 10 grep -q libasan "/proc/$target/maps" || echo "# a static runtime"
ms attach -e 'wait 0.2' -e detach "$target"
is "$status" 0 "status of attach and detach"
has err "$note" "the note when attaching"
await "$target" 20 "the program that was left"
is "$status" 0 "status of the program that was left"
is "$(cat "$out")" end "output of the program that was left"

# Others have no such note.
ms run -o listing -- "$TARGETS/single" </dev/null
has_not listing LeakSanitizer "no note"
exit 0
