#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Who may not attach is told why: another user's process, Yama's ptrace_scope 1 to 3 (by a file in
# its place, most kernels of test machines have no Yama), a process that forbids it. Without a
# capability one's own process can be traced.
. "$(dirname "$0")/../lib.sh"

[ "$(id -u)" -eq 0 ] || skip "needs root to become another user"
command -v setpriv >/dev/null || skip "needs setpriv"
chmod 755 "$dir"
cp "$MALLOSCOPE" "$TARGETS/threads" . && chmod 755 malloscope threads || exit 99
nobody() {
	setpriv --reuid=65534 --regid=65534 --clear-groups --bounding-set=-all --inh-caps=-all \
		-- "$@"
}
nobody true 2>/dev/null || skip "cannot become another user here"

refused() {
	local scope=$1 wanted=$2 as=$3

	shift 3
	echo "$scope" >scope
	chmod 644 scope
	MALLOSCOPE_YAMA=$dir/scope "$as" timeout 20 ./malloscope attach -e status "$@" >out 2>err \
		</dev/null
	is "$?" 1 "status with scope $scope"
	is "$(wc -l <err)" 1 "lines of the message with scope $scope"
	has err "$wanted" "message with scope $scope"
	has_not "/proc/$target/status" '^State:[[:space:]]*[tTZ]' "the target"
	echo "ok: $(cat err)"
}

spawn ./threads 1 0
target=$pid
until_true 10 says "$pid_out" '^running$' || fail "threads did not start"
refused 0 "belongs to uid 0, you are uid 65534; run as that user or as root" nobody "$target"
refused 3 'ptrace_scope is 3 \(nobody may trace' env "$target"
kill -KILL "$target"

spawn setpriv --reuid=65534 --regid=65534 --clear-groups --bounding-set=-all --inh-caps=-all \
	-- ./threads 1 0
target=$pid
until_true 10 says "$pid_out" '^running$' || fail "threads did not start"
refused 1 'ptrace_scope is 1 \(own children only\); run as root' nobody "$target"
refused 2 'ptrace_scope is 2 \(CAP_SYS_PTRACE is needed\); run as root' nobody "$target"
refused 3 'ptrace_scope is 3 \(nobody may trace' nobody "$target"
echo 0 >scope
MALLOSCOPE_YAMA=$dir/scope nobody timeout 20 ./malloscope attach -e 'wait 0.2' -e status "$target" \
	>out 2>err </dev/null
is "$?" 0 "status of attaching to one's own process"
has err '^events: [1-9]' "events of one's own process"
kill -USR1 "$target"
await "$target" 20 threads
is "$status" 0 "status of the target"
