// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "trace/engine.h"

#include <sys/ptrace.h>
#include <sys/wait.h>

/** From so many threads on a look for whichever of them has stopped costs more than one for each of
 *  those that stopped last: the kernel goes through all of them, doc/PERFORMANCE.md. */
#define MANY_THREADS 64
/** So often in a row the last ones come first. */
#define MAX_FAVOURS 64

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
		stops_consume(info.si_pid);
	return info.si_pid;
}

pid_t stops_wait(int flags, int *status_ret)
{
	return look(P_ALL, 0, flags, status_ret);
}

pid_t stops_wait_recent(struct tracer *tracer, int *status_ret)
{
	pid_t tid;
	size_t i;

	if (tracer->owners.num < MANY_THREADS || ++tracer->num_favours > MAX_FAVOURS) {
		tracer->num_favours = 0;
		return 0;
	}
	for (i = 0; i < STOPS_RECENT; i++) {
		// Each has its turn to be the first.
		tid = tracer->recent[(tracer->next_recent + i) % STOPS_RECENT];
		if (!tid)
			continue;
		tid = look(P_PID, tid, WNOHANG, status_ret);
		if (tid < 0)
			tracer->recent[(tracer->next_recent + i) % STOPS_RECENT] = 0;
		if (tid <= 0)
			continue;
		tracer->next_recent = (tracer->next_recent + i + 1) % STOPS_RECENT;
		return tid;
	}
	return 0;
}

void stops_note_recent(struct tracer *tracer, pid_t tid)
{
	size_t i;

	if (tracer->owners.num < MANY_THREADS)
		return;
	for (i = 0; i < STOPS_RECENT; i++)
		if (tracer->recent[i] == tid)
			return;
	tracer->recent[tracer->oldest_recent] = tid;
	tracer->oldest_recent = (tracer->oldest_recent + 1) % STOPS_RECENT;
}

void stops_consume(pid_t tid)
{
	siginfo_t info;

	// waitid(), as waitpid() would take an exit as well.
	if (waitid(P_PID, (id_t)tid, &info, WSTOPPED | WNOHANG | __WALL) < 0)
		return;
}
