// SPDX-License-Identifier: GPL-3.0-or-later
// build: -flto -ffat-lto-objects -g
// Compiled as one by the linker.
#include "single.c"
