// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef ARCH_X86_64_CALLEE_H
#define ARCH_X86_64_CALLEE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** As struct arch's callee. Needs no C library. */
void arch_x86_64_callee(bool (*read)(void *ctx, uint64_t addr, void *buf, size_t size), void *ctx,
			uint64_t return_addr, uint64_t targets_ret[2]);

#endif
