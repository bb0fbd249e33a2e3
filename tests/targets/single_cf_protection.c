// SPDX-License-Identifier: GPL-3.0-or-later
// build: -fcf-protection=full -g
// Functions begin with landing pads.
#include "single.c"
