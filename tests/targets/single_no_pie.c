// SPDX-License-Identifier: GPL-3.0-or-later
// build: -no-pie -fno-pie -g
// An executable at a fixed address.
#include "single.c"
