// SPDX-License-Identifier: GPL-3.0-or-later
// build: -Wl,-z,relro -Wl,-z,now -g
// Every symbol is bound at the start, the table of them read-only.
#include "single.c"
