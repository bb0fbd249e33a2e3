#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A part of the stack that a walk has read becomes unreadable, and readable again: the walk ends
# early, and the program notices nothing.
. "$(dirname "$0")/../lib.sh"

ms run -o listing -e 'wait exit' -e status -- "$TARGETS/hidden_stack"
is "$status" 0 "status"
has out '^EXIT-SUCCESS$' "the program"
has listing '^engine: '"$ENGINE"'$' "the engine: $(grep '^engine' listing)"
has listing '^unwinding: stacks=[0-9]+, truncated=100,' "walks: $(grep '^unwinding' listing)"
has listing '^truncated: 100 with an unreadable stack: .*/hidden_stack$' \
	"the reason: $(grep '^truncated' listing)"
has listing 'replaced blocks=0, abandoned calls=0, lost events=0' "oddities"
