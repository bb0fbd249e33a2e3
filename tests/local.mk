# SPDX-License-Identifier: GPL-3.0-or-later

# Unit tests: FILE.ts goes through checkmk, then links its layer and the ones below.
unit_tests =
unit_h =


# Programs to be traced. Their flags are their own: optimised, no frame pointers, no sanitizers.
targets_c =
targets_cxx =
targets_h =


# End to end: tests/e2e/lib.sh has their manual.
e2e_tests =

test_files =
