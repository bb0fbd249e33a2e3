#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A thread that ends gives back what the allocator has kept for it, with calls of free() that the
# program did not make: none of them counts, and every free of an older block that the program makes
# does.
. "$(dirname "$0")/../lib.sh"

from_launch() {
	LEDGER=$dir/ledger ms run -o listing -e 'wait call checkpoint' -e status -e 'wait exit' \
		-- "$@"
	is "$status" 0 "status of run of $*"
	has listing '^oddities: unknown frees=0, replaced blocks=0,' \
		"$* from launch: $(grep '^oddities' listing)"
	echo "ok: $* from launch"
}

attached() {
	LEDGER_WAIT=1 LEDGER=$dir/ledger spawn "$@"
	until_true 10 says "$pid_out" '^ready$' || fail "$* did not get ready"
	ms attach -o listing -e 'wait call checkpoint' -e status "$pid"
	is "$status" 0 "status of attach to $*"
	await "$pid" 30 "$*"
	is "$status" 0 "status of $*"
	has listing '^oddities: unknown frees=0, replaced blocks=0,' \
		"$* attached: $(grep '^oddities' listing)"
	has listing '^older frees: 100 blocks,' "$* attached: $(grep '^older' listing)"
	echo "ok: $* attached"
}

for target in thread_cache thread_cache_static; do
	from_launch "$TARGETS/$target"
	attached "$TARGETS/$target"
done
