// SPDX-License-Identifier: GPL-3.0-or-later
/** System calls that a thread of the target makes for us. */
#ifndef TRACE_OS_INJECT_H
#define TRACE_OS_INJECT_H

#include "arch/arch.h"

#include <stdbool.h>
#include <stdint.h>

struct process;
struct stop;
struct thread;

/** How many stubs there are, used in turn, and how many bytes they need. */
#define INJECT_STUBS      4u
#define INJECT_STUBS_SIZE (INJECT_STUBS * ARCH_STUB_SIZE)

/** Use the stubs at addr from now on: INJECT_STUBS_SIZE bytes of executable memory. An earlier
 *  tracer may have used them for the same. */
void inject_use_stubs(struct process *p, uint64_t addr);
/** Make thread t, registers fetched, run one system call. It must stand in user mode or behind a
 *  system call: at a trap, at PTRACE_EVENT_STOP, or at the exit of a system call. Afterwards its
 *  registers and signal mask are as before. This holds even if we are killed meanwhile: t makes the
 *  call in a stub that restores them, if there is room for one (stubs_addr, cave_stub). *result_ret
 *  is -EPERM, without a call, when a seccomp filter forbids it and cannot be suspended. False: t
 *  vanished, or the call was not made because other stops came without end. */
bool inject_syscall(struct process *p, struct thread *t, long nr, const uint64_t args[6],
		    int64_t *result_ret);
/** Let t go on to its next stop by request (PTRACE_SINGLESTEP, PTRACE_SYSCALL). All its signals
 *  except SIGTRAP must be blocked. If a group-stop comes in between, t goes on all the same;
 *  *has_stop is then set, and the caller ends with inject_stop_again(). False: t vanished and its
 *  end was not waited for, or other stops came without end. */
bool inject_step(struct thread *t, int request, bool *has_stop);
/** The next stop of t, which was told to go on, and comes to one soon. False: t has died. */
bool inject_await(struct thread *t, struct stop *ret);
/** If has_stop, the thread comes into its group-stop again when it goes on, before it executes
 *  anything. */
void inject_stop_again(struct thread *t, bool has_stop);

#endif
