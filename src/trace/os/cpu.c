// SPDX-License-Identifier: GPL-3.0-or-later
// Where the tracer runs, and whether it sleeps between stops. Measurements: doc/PERFORMANCE.md.
//
// Tracer and target take turns. A tracer that sleeps leaves its CPU idle. The scheduler then keeps
// the two on different CPUs, and each turn wakes an idle CPU, which costs several times the stop
// itself. So while stops come fast the tracer looks for the next one without sleeping
// (trace/life/tracer.c), unless other work waits for a CPU.
//
// With exactly two CPUs even more can be saved: on one CPU a turn costs half of what it costs
// across two. But while the tracer works, its own CPU is busy and the other one is idle, and the
// scheduler wakes the target on the idle one, every time. So the tracer stays on the target's CPU.
// A thread of it with less priority, the keep-busy thread, keeps the other CPU from being idle,
// unless other programs do that. Its policy is not SCHED_IDLE: a CPU with such a thread counts as
// idle (select_idle_sibling(), sched_idle_cpu() in Linux kernel/sched/fair.c). The target would be
// woken there as soon as we come to its CPU, and the two would change places at every look. With
// more CPUs there would always be another idle one.
#include "config.h"

#include "trace/os/cpu.h"

#include "arch/arch.h"
#include "base/clock.h"
#include "base/io.h"
#include "base/log.h"
#include "trace/os/cpu_internal.h"

#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

/** How many stops pass between two looks at where the target runs and who else does; and before a
 *  look that is to confirm the one before it. */
#define CHECK_STOPS   128
#define CONFIRM_STOPS 16
/** Others come before it until it is told to make room. Yet it gets to run soon enough to end with
 *  its process: who waits for the tracer's end waits for this thread as well. */
#define KEEPER_NICE 5
/** After so long without a stop, the keep-busy thread gives up its CPU. */
#define KEEP_BUSY_NS 300000
/** Field of /proc/PID/stat, counted from the one behind the command name (proc(5): field 39 is
 *  the processor). */
#define STAT_PROCESSOR_FIELD (39 - 3)

static int processor_of(pid_t tid)
{
	char path[48], text[1024], *p;
	unsigned i;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)tid);
	if (!io_read_head(path, text, sizeof(text)))
		return -1;
	// The command name may hold anything, a ')' too.
	p = strrchr(text, ')');
	for (i = 0; p && i <= STAT_PROCESSOR_FIELD; i++)
		p = strchr(p + 1, ' ');
	return p ? atoi(p + 1) : -1;
}

/** Threads that run or want to on this machine. */
static int num_running(void)
{
	char text[128], *p;
	unsigned i;

	// proc(5): three averages, then RUNNABLE/ALL.
	if (!io_read_head("/proc/loadavg", text, sizeof(text)))
		return 0;
	for (p = text, i = 0; p && i < 3; i++)
		p = strchr(p + 1, ' ');
	return p ? atoi(p + 1) : 0;
}

static void bind_to(pid_t tid, int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	sched_setaffinity(tid, sizeof(set), &set);
}

/** The stop first: one that comes between the two would lie in the future. */
static bool is_busy_of_late(const struct cpu *c)
{
	uint64_t last = __atomic_load_n(&c->last_stop_ns, __ATOMIC_ACQUIRE);

	return clock_now_ns() < last + KEEP_BUSY_NS;
}

static void *keeper_main(void *ctx)
{
	struct cpu *c = ctx;
	unsigned i;

	// The supervisor learns of our death from the end of the socket. That must not wait until
	// this thread gets a CPU to die on.
	if (unshare(CLONE_FILES) == 0)
		close(c->socket);
	setpriority(PRIO_PROCESS, 0, KEEPER_NICE);
	__atomic_store_n(&c->keeper_tid, (pid_t)syscall(SYS_gettid), __ATOMIC_RELEASE);
	for (;;) {
		if (__atomic_load_n(&c->is_keeping_busy, __ATOMIC_ACQUIRE) && is_busy_of_late(c)) {
			for (i = 0; i < 1000; i++)
				arch_pause();
			continue;
		}
		__atomic_store_n(&c->is_keeping_busy, 0, __ATOMIC_RELEASE);
		syscall(SYS_futex, &c->is_keeping_busy, FUTEX_WAIT, 0, NULL, NULL, 0);
	}
	return NULL;
}

