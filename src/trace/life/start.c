// SPDX-License-Identifier: GPL-3.0-or-later
// Threads are seized one by one until /proc/PID/task shows no new one. A program is launched as a
// child that waits in a pipe until it is seized, and is then let into its exec.
#include "config.h"

#include "trace/life/start.h"

#include "base/clock.h"
#include "base/fault.h"
#include "base/io.h"
#include "trace/life/follow.h"
#include "trace/life/setid.h"
#include "trace/life/stops.h"
#include "trace/os/memory.h"
#include "trace/os/process.h"
#include "trace/os/stop.h"
#include "trace/os/task.h"
#include "trace/os/threads.h"
#include "trace/os/wait.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/** How long to wait for a thread that another tracer still has. A tracer that detaches releases its
 *  threads one by one. */
#define FOREIGN_TIMEOUT_NS (2 * NS_PER_S)
/** How long an exec may take to get through its point of no return, where nobody can be seized. */
#define EXEC_TIMEOUT_NS (200 * NS_PER_MS)

/** Seize one thread of process tgid. False: errno tells; *is_foreign_ret: it can be tried again. */
static bool seize_thread(struct process *p, pid_t tid, pid_t tgid, bool *is_foreign_ret)
{
	int errnum;

	if (ptrace(PTRACE_SEIZE, tid, 0, STOP_SEIZE_OPTIONS) == 0) {
		FAULT_POINT("seize");
		errno = ENOMEM;
		return thread_add(p, tid, tgid) != NULL;
	}
	errnum = errno;
	*is_foreign_ret = errnum == EPERM && task_is_foreign(tid);
	errno = errnum;
	return false;
}

/** Leaves errno alone. */
static bool is_live_leader(const struct process *p, pid_t tid)
{
	int errnum = errno;
	bool is_live = tid == p->pid && io_live_task(tid) == tid;

	errno = errnum;
	return is_live;
}

/** Seize what /proc/PID/task lists and we do not have. False: failed, errno tells. */
static bool seize_round(struct process *p, bool *has_new_ret, bool *has_foreign_ret)
{
	const struct dirent *entry;
	bool is_ok = true, is_retry;
	char path[32];
	pid_t tid;
	DIR *dir;

	*has_new_ret = *has_foreign_ret = false;
	snprintf(path, sizeof(path), "/proc/%d/task", (int)p->pid);
	dir = opendir(path);
	if (!dir)
		return false;
	while (is_ok && (entry = readdir(dir))) {
		tid = atoi(entry->d_name);
		if (tid <= 0 || thread_find(p, tid))
			continue;
		is_retry = false;
		if (seize_thread(p, tid, p->pid, &is_retry))
			*has_new_ret = true;
		else if (is_retry)
			*has_foreign_ret = true;
		else
			// A thread that ends, or that is ours already, is no failure; the leader
			// must be had, if it lives.
			is_ok = (errno == ESRCH || errno == EPERM) && !is_live_leader(p, tid);
	}
	closedir(dir);
	return is_ok;
}

/** A thread that was inside clone when it was seized makes a thread that the kernel does not attach
 *  for us. The new one shows in /proc/PID/task only when clone is done. So every thread that does
 *  not sleep is stopped once, for a moment: after that it is not in the middle of clone. Returns
 *  the number of threads that were interrupted. */
static size_t interrupt_unsettled(struct process *p)
{
	size_t num = 0, i, num_interrupted = 0;
	const pid_t *tids = thread_list(p, &num);
	struct thread *t;

	for (i = 0; i < num; i++) {
		t = thread_find(p, tids[i]);
		if (t->is_settled)
			continue;
		t->is_settled = true;
		if (task_is_asleep(t->tid) || !thread_interrupt(t))
			continue;
		num_interrupted++;
	}
	return num_interrupted;
}

static bool is_awaited(struct process *p, pid_t tid)
{
	const struct thread *t = thread_find(p, tid);

	return t && t->is_interrupted;
}

/** Returns whether there was anything to settle: then the list must be looked at again. */
static bool settle(struct process *p)
{
	uint64_t deadline = clock_now_ns() + FOREIGN_TIMEOUT_NS;
	const struct timespec pause = {.tv_nsec = 50000};
	size_t num_awaited = interrupt_unsettled(p);
	bool has_any = num_awaited != 0, was_awaited;
	struct stop stop;
	pid_t tid;

	// One that does not stop sleeps in the kernel where nothing wakes it: it makes no threads
	// there.
	while (num_awaited && clock_now_ns() < deadline) {
		tid = waiter_next(p->tracer->waiter, WNOHANG, &stop);
		if (tid < 0 && errno != EINTR)
			break;
		if (tid <= 0) {
			nanosleep(&pause, NULL);
			continue;
		}
		was_awaited = is_awaited(p, tid);
		stops_handle(p, &stop);
		num_awaited -= was_awaited && !is_awaited(p, tid);
	}
	return has_any;
}

/** In the middle of an exec the kernel refuses the leader for a moment, or the leader seems gone.
 *  Those threads that we have may have to be let through the exec. */
static bool is_executing(struct process *p, int errnum)
{
	const struct timespec pause = {.tv_nsec = 1000000};
	struct stop stop;

	if ((errnum != EPERM && errnum != ESRCH) || !io_live_task(p->pid))
		return false;
	while (waiter_next(p->tracer->waiter, WNOHANG, &stop) > 0)
		stops_handle(p, &stop);
	nanosleep(&pause, NULL);
	return true;
}

/** Seize a child of p's that shares its memory, by vfork or clone with CLONE_VM: our breakpoints
 *  would be in its code, too. Returns whether it is ours now. */
