#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The bars of `bench --ci`: pairs, threads, many blocks and events against few, a snapshot, a live
# block, the tables.
. "$(dirname "$0")/../lib.sh"

command -v python3 >/dev/null || skip "python3 is missing"
timeout 300 "$srcdir/scripts/bench" --ci --malloscope "$MALLOSCOPE" || fail "see above"