static void start_keeper(struct cpu *c)
{
	const struct sched_param param = {0};
	pthread_attr_t attr;
	pthread_t thread;
	sigset_t all, old;
	int errnum;

	pthread_attr_init(&attr);
	pthread_attr_setinheritsched(&attr, PTHREAD_EXPLICIT_SCHED);
	pthread_attr_setschedpolicy(&attr, SCHED_BATCH);
	pthread_attr_setschedparam(&attr, &param);
	pthread_attr_setstacksize(&attr, 64 << 10);
	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &old);
	// Without it things are only slower.
	errnum = pthread_create(&thread, &attr, keeper_main, c);
	if (errnum)
		log_debug("no keep-busy thread: %s", strerror(errnum));
	c->is_keeper_started = true;
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	pthread_attr_destroy(&attr);
}

/** The usable CPUs, if they are exactly two. */
static bool find_two_cpus(struct cpu *c)
{
	cpu_set_t set;
	int cpu, num = 0;

	if (sched_getaffinity(0, sizeof(set), &set) < 0 || CPU_COUNT(&set) != 2)
		return false;
	for (cpu = 0; cpu < CPU_SETSIZE && num < 2; cpu++)
		if (CPU_ISSET(cpu, &set))
			c->cpus[num++] = cpu;
	return num == 2;
}

struct cpu *cpu_create(int socket)
{
	struct cpu *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->socket = socket;
	c->num_cpus = (int)sysconf(_SC_NPROCESSORS_ONLN);
	c->is_off = c->num_cpus != 2 || !find_two_cpus(c);
	c->bound_to = c->keeper_cpu = -1;
	return c;
}

void cpu_destroy(struct cpu *c)
{
	free(c);
}

bool cpu_is_crowded(const struct cpu *c)
{
	return c->is_crowded;
}

static void let_go(struct cpu *c)
{
	cpu_set_t set;

	__atomic_store_n(&c->is_keeping_busy, 0, __ATOMIC_RELEASE);
	if (c->bound_to < 0)
		return;
	CPU_ZERO(&set);
	CPU_SET(c->cpus[0], &set);
	CPU_SET(c->cpus[1], &set);
	sched_setaffinity(0, sizeof(set), &set);
	c->bound_to = -1;
}

static void settle(struct cpu *c, int cpu)
{
	if (cpu == c->bound_to)
		return;
	bind_to(0, cpu);
	c->bound_to = cpu;
}

/** Keep the CPU that we are not on from being idle. */
static void keep_other_busy(struct cpu *c)
{
	int other = c->bound_to == c->cpus[0] ? c->cpus[1] : c->cpus[0];
	pid_t keeper = __atomic_load_n(&c->keeper_tid, __ATOMIC_ACQUIRE);

	if (!c->is_keeper_started)
		start_keeper(c);
	if (!keeper)
		return;
	if (other != c->keeper_cpu) {
		bind_to(keeper, other);
		c->keeper_cpu = other;
	}
	if (!__atomic_exchange_n(&c->is_keeping_busy, 1, __ATOMIC_ACQ_REL))
		syscall(SYS_futex, &c->is_keeping_busy, FUTEX_WAKE, 1, NULL, NULL, 0);
}

/** Take in a look that found so many others. A single look may come just when the supervisor has a
 *  little to do. It may also count a target that the kernel leaves in the queue for a while after
 *  it has stopped (delayed dequeue, Linux 6.12). So only two looks in a row are believed. */
static void note_others(struct cpu *c, int num_others)
{
	c->num_shared_looks = num_others > 0 ? c->num_shared_looks + 1 : 0;
	c->num_crowded_looks = num_others >= c->num_cpus ? c->num_crowded_looks + 1 : 0;
	c->is_crowded = c->num_crowded_looks > 1;
	c->stops_to_check =
		c->num_shared_looks == 1 || c->num_crowded_looks == 1 ? CONFIRM_STOPS : CHECK_STOPS;
}

void cpu_on_stop(struct cpu *c, pid_t tid, bool is_busy)
{
	int cpu, num_others;

	__atomic_store_n(&c->last_stop_ns, clock_now_ns(), __ATOMIC_RELAXED);
	if (c->stops_to_check) {
		c->stops_to_check--;
		return;
	}
	// The target stands still now; we run, and perhaps the keep-busy thread.
	num_others =
		num_running() - 1 - (int)__atomic_load_n(&c->is_keeping_busy, __ATOMIC_RELAXED);
	note_others(c, num_others);
	if (c->is_off || c->num_shared_looks == 1)
		return;
	if (!is_busy && !c->is_crowded) {
		let_go(c);
		return;
	}
	cpu = processor_of(tid);
	if (cpu != c->cpus[0] && cpu != c->cpus[1])
		return;
	settle(c, cpu);
	if (c->num_shared_looks)
		__atomic_store_n(&c->is_keeping_busy, 0, __ATOMIC_RELEASE);
	else
		keep_other_busy(c);
}
