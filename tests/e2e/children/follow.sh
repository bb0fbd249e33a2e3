#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# --follow fork,exec: children and their children have tables of their own, right to the byte; so
# have spawned programs and pipelines, from their first allocation. Quick children and many of them
# come to their end.
. "$(dirname "$0")/../lib.sh"

# What `process #N` and `blocks` have printed about process N: file blocks.
take_blocks() {
	awk -v wanted="$1" '/^process [0-9]+: / { n++; next } n == wanted' report >blocks
}

# Children, each with a child: 7 processes in all.
LEDGER=$dir/ledger ms run --follow fork,exec -o report -e 'wait all' -e processes \
	-e 'process #1' -e blocks -e 'process #2' -e blocks -e 'process #3' -e blocks \
	-e 'process #4' -e blocks \
	-e 'process #5' -e blocks -e 'process #6' -e blocks -e 'process #7' -e blocks \
	-- "$TARGETS/family" 3 </dev/null
is "$status" 0 "status of family"
has out '^EXIT-SUCCESS$' "output of family"
is "$(find . -name 'ledger.*' | wc -l)" 6 "ledgers of children"
is "$(grep -cE '^[* ] +[0-9]+ +([0-9]+|-) .* family +ended' report)" 7 "processes listed"
mapfile -t followed < <(sed -nE 's/^process ([0-9]+): .*/\1/p' report)
is "${#followed[@]}" 7 "processes shown"
cp ledger "ledger.${followed[0]}"
for n in 1 2 3 4 5 6 7; do
	take_blocks "$n"
	same_blocks blocks "ledger.${followed[n - 1]}"
done
echo "ok: ledgers of $n processes"

# The default report covers all of them, and the status is that of the first.
ms run --follow fork -- "$TARGETS/family" 2 </dev/null
is "$status" 0 "status of family, default report"
is "$(grep -cE '^process [0-9]+: .*ended' err)" 5 "processes in the default report"
is "$(grep -cE '^\[ Top' err)" 5 "tables in the default report"
# shellcheck disable=SC2016
ms run --follow fork,exec -- sh -c 'sh -c "exit 4"; exit 7' </dev/null
is "$status" 7 "status of the first process"
# A wait for a time goes on while anybody lives.
ms run --follow fork,exec -o report -e 'wait 40' -e processes -- sh -c 'sleep 1 & exit 5' </dev/null
is "$status" 5 "status of a process that leaves a child"
has report ' sleep +ended \(exit status 0\)' "a child that was left"
echo "ok: default report"

# vfork, posix_spawn, system, popen: the program that is executed is traced from its begin.
# A forked one finds itself traced at its first instruction.
FOLLOWED=1 LEDGER=$dir/ledger ms run --follow fork,exec -o report -e 'wait all' -e processes -- \
	"$TARGETS/children" 2 </dev/null
is "$status" 0 "status of children"
has out '^EXIT-SUCCESS$' "output of children"
# Of each round: 7 forked, 2 that execute themselves, a shell with 3 children, popen's shell.
[ "$(grep -c ' ended ' report)" -ge 27 ] || fail "processes of children: $(cat report)"
# shellcheck disable=SC2016
LEDGER=$dir/ledger ms run --follow fork,exec -o report -e 'wait all' -e 'process #2' -e blocks -- \
	sh -c '"$0"; :' "$TARGETS/single" </dev/null
is "$status" 0 "status of sh"
has out '^EXIT-SUCCESS$' "output of sh"
take_blocks 1
same_blocks blocks ledger
is "$(grep -cE '^0x' blocks)" 21 "blocks of a program that a shell has started"
echo "ok: programs"

ms run --follow fork,exec --json -o report -e 'wait all' -e processes -- sh \
	-c 'echo a b | tr " " "\n" | sort -r' </dev/null
is "$status" 0 "status of a pipeline"
is "$(tr '\n' ' ' <out)" "b a " "output of a pipeline"
for name in tr sort; do
	has report "\"program\":\"[^\"]*/$name\"[^}]*\"state\":\"ended .exit status 0.\",.*\"calls\":[1-9]" \
		"a pipeline's $name"
done
echo "ok: pipeline"

python=$(PATH=/usr/bin:/bin:$PATH command -v python3)
if [ -n "$python" ]; then
	cat >children.py <<'END'
import multiprocessing, os, subprocess

def work(n):
    return sum(len(bytes(i)) for i in range(1000)) + n

if __name__ == "__main__":
    pid = os.fork()
    if pid == 0:
        os._exit(7 if work(1) == 499501 else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 7
    assert subprocess.run(["echo", "one"], capture_output=True).stdout == b"one\n"
    assert subprocess.check_output("echo two | cat", shell=True) == b"two\n"
    for way in "fork", "spawn":
        with multiprocessing.get_context(way).Pool(2) as pool:
            assert pool.map(work, range(20)) == [499500 + n for n in range(20)]
            pool.close()
            pool.join()
    print("good")
END
	ms run --follow fork,exec -o report -e 'wait all' -e processes -- "$python" children.py \
		</dev/null
	is "$status $(cat out)" "0 good" "python and its children"
	has report ' python[0-9.]* +ended \(exit status 7\)' "a child of python"
	[ "$(grep -cE ' (python[0-9.]*|echo|cat) +ended \(exit status 0\)' report)" -ge 7 ] ||
		fail "children of python: $(cat report)"
	has_not report ' ended \(killed' "children of python"
	echo "ok: python"
fi

# The supervisor is killed, and leaves: nobody is lost, and the forking goes on.
follow_for_a_while() {
	local server

	spawn "$TARGETS/family" 0 1000000000
	server=$pid
	"$MALLOSCOPE" attach --follow fork,exec -o report -e "wait $1" -e processes "$server" \
		</dev/null >out 2>err &
	sleep 0.7
	if [ "$2" = KILL ]; then
		until_true 20 is_traced_by_someone "$server" || fail "family was not attached to"
		kill -KILL $!
	fi
	wait $! 2>/dev/null
	is_left "$server"
	sleep 0.3
	is_left "$server"
	kill -KILL "$server"
}
follow_for_a_while 1 none
[ "$(sed -nE 's/.* family +([0-9]+) ended, .* failed$/\1/p; s/.* family +ended \(exit status 52\)/1/p' report | awk '{ sum += $1 } END { print sum + 0 }')" -ge 3 ] ||
	fail "children followed: $(cat report)"
follow_for_a_while 100 KILL
echo "ok: left"

# A note about a child is printed while a command waits for a call.
spawn "$MALLOSCOPE" run --follow fork -o notes -e 'wait call abort' -- \
	bash -c 'echo $$ >looping; /bin/true; while sleep 0.1; do :; done'
until_true 30 says notes '^# process [0-9]+ executes another program' ||
	fail "no note while a call is awaited: $(cat notes)"
kill -TERM "$pid"
await "$pid" 10 "malloscope that waits for a call"
kill "$(cat looping)"
echo "ok: notes"

# Children that end at once, in groups of 20: all are followed, and come to their end.
ms run --follow fork,exec -o report -e 'wait all' -e processes -- "$TARGETS/family" 5 300 </dev/null
is "$status" 0 "status of a storm"
has out '^EXIT-SUCCESS$' "output of a storm"
has_not report 'limit|not followed' "notes about a storm"
has report ' family +310 ended, 310 failed$' "processes of a storm"
echo "ok: storm"
