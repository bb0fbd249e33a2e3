// SPDX-License-Identifier: GPL-3.0-or-later
// build: -mshstk -fcf-protection=full -g
// Built for shadow stacks.
#include "single.c"
