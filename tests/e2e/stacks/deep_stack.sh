#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A recursion of 10,000 frames: all of them with a limit above that, the newest 32 by default; the
# row stays one frame.
. "$(dirname "$0")/../lib.sh"

LEDGER=$dir/ledger ms run -n 65535 -o listing -e 'wait call checkpoint' -e blocks -e status \
	-e 'top traceback -n 1' -e 'traceback #1' -e 'wait exit' -- "$TARGETS/recurse" </dev/null
is "$status" 0 "status"
same_blocks listing ledger
# The largest block comes from the deepest level.
is "$(grep -cE '^  File ".*recurse\.c", line [0-9]+, in descend$' listing)" 10000 \
	"frames of the recursion"
is "$(grep -cE '^  File ".*recurse\.c", line [0-9]+, in main$' listing)" 1 "main"

ms run -o listing -e 'wait call checkpoint' -e 'top traceback -n 1' -e 'traceback #1' \
	-- "$TARGETS/recurse" </dev/null
is "$(grep -cE '^  File ".*", line [0-9]+, in ' listing)" 32 "frames by default"
ms run -n 1 -o listing -e 'wait call checkpoint' -e 'top traceback -n 1' -e 'traceback #1' \
	-- "$TARGETS/recurse" </dev/null
is "$(grep -cE '^  File ".*", line [0-9]+, in ' listing)" 1 "frames with -n 1"
has listing '^  File ".*sites\.h", line [0-9]+, in site_malloc$' "the newest frame"
