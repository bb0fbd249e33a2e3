// SPDX-License-Identifier: GPL-3.0-or-later
// build: -s
// No symbols but the dynamic ones: the ledger's functions have no names.
#include "single.c"
