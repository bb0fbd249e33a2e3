#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Targets and machines that are hard to trace: no address space left, a process that forbids it, no
# /proc or one that hides processes, few file descriptors, kernels that refuse writes to code
# through /proc/PID/mem. It works, or says why not in one line; the target lives.
# shellcheck disable=SC2016 # the inner shells expand that
. "$(dirname "$0")/../lib.sh"

hostile() {
	spawn "$@"
	target=$pid
	target_out=$pid_out
	until_true 10 says "$target_out" '^running$' ||
		fail "$* did not get ready: $(cat "$target_out")"
}

finish_target() {
	is_left "$target"
	kill -USR1 "$target"
	await "$target" 20 "$1"
	is "$status" 0 "status of the target, $1: $(cat "$target_out")"
	has "$target_out" '^EXIT-SUCCESS$' "the target, $1"
	echo "ok: $1"
}

# refused REGEX COMMAND...: ends with status 1 and this one line.
refused() {
	local wanted=$1

	shift
	timeout 30 "$@" >out 2>err </dev/null
	is "$?" 1 "status of $*"
	is "$(wc -l <err)" 1 "lines of the message of $*"
	has err "$wanted" "message of $*"
	echo "ok: $(cat err)"
}

hostile "$TARGETS/hostile" full
ms attach -o listing -e 'wait 0.3' -e status "$target"
is "$status" 0 "status of attach to a full address space"
has listing '^events: [1-9]' "events of a full address space"
has listing 'lost events=0' "events of a full address space"
finish_target "full address space"

hostile "$TARGETS/threads" 2 0
for limit in 8 12; do
	refused "file descriptor|Too many open files.*ulimit -n" \
		bash -c 'ulimit -n "$1" && exec "$2" attach -e status "$3"' - "$limit" \
		"$MALLOSCOPE" "$target"
done
if [ "$(id -u)" -eq 0 ] && command -v setpriv >/dev/null; then
	# Root has no such limit, and others may not see the build directory.
	chmod 755 "$dir"
	install -m 755 "$MALLOSCOPE" limited
	refused "too many processes.*ulimit -u" setpriv --reuid 65534 --regid 65534 --clear-groups \
		bash -c 'ulimit -u 0; exec "$0" run -e status -- /bin/true' "$dir/limited"
fi
if [ "$(id -u)" -eq 0 ] && unshare -m sh -c 'umount -l /proc' 2>/dev/null; then
	refused '/proc is not mounted' unshare -m sh \
		-c 'umount -l /proc; exec "$0" attach -e status "$1"' "$MALLOSCOPE" "$target"
	refused '/proc is not mounted' unshare -m sh \
		-c 'umount -l /proc; exec "$0" run -e status true' "$MALLOSCOPE"
	if command -v setpriv >/dev/null &&
		unshare -m sh -c 'mount -t proc -o hidepid=2 proc /proc' 2>/dev/null; then
		chmod 755 "$dir"
		cp "$MALLOSCOPE" "$TARGETS/hostile" . && chmod 755 malloscope hostile || exit 99
		nobody=(setpriv --reuid=65534 --regid=65534 --clear-groups --bounding-set=-all
			--inh-caps=-all --)
		refused 'hidden from you .*hidepid' unshare -m sh \
			-c 'mount -t proc -o hidepid=2 proc /proc; exec "$@"' - \
			"${nobody[@]}" ./malloscope attach -e status "$target"
		finish_target "little of everything"
		hostile "${nobody[@]}" ./hostile undumpable
		refused 'it forbids it \(setuid program, PR_SET_DUMPABLE 0' "${nobody[@]}" \
			./malloscope attach -e status "$target"
		# Root may.
		ms attach -o listing -e 'wait 0.3' -e status "$target"
		is "$status" 0 "status of attach by root"
		has listing '^events: [1-9]' "events of an undumpable process"
		finish_target "undumpable"
	fi
fi
! is_over "$target" && kill -KILL "$target"

# Its own mount and PID namespaces: it is process 1 there, with another number here.
if [ "$(id -u)" -eq 0 ] && unshare -m -p -f --mount-proc true 2>/dev/null; then
	spawn unshare -m -p -f --mount-proc "$TARGETS/threads" 2 0
	target_out=$pid_out
	until_true 10 says "$target_out" '^running$' ||
		fail "threads did not start: $(cat "$target_out")"
	inner=$(pgrep -P "$pid" | head -n 1)
	pids+=("$inner")
	ms attach -o listing -e 'wait 0.3' -e status -e 'top function' "$inner"
	is "$status" 0 "status of attach to a process in another PID namespace"
	has listing '^events: [1-9]' "events in another PID namespace"
	has listing '^site_[a-z]+ \(threads\): size=' "functions in another PID namespace"
	is_left "$inner"
	kill -USR1 "$inner"
	await "$pid" 20 unshare
	is "$status" 0 "status of a process in another PID namespace"
	has "$target_out" '^EXIT-SUCCESS$' "the target in another PID namespace"
	echo "ok: other namespaces"
fi

# Call-frame information that makes its reader allocate gigabytes: no more than anywhere else, and
# the blocks are right.
cat >peak.py <<-'END'
	import resource, subprocess, sys
	status = subprocess.call(sys.argv[1:], stdin=subprocess.DEVNULL)
	print("peak:", resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
	sys.exit(status)
END
LEDGER=$dir/ledger timeout 60 python3 peak.py "$MALLOSCOPE" run -o blocks \
	-e 'wait call checkpoint' -e blocks -e 'wait exit' -- "$TARGETS/hostile_cfi" >out 2>err
is "$?" 0 "status of hostile_cfi"
has out '^EXIT-SUCCESS$' "hostile_cfi"
same_blocks blocks ledger
peak=$(sed -n 's/^peak: //p' out)
[ "$peak" -lt 400000 ] || fail "hostile call-frame information: $peak KiB"
echo "ok: call-frame information, $peak KiB"

# Only a test build can do as if the kernel refused.
grep -q MALLOSCOPE_NO_FORCED_WRITES "$MALLOSCOPE" || exit 0
export MALLOSCOPE_NO_FORCED_WRITES=1
hostile "$TARGETS/threads" 8 0
for how in detach quit stop; do
	ms attach -o listing -e 'wait 0.2' -e status -e "$how" "$target"
	is "$status" 0 "status of attach without forced writes"
	has listing '^events: [1-9]' "events without forced writes"
	is_left "$target"
done
finish_target "no forced writes"
LEDGER=$dir/ledger ms run -o blocks -e 'wait call checkpoint' -e blocks -e 'wait exit' \
	-- "$TARGETS/single" </dev/null
is "$status" 0 "status of run without forced writes"
same_blocks blocks ledger
ms run -o listing -e 'wait exit' -- "$TARGETS/children" </dev/null
is "$status" 0 "children without forced writes"
