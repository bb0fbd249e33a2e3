#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# --debuginfod: lines of a stripped program from a server on this machine; servers that never
# answer, have nothing, or have something else; the target does not wait meanwhile. Without the
# option a hint, once.
. "$(dirname "$0")/../lib.sh"

/sbin/ldconfig -p 2>/dev/null | grep -q 'libdebuginfod\.so\.1' || skip "no libdebuginfod.so.1"
command -v python3 >/dev/null || skip "no python3"
command -v objcopy >/dev/null || skip "no objcopy"
export HOME=$dir/home DEBUGINFOD_TIMEOUT=100
unset DEBUGINFOD_URLS XDG_CACHE_HOME DEBUGINFOD_CACHE_PATH
mkdir -p home served empty

# A program whose lines are on the server alone. A file NAME.debug beside it would be found.
cat >leak.c <<'END'
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
__attribute__((noinline)) static void *leak(size_t size)
{
	return malloc(size);
}
// Code that was never seen: the tracer has to ask for its rows.
#define NEW(n) \
	__attribute__((noinline)) static void new##n(void) { *(volatile char *)leak(10) = n % 100; }
#define EACH10(what, n) what(n##0) what(n##1) what(n##2) what(n##3) what(n##4) \
	what(n##5) what(n##6) what(n##7) what(n##8) what(n##9)
#define EACH100(what, n) EACH10(what, n##0) EACH10(what, n##1) EACH10(what, n##2) \
	EACH10(what, n##3) EACH10(what, n##4) EACH10(what, n##5) EACH10(what, n##6) \
	EACH10(what, n##7) EACH10(what, n##8) EACH10(what, n##9)
#define EACH900(what) EACH100(what, 1) EACH100(what, 2) EACH100(what, 3) EACH100(what, 4) \
	EACH100(what, 5) EACH100(what, 6) EACH100(what, 7) EACH100(what, 8) EACH100(what, 9)
#define NAME(n) new##n,
EACH900(NEW)
static void (*const table[])(void) = {EACH900(NAME)};
int main(int argc, char **argv)
{
	int i;
	for (i = 0; i < 10; i++)
		*(volatile char *)leak(100 + i) = 1;
	// A byte a round: it is seen to go on.
	for (i = 0; argc > 1 && i < 6000; i++) {
		table[i % 900]();
		putchar('.');
		fflush(stdout);
		usleep(10000);
	}
	return argv == NULL;
}
END
main_line=$(grep -n 'leak(100 + i)' leak.c | cut -d: -f1)
build() {
	"${CC:-cc}" -g -O1 -Wl,--build-id "-D$2" -o "$1" leak.c || exit 99
	objcopy --only-keep-debug "$1" "$1.separate" && strip "$1" || exit 99
	id=$(readelf -n "$1" | sed -n 's/.*Build ID: *//p')
	[ -n "$id" ] || skip "no build-ids here"
}
publish() {
	mkdir -p "served/buildid/$1"
	cp "$2" "served/buildid/$1/debuginfo"
}
build leak PLAIN=1
publish "$id" leak.separate

# On the loopback alone, for five minutes at most. "hang": takes connections and never answers.
# "slow": takes about 3 s for a file.
cat >serve.py <<'END'
import functools, http.server, os, signal, socketserver, sys, time
signal.alarm(300)
class Hang(socketserver.BaseRequestHandler):
    def handle(self):
        print("asked", flush=True)
        time.sleep(300)
class Slow(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        data = open(sys.argv[2] + self.path, "rb").read().ljust(3 << 20, b"\0")
        self.send_response(200)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        for i in range(0, len(data), 300 << 10):
            self.wfile.write(data[i : i + (300 << 10)])
            time.sleep(0.3)
files = functools.partial(http.server.SimpleHTTPRequestHandler, directory=sys.argv[2])
socketserver.ThreadingTCPServer.daemon_threads = True
handler = {"hang": Hang, "slow": Slow, "files": files}[sys.argv[1]]
server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), handler)
open(sys.argv[3] + ".new", "w").write("http://127.0.0.1:%d/" % server.server_address[1])
os.rename(sys.argv[3] + ".new", sys.argv[3])
server.serve_forever()
END
serve() {
	spawn python3 serve.py "$1" "$2" "$3"
	until_true 20 test -e "$3" || fail "no server"
}
serve files served url
serve files empty url_empty
serve hang . url_hang
asked=$pid_out
hint='^# leak has no debug information, so no lines; --debuginfod asks the servers of DEBUGINFOD_URLS$'

# Without the option.
ms run -o listing -- ./leak </dev/null
has listing '^leak\(\+0x[0-9a-f]+\): size=' "no lines without debug information"
has_not listing debuginfod "no hint without servers"
DEBUGINFOD_URLS=$(cat url) ms run -o listing -e 'wait exit' -e top -e traceback -e top -- ./leak \
	</dev/null
is "$(grep -cE "$hint" listing)" 1 "hints"
has listing '^leak\(\+0x' "nothing is asked for without the option"
ms run -o listing --debuginfod -- ./leak </dev/null
is "$status" 2 "--debuginfod without servers"
has err 'DEBUGINFOD_URLS is not set' "--debuginfod without servers"
DEBUGINFOD_URLS=$(cat url) ms run -o listing --debuginfod=soon -- ./leak </dev/null
is "$status" 2 "--debuginfod=soon"

# The launched program sees the variable in any case.
DEBUGINFOD_URLS=$(cat url) ms run -o listing --debuginfod -- printenv DEBUGINFOD_URLS </dev/null
is "$(cat out)" "$(cat url)" "the program's environment"

# With it.
DEBUGINFOD_URLS=$(cat url) ms run -o listing --debuginfod -e 'wait exit' -e 'top -n 1' \
	-e traceback -e 'dump stored' -- ./leak </dev/null
is "$status" 0 "status"
has listing '/leak\.c:6: size=1045 B, count=10' "a line from the server"
has listing "^  File \".*/leak\.c\", line $main_line, in main\$" "a traceback"
has_not listing '^# leak' "no note of the program"

# On a terminal it is told how much has come.
if command -v script >/dev/null; then
	rm -rf home/.cache
	serve slow served url_slow
	# shellcheck disable=SC2016 # the inner shell expands it
	DEBUGINFOD_URLS=$(cat url_slow) TERM=xterm MALLOSCOPE=$MALLOSCOPE timeout 60 script -qec \
		'"$MALLOSCOPE" run --debuginfod -e "wait exit" -e "top -n 1" -- ./leak' typescript \
		</dev/null >/dev/null 2>&1
	tr '\r' '\n' <typescript >lines
	has lines '# debug information of leak: [0-2]\.[0-9]( of 3\.0)? MiB$' \
		"progress on a terminal"
	has lines '/leak\.c:[0-9]+: size=1045 B' "a line after the progress"
fi

# Names in a file that several debug files share, as distributions make them.
if command -v dwz >/dev/null; then
	build one ONE=1
	one=$id
	build two TWO=1
	if dwz -m shared -M ../shared one.separate two.separate 2>/dev/null && [ -s shared ]; then
		publish "$one" one.separate
		publish "$(readelf -n shared 2>/dev/null | sed -n 's/.*Build ID: *//p')" shared
		rm shared one.separate
		DEBUGINFOD_URLS=$(cat url) ms run -o listing --debuginfod -e 'wait exit' \
			-e 'top function' -- ./one </dev/null
		has listing '^leak \(one\): size=1045 B' "a name from a shared file"
	fi
fi

# A server that has nothing: told once.
rm -rf home/.cache
DEBUGINFOD_URLS=$(cat url_empty) ms run -o listing --debuginfod -e 'wait exit' -e 'top --all' \
	-e traceback -- ./leak </dev/null
is "$status" 0 "status with a server that has nothing"
is "$(grep -c '^# debuginfod: no server has debug information of ' listing)" 1 \
	"notes of a server that has nothing"
has listing '^leak\(\+0x' "no lines"

# A server that has something else under this name.
rm -rf home/.cache
build other OTHER=1
"${CC:-cc}" -g -O0 -Wl,--build-id -o other leak.c && objcopy --only-keep-debug other wrong
mkdir -p lying
cp -r served/buildid lying/
for file in lying/buildid/*/debuginfo; do
	cp wrong "$file"
done
serve files lying url_lying
DEBUGINFOD_URLS=$(cat url_lying) ms run -o listing --debuginfod -- ./leak </dev/null
is "$status" 0 "status with a debug file of another build"
has listing '^# debuginfod: the debug file of .*/leak is not used: it is of another build$' \
	"note of another build"
has listing '^leak\(\+0x' "no lines of another build"

# Nobody answers: the time limit, once for all modules; and nobody is there.
rm -rf home/.cache
began=$SECONDS
DEBUGINFOD_URLS=$(cat url_hang) ms run -o listing --debuginfod=2 -e 'wait exit' -e 'top --all' \
	-e 'traceback' -- ./leak </dev/null
is "$status" 0 "status when nobody answers"
[ $((SECONDS - began)) -le 15 ] || fail "took $((SECONDS - began)) s with a limit of 2 s"
is "$(grep -cE '^# debuginfod: .* did not come within 2 s; the servers are not asked again' listing)" 1 "notes of the time limit"
has listing '^leak\(\+0x' "the report comes all the same"
is "$(grep -c asked "$asked")" 1 "connections when nobody answers"
DEBUGINFOD_URLS=http://127.0.0.1:1/ ms run -o listing --debuginfod -- ./leak </dev/null
is "$status" 0 "status when nobody is there"
has listing '^# debuginfod: .*; the servers are not asked again$' "note when nobody is there"

# The target goes on meanwhile, and new stacks of it are walked; a signal ends the download and
# malloscope.
# shellcheck disable=SC2317 # until_true calls it
was_asked() {
	[ "$(grep -c asked "$asked")" -ge "$1" ]
}
spawn ./leak on
target=$pid
dots=$pid_out
until_true 10 test -s "$dots" || fail "the target did not begin"
DEBUGINFOD_URLS=$(cat url_hang) spawn "$MALLOSCOPE" attach -o listing --debuginfod=100 \
	-e 'wait 0.3' -e top "$target"
until_true 20 was_asked 2 || fail "the server was not asked"
before=$(stat -c %s "$dots")
sleep 1
[ "$(stat -c %s "$dots")" -ge $((before + 20)) ] || fail "the target waits for a download"
kill -TERM "$pid"
await "$pid" 10 "malloscope in a download"
is "$status" 143 "status of a download that was ended"
is_left "$target"
until_true 5 sh -c "! pgrep -P $pid >/dev/null" || fail "the process of the download is left"
kill -KILL "$target"

# Files: what was stored without lines gets them now.
ms run -o listing -e 'wait exit' -e 'dump bare' -- ./leak </dev/null
ms top bare -n 1
has out '^leak\(\+0x' "a file without lines"
DEBUGINFOD_URLS=$(cat url) ms top bare -n 1
is "$(grep -cE "$hint" out)" 1 "hints about a file"
rm -rf home/.cache
DEBUGINFOD_URLS=$(cat url) ms top --debuginfod bare -n 1
is "$status" 0 "top with a server"
has out '/leak\.c:6: size=1045 B, count=10' "a line from the server for a file"
DEBUGINFOD_URLS=$(cat url) ms open --debuginfod=30 -e 'top -n 1' -e traceback bare
has out "^  File \".*/leak\.c\", line $main_line, in main\$" "a traceback from a file"
# The file that was stored with lines needs nobody.
rm -rf home/.cache
DEBUGINFOD_URLS=$(cat url_hang) ms top stored -n 1
has out '/leak\.c:6: ' "a file with lines"
has_not out '^# leak' "no hint about a file with lines"

# The library is not there, or is rubbish.
mkdir -p bad
echo rubbish >bad/libdebuginfod.so.1
if LD_LIBRARY_PATH=$dir/bad python3 -c 'import ctypes; ctypes.CDLL("libdebuginfod.so.1")' \
	2>/dev/null; then
	echo "# the library cannot be hidden here"
else
	LD_LIBRARY_PATH=$dir/bad DEBUGINFOD_URLS=$(cat url) ms run -o listing \
		--debuginfod -- ./leak </dev/null
	is "$status" 0 "status without the library"
	has listing '^# --debuginfod: libdebuginfod\.so\.1 is not installed' \
		"note without the library"
fi
exit 0