static bool seize_sharer(struct process *p, pid_t pid)
{
	struct thread *t;
	bool is_retry;

	if (thread_find(p, pid) || !follow_shares_memory(p, pid) ||
	    !seize_thread(p, pid, pid, &is_retry))
		return false;
	t = thread_find(p, pid);
	t->is_watching_exec = setid_must_watch();
	return true;
}

/** The kernel lists the children of each thread, where it is built with CONFIG_PROC_CHILDREN. */
static bool seize_sharers_of(struct process *p, const struct thread *t)
{
	bool has_new = false;
	char path[64];
	FILE *file;
	int pid;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", (int)t->tgid, (int)t->tid);
	file = fopen(path, "re");
	if (!file)
		return false;
	while (fscanf(file, "%d", &pid) == 1)
		has_new |= seize_sharer(p, pid);
	fclose(file);
	return has_new;
}

/** They were made before we came. Returns whether there are any that we did not have. */
static bool seize_sharers(struct process *p)
{
	bool has_new = false;
	size_t num = 0, i;

	// The children of new ones are found in the next round.
	thread_list(p, &num);
	for (i = 0; i < num; i++)
		has_new |= seize_sharers_of(p, thread_find(p, p->tids.items[i]));
	return has_new;
}

enum tracer_stage start_attach(struct process *p, pid_t pid, int *errnum_ret)
{
	uint64_t deadline = clock_now_ns() + FOREIGN_TIMEOUT_NS;
	uint64_t exec_deadline = clock_now_ns() + EXEC_TIMEOUT_NS;
	const struct timespec pause = {.tv_nsec = 1000000};
	bool has_new, has_foreign;

	p->pid = pid;
	do {
		if (!seize_round(p, &has_new, &has_foreign)) {
			*errnum_ret = errno;
			if (clock_now_ns() < exec_deadline && is_executing(p, *errnum_ret)) {
				has_new = true;
				continue;
			}
			return TRACER_FAILED_SEIZE;
		}
		if (has_foreign && clock_now_ns() > deadline) {
			*errnum_ret = EPERM;
			return TRACER_FAILED_SEIZE;
		}
		if (has_foreign)
			nanosleep(&pause, NULL);
	} while (has_new || has_foreign || settle(p) || seize_sharers(p));
	if (!p->threads.num) {
		*errnum_ret = ESRCH;
		return TRACER_FAILED_SEIZE;
	}
	p->has_no_leader = !thread_find(p, pid);
	FAULT_POINT("seized");
	if (memory_open_process(p))
		return TRACER_STARTED;
	*errnum_ret = errno;
	return TRACER_FAILED_MEM;
}

/** In the child: run the program once the parent has seized us. Writes errno to report_fd on
 *  failure. */
static _Noreturn void child_main(const struct tracer_options *options, int go_fd, int report_fd)
{
	sigset_t none;
	char byte;
	int fd;

	if (options->want_own_group)
		setpgid(0, 0);
	if (options->stdin_path) {
		fd = open(options->stdin_path, O_RDONLY);
		if (fd < 0 || dup2(fd, STDIN_FILENO) < 0)
			goto fail;
		if (fd != STDIN_FILENO)
			close(fd);
	}
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	if (read(go_fd, &byte, 1) != 1)
		_exit(127);
	// Not execvp(): it would hand what the kernel refuses to a shell.
	execv(options->path, options->argv);
fail:
	fd = errno;
	if (write(report_fd, &fd, sizeof(fd)) < 0)
		_exit(126);
	_exit(127);
}

/** Wait until the child has executed the program (its PTRACE_EVENT_EXEC is handled) or has
 *  failed. */
static bool wait_for_exec(struct process *p)
{
	struct stop stop;
	int status;
	pid_t tid;

	for (;;) {
		tid = waitpid(p->pid, &status, __WALL);
		if (tid < 0 && errno == EINTR)
			continue;
		if (tid != p->pid)
			return false;
		stop = stop_classify(tid, status);
		if (stop_is_end(&stop))
			return false;
		stops_handle(p, &stop);
		if (stop.kind == STOP_EXEC)
			return true;
	}
}

enum tracer_stage start_launch(struct process *p, const struct tracer_options *options,
			       int *errnum_ret)
{
	enum tracer_stage stage = TRACER_STARTED;
	int go[2], report[2];

	if (pipe2(go, O_CLOEXEC) < 0 || pipe2(report, O_CLOEXEC) < 0) {
		*errnum_ret = errno;
		return TRACER_FAILED_SETUP;
	}
	p->pid = fork();
	if (p->pid < 0) {
		*errnum_ret = errno;
		return TRACER_FAILED_SETUP;
	}
	if (p->pid == 0) {
		// With an end of its own it would wait for ever for that of the pipe, should we die
		// or give up.
		close(go[1]);
		close(report[0]);
		child_main(options, go[0], report[1]);
	}
	close(go[0]);
	close(report[1]);
	if (ptrace(PTRACE_SEIZE, p->pid, 0, STOP_SEIZE_OPTIONS) < 0 ||
	    !thread_add(p, p->pid, p->pid)) {
		*errnum_ret = errno;
		stage = TRACER_FAILED_SEIZE;
		// It has run nothing of the program's.
		kill(p->pid, SIGKILL);
		waitpid(p->pid, NULL, __WALL);
	} else if (write(go[1], "", 1) != 1 || !wait_for_exec(p)) {
		stage = TRACER_FAILED_EXEC;
		if (read(report[0], errnum_ret, sizeof(*errnum_ret)) != sizeof(*errnum_ret))
			*errnum_ret = ECHILD;
	}
	// A child that was not let go reads the end of the pipe and ends.
	close(go[1]);
	close(report[0]);
	return stage;
}
