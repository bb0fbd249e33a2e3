// SPDX-License-Identifier: GPL-3.0-or-later
// A thread makes a system call for us in a stub: code that brings its registers and its signal mask
// back by itself, should we be killed meanwhile. Signals are blocked from before the call until
// after it.
#include "config.h"

#include "trace/os/inject.h"

#include "base/fault.h"
#include "trace/os/filter.h"
#include "trace/os/memory.h"
#include "trace/os/process.h"
#include "trace/os/regs.h"
#include "trace/os/stop.h"
#include "trace/os/task.h"
#include "trace/os/threads.h"
#include "trace/os/wait.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/** How many stops that are not the awaited one are enough: a flood of SIGSTOP. */
#define MAX_STOPS 100
/** Looks for a stop, each after letting others run, between two that also see whether the thread
 *  lives, after a moment of sleep. */
#define AWAIT_YIELDS 64

/** The next stop of t, which is on its way. False: t has died; whoever waits for all threads is
 *  told of it. This never blocks on t alone. If a leader is killed because another thread executes
 *  a program, it is not reported before all others were waited for, and the exec does not end
 *  before that. */
bool inject_await(struct thread *t, struct stop *ret)
{
	const struct timespec pause = {.tv_nsec = 20000};
	siginfo_t info;
	unsigned i;
	int status;

	for (i = 1;; i++) {
		info.si_pid = 0;
		if (waitid(P_PID, (id_t)t->tid, &info,
			   WEXITED | WSTOPPED | WNOWAIT | WNOHANG | __WALL) < 0 &&
		    errno != EINTR)
			return false;
		if (info.si_pid && info.si_code != CLD_TRAPPED && info.si_code != CLD_STOPPED)
			return false;
		if (info.si_pid && waitpid(t->tid, &status, __WALL | WNOHANG) == t->tid) {
			*ret = stop_classify(t->tid, status);
			return !stop_is_end(ret);
		}
		if (i % AWAIT_YIELDS) {
			sched_yield();
			continue;
		}
		if (task_is_dead(t->tid))
			return false;
		nanosleep(&pause, NULL);
	}
}

bool inject_step(struct thread *t, int request, bool *has_stop)
{
	enum stop_kind awaited = request == PTRACE_SYSCALL ? STOP_SYSCALL : STOP_TRAP;
	struct stop stop;
	unsigned i;
	int sig = 0;

	for (i = 0; i < MAX_STOPS; i++) {
		if (ptrace(request, t->tid, 0, sig) < 0 || !inject_await(t, &stop))
			return false;
		if (stop.kind == awaited)
			return true;
		// Nothing blocks SIGSTOP: it is delivered, and the group-stop comes next. Nor is a
		// SIGTRAP blocked that somebody sends.
		sig = stop.kind == STOP_SIGNAL || stop.kind == STOP_TRAP ? stop.sig : 0;
		*has_stop |= stop.kind == STOP_GROUP;
	}
	return false;
}

void inject_stop_again(struct thread *t, bool has_stop)
{
	if (has_stop)
		ptrace(PTRACE_INTERRUPT, t->tid, 0, 0);
}

/** The last serial number in the stubs, by whoever has used them. */
static uint64_t last_serial(struct process *p)
{
	uint64_t serial, last = 0;
	size_t i;

	for (i = 0; i < INJECT_STUBS; i++)
		if (pread(p->mem_fd, &serial, sizeof(serial),
			  (off_t)(p->stubs_addr + i * ARCH_STUB_SIZE + ARCH_STUB_SERIAL)) ==
			    sizeof(serial) &&
		    serial > last)
			last = serial;
	return last;
}

void inject_use_stubs(struct process *p, uint64_t addr)
{
	p->stubs_addr = addr;
	if (!p->stub_serial)
		p->stub_serial = last_serial(p);
}

/** Where the next stub goes. 0: nowhere. */
static uint64_t next_stub(struct process *p)
{
	if (!p->stubs_addr)
		return p->cave_stub;
	// A thread that an earlier tracer has left behind may still be in the last one.
	return p->stubs_addr + ++p->stub_serial % INJECT_STUBS * ARCH_STUB_SIZE;
}

