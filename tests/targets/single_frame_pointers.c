// SPDX-License-Identifier: GPL-3.0-or-later
// build: -g -fno-omit-frame-pointer -mno-omit-leaf-frame-pointer
// Frame pointers everywhere.
#include "single.c"
