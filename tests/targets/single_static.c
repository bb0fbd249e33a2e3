// SPDX-License-Identifier: GPL-3.0-or-later
// build: -static -DLEDGER_STATIC
// A static executable: no dynamic linker, no rendezvous.
#include "single.c"
