#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A setuid program that a traced one starts has its privileges; one that a traced process itself
# executes has them if malloscope may trace everything, else a note says that it has not.
. "$(dirname "$0")/../lib.sh"

[ "$(id -u)" -eq 0 ] || skip "needs root to become another user"
command -v setpriv >/dev/null || skip "needs setpriv"
chmod 755 "$dir"
cp "$MALLOSCOPE" "$TARGETS/spawn" "$TARGETS/exec" "$TARGETS/children" . &&
	chmod 755 malloscope spawn exec children || exit 99
cp "$(PATH=/usr/bin:/bin command -v id)" setuid && chmod 4755 setuid || exit 99
cp setuid plain && chmod 755 plain || exit 99
cp setuid unreadable && chmod 4711 unreadable || exit 99
nobody() {
	setpriv --reuid=65534 --regid=65534 --clear-groups --inh-caps=-all -- "$@"
}
[ "$(nobody ./setuid -u 2>/dev/null)" = 0 ] || skip "setuid programs have no privileges here"
# A process without privileges may open what it is given, not what it must find.
echo 0 >scope
export MALLOSCOPE_YAMA=$dir/scope

# prints WHO WANTED ARG...: run with ARG prints the user WANTED.
prints() {
	local who=$1 wanted=$2

	shift 2
	"$who" timeout 30 ./malloscope run -e 'wait exit' "$@" >out 2>err </dev/null
	is "$?" 0 "status of $*"
	is "$(cat out)" "$wanted" "user of $* as $who"
	echo "ok: $who $*: $wanted"
}

left_alone='^# .*process [0-9]+ executes [^ ]+, which has privileges of its own .*left alone'
withheld='^# .*process [0-9]+ runs [^ ]*/setuid without the privileges of the file'
for how in vfork posix_spawn execveat; do
	for follow in --no-follow --follow=exec --follow=fork,exec; do
		prints nobody 0 "$follow" -- ./spawn "$how" ./setuid -u
		has err "$left_alone" "note about a setuid program"
		prints nobody 65534 "$follow" -- ./spawn "$how" ./plain -u
		has_not err 'privileges' "notes about an ordinary program"
	done
	chown 65534 setuid && chmod 4755 setuid
	prints env 65534 -- ./spawn "$how" ./setuid -u
	has_not err 'privileges' "notes to one that may trace everything"
	chown 0 setuid && chmod 4755 setuid
done

# A relative path elsewhere, one that is not there, a plain fork.
mkdir sub && mv setuid sub/setuid
# shellcheck disable=SC2016
prints nobody 0 -- sh -c 'cd sub && ../spawn vfork ./setuid -u'
prints nobody 0 -- sh -c '(sub/setuid -u); :'
nobody timeout 30 ./malloscope run -e 'wait exit' -- ./spawn vfork ./setuid -u >out 2>err </dev/null
is "$?" 127 "status when the program is not there"
mv sub/setuid setuid

# In its own place.
prints nobody 65534 -- ./exec ./setuid -u
has err "$withheld" "note about its own image"
prints nobody 65534 -- ./setuid -u
has err "$withheld" "note about the launched program"
prints env 0 -- ./exec ./setuid -u
has_not err 'privileges' "notes to one that may trace everything"

# A file that may be executed, not read: the memory of what it becomes is closed to us.
prints nobody 0 -- ./spawn vfork ./unreadable -u
prints nobody 65534 -- ./exec ./unreadable -u
has err '^# process [0-9]+ executes a program whose memory we may not read: it runs on untraced' \
	"note about an unreadable image"
nobody timeout 30 ./malloscope run -e 'wait exit' -- ./unreadable -u >out 2>err </dev/null
is "$?" 1 "status of an unreadable program"
has err '^malloscope: no permission to trace the program: its file is not readable' \
	"an unreadable program"
[ ! -s out ] || fail "an unreadable program has run"

# Children of all kinds under a tracer without privileges.
nobody timeout 60 ./malloscope run -e 'wait exit' -- ./children 3 >out 2>err </dev/null
is "$?" 0 "status of children"
has out '^EXIT-SUCCESS$' "output of children"