/** Where t makes the system call and comes back from by itself should we be gone by then. Where no
 *  stub can be, just a system call instruction. */
static uint64_t prepare_stub(struct process *p, struct thread *t, const struct arch_regs *back,
			     uint64_t mask)
{
	uint8_t code[ARCH_STUB_SIZE];
	uint64_t addr = next_stub(p);

	if (!addr)
		return p->syscall_insn;
	p->arch->stub(back, mask, p->stub_serial, code);
	if (!memory_write(p, p->mem_fd, t->tid, addr, code, sizeof(code)))
		return p->syscall_insn;
	FAULT_POINT("stub");
	return addr;
}

/** Registers of user mode, that t can be given again whatever comes in between. */
static void finish_syscall(struct process *p, struct thread *t)
{
	struct arch_regs before = t->regs;
	bool is_restarted;

	if (!p->arch->finish_syscall(&t->regs, &is_restarted) || !is_restarted)
		return;
	t->interrupted = before;
	t->has_restarted = true;
}

/** What the filters of t say about a call, and about the call by which a stub restores the signal
 *  mask. */
static bool is_allowed(struct process *p, struct thread *t, long nr, const uint64_t args[6],
		       bool *want_suspend_ret)
{
	static const uint64_t set_mask[6] = {SIG_SETMASK, 0, 0, sizeof(uint64_t)};

	*want_suspend_ret = false;
	if (!filter_exists(t))
		return true;
	if (!filter_allows(p, t, SYS_rt_sigprocmask, set_mask, p->syscall_insn))
		return false;
	*want_suspend_ret = !filter_allows(p, t, nr, args, p->syscall_insn);
	return !*want_suspend_ret || filter_suspend(t);
}

/** t, at the beginning of the call, to its entry and its exit; *regs_ret are its registers then.
 *  Not one single step: the trap flag would outlive us. */
static bool make_call(struct thread *t, struct arch_regs *regs_ret)
{
	bool has_stop = false, is_done;

	is_done = inject_step(t, PTRACE_SYSCALL, &has_stop);
	FAULT_POINT("entered");
	is_done = is_done && inject_step(t, PTRACE_SYSCALL, &has_stop) &&
		  regs_get(arch_host(), t->tid, regs_ret);
	inject_stop_again(t, has_stop);
	return is_done;
}

bool inject_syscall(struct process *p, struct thread *t, long nr, const uint64_t args[6],
		    int64_t *result_ret)
{
	// Signals wait until it is over; a trap must not (a blocked forced signal resets its
	// handler).
	uint64_t mask, all = ~(1ull << (SIGTRAP - 1));
	struct arch_regs back, regs;
	bool is_suspended, is_done;

	if (!is_allowed(p, t, nr, args, &is_suspended)) {
		*result_ret = -EPERM;
		return true;
	}
	// The signal of its stop must not come when we die.
	wait_consume(t->tid);
	finish_syscall(p, t);
	back = regs = t->regs;
	if (t->parked_pc)
		p->arch->set_pc(&back, t->parked_pc);
	// The registers come before the mask, and the mask before the registers: in between, t
	// would come back through the stub.
	if (ptrace(PTRACE_GETSIGMASK, t->tid, sizeof(mask), &mask) < 0)
		return false;
	p->arch->set_syscall(&regs, prepare_stub(p, t, &back, mask), nr, args);
	if (!regs_set(p->arch, t->tid, &regs))
		return false;
	FAULT_POINT("inject");
	if (ptrace(PTRACE_SETSIGMASK, t->tid, sizeof(all), &all) < 0)
		return false;
	FAULT_POINT("masked");
	is_done = make_call(t, &regs);
	if (is_suspended)
		filter_resume(t);
	FAULT_POINT("injected");
	// Even when it never got there; at its entry that takes the call back, since these are
	// registers of user mode.
	if (ptrace(PTRACE_SETSIGMASK, t->tid, sizeof(mask), &mask) < 0)
		return false;
	FAULT_POINT("unmasked");
	if (!regs_set(p->arch, t->tid, &back) || !is_done)
		return false;
	*result_ret = p->arch->syscall_result(&regs);
	return true;
}
