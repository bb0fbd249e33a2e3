// SPDX-License-Identifier: GPL-3.0-or-later
/** System calls that a thread of the target makes for us. */
#ifndef TRACE_OS_INJECT_H
#define TRACE_OS_INJECT_H

#include "arch/arch.h"

#include <stdbool.h>
#include <stdint.h>

struct process;
struct thread;

/** Stubs, used in turn, and the bytes that they need. */
#define INJECT_STUBS      4u
#define INJECT_STUBS_SIZE (INJECT_STUBS * ARCH_STUB_SIZE)

/** From now on the stubs are at addr: INJECT_STUBS_SIZE bytes of executable memory, which an
 *  earlier tracer may have used for the same. */
void inject_use_stubs(struct process *p, uint64_t addr);
/** Run one system call on a thread, registers fetched, that stands in user mode or behind a system
 *  call: at a trap, at PTRACE_EVENT_STOP, at the exit of a system call. Its registers and signal
 *  mask are as before afterwards, also when we are killed meanwhile: it makes the call in a stub
 *  that brings them back, if there is room for one (stubs_addr, cave_stub). -EPERM without a call
 *  when a seccomp filter is in the way and cannot be suspended. False: the thread vanished, or the
 *  call was not made because other stops came without end. */
bool inject_syscall(struct process *p, struct thread *t, long nr, const uint64_t args[6],
		    int64_t *result_ret);
/** Let t, whose signals but SIGTRAP are blocked, go on to its next stop by request
 *  (PTRACE_SINGLESTEP, PTRACE_SYSCALL). A group-stop that comes in between lets it go on all the
 *  same; *has_stop is set then, and the caller ends with inject_stop_again(). False: t vanished,
 *  its end not waited for, or other stops came without end. */
bool inject_step(struct thread *t, int request, bool *has_stop);
/** When the thread goes on it comes into its group-stop once more, before it executes anything. */
void inject_stop_again(struct thread *t, bool has_stop);

#endif
