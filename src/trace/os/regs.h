// SPDX-License-Identifier: GPL-3.0-or-later
/** Registers of a stopped thread. arch is that of this host, the only one whose threads can be
 *  stopped. False: the thread is gone, or not stopped. */
#ifndef TRACE_OS_REGS_H
#define TRACE_OS_REGS_H

#include "arch/arch.h"
#include "base/cleanup.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/** On failure *ret may have been written. */
bool regs_get(const struct arch *arch, pid_t tid, struct arch_regs *ret) __must_check;
bool regs_set(const struct arch *arch, pid_t tid, const struct arch_regs *regs) __must_check;
/** The pc alone. */
bool regs_set_pc(const struct arch *arch, pid_t tid, uint64_t pc) __must_check;

#endif
