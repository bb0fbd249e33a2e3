// SPDX-License-Identifier: GPL-3.0-or-later
/** What the seccomp filters of a thread will say to a system call that we want it to make. */
#ifndef TRACE_OS_FILTER_H
#define TRACE_OS_FILTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct process;
struct seccomp_data;
struct sock_filter;
struct thread;

/** Run a program of seccomp(2) for the data. Returns SECCOMP_RET_*. A malformed program kills. */
uint32_t filter_run(const struct sock_filter *insns, size_t num, const struct seccomp_data *data);
/** Tell whether t has a seccomp filter. True also when this is unknown. */
bool filter_exists(const struct thread *t);
/** Tell whether all filters of t, which is stopped, let it make that system call at pc. False also
 *  when the filters cannot be read: the kernel gives them only with CAP_SYS_ADMIN. */
bool filter_allows(struct process *p, const struct thread *t, long nr, const uint64_t args[6],
		   uint64_t pc);
/** Suspend the filters of t until filter_resume(). False: impossible, it needs CAP_SYS_ADMIN. */
bool filter_suspend(const struct thread *t);
void filter_resume(const struct thread *t);

#endif
