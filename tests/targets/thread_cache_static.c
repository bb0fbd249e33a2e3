// SPDX-License-Identifier: GPL-3.0-or-later
// build: -static -pthread -DLEDGER_STATIC
// The same with the allocator in the program's own file.
#include "thread_cache.c"
