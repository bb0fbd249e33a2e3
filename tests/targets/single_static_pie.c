// SPDX-License-Identifier: GPL-3.0-or-later
// build: -static-pie -fPIE -DLEDGER_STATIC
// A static executable that is moved when it starts.
#include "single.c"
