// SPDX-License-Identifier: GPL-3.0-or-later
/** What the seccomp filters of a thread say of a system call that we want it to make. */
#ifndef TRACE_OS_FILTER_H
#define TRACE_OS_FILTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct process;
struct seccomp_data;
struct sock_filter;
struct thread;

/** What a program of seccomp(2) returns for the data: SECCOMP_RET_*. Malformed ones kill. */
uint32_t filter_run(const struct sock_filter *insns, size_t num, const struct seccomp_data *data);
/** Has t a seccomp filter? True as well when nobody knows. */
bool filter_exists(const struct thread *t);
/** Do all filters of t, which is stopped, let it make that system call at pc? False as well when
 *  they cannot be had: the kernel gives them to CAP_SYS_ADMIN. */
bool filter_allows(struct process *p, const struct thread *t, long nr, const uint64_t args[6],
		   uint64_t pc);
/** No filter of t is asked until filter_resume(). False: not possible; it takes CAP_SYS_ADMIN. */
bool filter_suspend(const struct thread *t);
void filter_resume(const struct thread *t);

#endif
