// SPDX-License-Identifier: GPL-3.0-or-later
// Stops are found by waitid() with WNOWAIT. Among many threads the kernel searches long, so those
// that stopped last are asked one by one first.
#include "config.h"

#include "trace/os/wait.h"

#include "base/clock.h"
#include "base/vec.h"

#include <errno.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <time.h>

/** From so many threads on, a look for any of them costs more than a look for each of those that
 *  stopped last: the kernel goes through all of them (doc/PERFORMANCE.md). */
#define MANY_THREADS 64
/** How often in a row those that stopped last come first. */
#define MAX_FAVOURS 64
/** How many threads are remembered as those that stopped last. */
#define NUM_RECENT 8

struct waiter {
	/** Threads that stopped last (0: none), whose turn it is to be the first. */
	pid_t recent[NUM_RECENT];
	size_t next;
	size_t oldest;
	/** How often in a row they came first. */
	unsigned num_favours;
	/** What has happened and was not acted on. */
	VEC(struct stop) put_off;
};

struct waiter *waiter_create(void)
{
	return calloc(1, sizeof(struct waiter));
}

void waiter_destroy(struct waiter *w)
{
	if (!w)
		return;
	vec_deinit(&w->put_off);
	free(w);
}

static pid_t look(idtype_t type, pid_t tid, int flags, int *status_ret)
{
	siginfo_t info = {.si_pid = 0};

	if (waitid(type, (id_t)tid, &info, WEXITED | WSTOPPED | WNOWAIT | __WALL | flags) < 0)
		return -1;
	if (!info.si_pid)
		return 0;
	if (info.si_code != CLD_TRAPPED && info.si_code != CLD_STOPPED)
		return waitpid(info.si_pid, status_ret, __WALL | WNOHANG);
	// As waitpid() would have it: W_STOPCODE(), with the event of PTRACE_EVENT_* above.
	*status_ret = info.si_status << 8 | 0x7f;
	// After the exec of a thread that is not the leader nothing else works before
	// (looks_like_a_spurious_pid() in Linux kernel/ptrace.c).
	if (*status_ret >> 16 == PTRACE_EVENT_EXEC)
		wait_consume(info.si_pid);
	return info.si_pid;
}

pid_t waiter_next(struct waiter *w, int flags, struct stop *ret)
{
	int status;
	pid_t tid;

	if (w->put_off.num) {
		*ret = vec_shift(&w->put_off);
		return ret->tid;
	}
	tid = look(P_ALL, 0, flags, &status);
	if (tid > 0)
		*ret = stop_classify(tid, status);
	return tid;
}

pid_t waiter_next_recent(struct waiter *w, size_t num_threads, struct stop *ret)
{
	int status;
	pid_t *turn, tid;
	size_t i;

	if (num_threads < MANY_THREADS || ++w->num_favours > MAX_FAVOURS) {
		w->num_favours = 0;
		return 0;
	}
	for (i = 0; i < NUM_RECENT; i++) {
		turn = &w->recent[(w->next + i) % NUM_RECENT];
		if (!*turn)
			continue;
		tid = look(P_PID, *turn, WNOHANG, &status);
		if (tid < 0)
			*turn = 0;
		if (tid <= 0)
			continue;
		w->next = (w->next + i + 1) % NUM_RECENT;
		*ret = stop_classify(tid, status);
		return tid;
	}
	return 0;
}

void waiter_note(struct waiter *w, size_t num_threads, pid_t tid)
{
	size_t i;

	if (num_threads < MANY_THREADS)
		return;
	for (i = 0; i < NUM_RECENT; i++)
		if (w->recent[i] == tid)
			return;
	w->recent[w->oldest] = tid;
	w->oldest = (w->oldest + 1) % NUM_RECENT;
}

bool wait_look(pid_t tid, uint64_t timeout_ns, struct stop *ret)
{
	uint64_t deadline = clock_now_ns() + timeout_ns;
	const struct timespec pause = {.tv_nsec = 20000};
	siginfo_t info;

	for (;;) {
		info.si_pid = 0;
		if (waitid(P_PID, (id_t)tid, &info,
			   WEXITED | WSTOPPED | WNOWAIT | WNOHANG | __WALL) < 0 &&
		    errno != EINTR)
			return false;
		if (info.si_pid)
			break;
		if (clock_now_ns() > deadline)
			return false;
		nanosleep(&pause, NULL);
	}
	// The end of a task is never like a stop: no more is asked of it.
	*ret = info.si_code == CLD_TRAPPED || info.si_code == CLD_STOPPED
		       ? stop_classify(tid, info.si_status << 8 | 0x7f)
		       : (struct stop){.tid = tid, .kind = STOP_EXITED};
	return true;
}

bool waiter_await(struct waiter *w, pid_t tid, uint64_t timeout_ns, struct stop *ret)
{
	uint64_t deadline = clock_now_ns() + timeout_ns;
	const struct timespec pause = {.tv_nsec = 20000};
	int status;
	pid_t got;

	// Room first: a stop that is forgotten would be one for ever.
	if (!vec_reserve_one(&w->put_off))
		return false;
	for (;;) {
		got = waitpid(tid, &status, __WALL | WNOHANG);
		if (got == tid)
			break;
		if ((got < 0 && errno != EINTR) || clock_now_ns() > deadline)
			return false;
		nanosleep(&pause, NULL);
	}
	*ret = stop_classify(tid, status);
	w->put_off.items[w->put_off.num++] = *ret;
	return true;
}

bool waiter_put_off(struct waiter *w, const struct stop *stop)
{
	return vec_push(&w->put_off, *stop);
}

void wait_consume(pid_t tid)
{
	siginfo_t info;

	// waitid(), as waitpid() would take an exit as well.
	if (waitid(P_PID, (id_t)tid, &info, WSTOPPED | WNOHANG | __WALL) < 0)
		return;
}
