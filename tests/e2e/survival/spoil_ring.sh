#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A target whose bug writes into the ring that it shares with malloscope goes on as it would have,
# whatever the word and its value: malloscope says what has happened, and nobody waits for room in a
# ring that only looks full.
. "$(dirname "$0")/../lib.sh"

ms run -o listing -e 'wait exit' -e status -- "$TARGETS/spoil_ring"
is "$status" 0 "status"
has out '^EXIT-SUCCESS$' 'the target comes to its end'
spoilt=$(sed -n 's/^spoilt //p' out)
[ "$spoilt" != 0 ] ||
	skip "with the engine $(sed -n 's/^engine: //p' listing) nothing is shared with the target"
cat out err >>listing
has listing 'holds broken events' 'it is told'
has listing 'not traced any more' 'the end is told'
echo "ok: $spoilt words"
