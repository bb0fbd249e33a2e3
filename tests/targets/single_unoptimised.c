// SPDX-License-Identifier: GPL-3.0-or-later
// build: -g -O0
// Not optimised.
#include "single.c"
