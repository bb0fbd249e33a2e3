#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# T4: after `stop` there is no trace, `where` finds nothing, the frame limit is kept for the next
# `start`.
. "$(dirname "$0")/../lib.sh"

setarch -R true 2>/dev/null || skip "setarch cannot switch the randomisation of addresses off"
run() {
	timeout -k 5 "$ms_timeout" setarch -R "$MALLOSCOPE" run -n 7 -o listing "$@" \
		-e 'wait exit' -- "$TARGETS/single" >out 2>err </dev/null
	is "$?" 0 "status"
}
run -e 'wait call checkpoint' -e blocks
address=$(awk '$5 == "site_malloc" { print $1; exit }' listing)
run -e 'wait call checkpoint' -e "where $address" -e stop -e "where $address" -e memory -e traces \
	-e 'top'
is "$(grep -cE "^$address: size=" listing)" 1 "where before stop"
is "$(grep -c '^not traced$' listing)" 1 "where after stop"
has listing '^current=0 B \(0 B\), peak=0 B \(0 B\)$' "memory after stop"
has listing '^\[ Top 0 \] live: 0 B in 0 blocks' "top after stop"
has_not listing '^size=' "traces after stop"

spawn sleep 100
ms attach -n 7 -o listing -e stop -e start -e status "$pid" </dev/null
is "$status" 0 "status of attach"
has listing '^tracing: on, nframe=7,' "the limit after stop and start"
is_left "$pid"
exit 0
