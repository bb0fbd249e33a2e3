// SPDX-License-Identifier: GPL-3.0-or-later
// The tracer process: its main loop, and the supervisor's handle on it. While stops come fast the
// loop looks for the next one without going to sleep.
#include "config.h"

#include "trace/tracer.h"

#include "base/clock.h"
#include "base/fault.h"
#include "base/log.h"
#include "trace/life/commands.h"
#include "trace/life/create.h"
#include "trace/life/detach.h"
#include "trace/life/follow.h"
#include "trace/life/listen.h"
#include "trace/life/start.h"
#include "trace/life/stops.h"
#include "trace/os/cpu.h"
#include "trace/os/emit.h"
#include "trace/os/process.h"
#include "trace/os/stop.h"
#include "trace/os/wait.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/** How long to look for the next stop before sleeping, and how often to try again when it did not
 *  pay. */
#define SPIN_NS         50000
#define SPIN_CREDIT_MAX 16
#define SPIN_RETRY      16

/** First message of the tracer: how starting went. */
struct hello {
	int32_t stage;
	int32_t errnum;
	int32_t target;
};

static void on_kick(int sig)
{
	// Its only use is to break off a blocking system call.
	(void)sig;
}

/** The terminal's signals are not for us: we must live until everything is restored. */
static void set_up_signals(void)
{
	static const int ignored[] = {SIGINT,  SIGQUIT, SIGTERM, SIGHUP,
				      SIGTSTP, SIGTTIN, SIGTTOU, SIGPIPE};
	struct sigaction kick = {.sa_handler = on_kick};
	struct sigaction child = {.sa_handler = SIG_DFL, .sa_flags = SA_NOCLDSTOP};
	size_t i;

	for (i = 0; i < sizeof(ignored) / sizeof(ignored[0]); i++)
		signal(ignored[i], SIG_IGN);
	sigaction(SIGUSR1, &kick, NULL);
	// Saves the kernel a signal at each stop.
	sigaction(SIGCHLD, &child, NULL);
}

/** Ask to be the last process that is killed for lack of memory. We may lack the right to ask; then
 *  it stays as it is. */
static void hold_out(void)
{
	int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
	struct rlimit limit;

	if (fd >= 0) {
		// 0: what a user may go back to after the supervisor has raised its own.
		if (write(fd, "-1000", 5) < 0 && write(fd, "0", 1) < 0)
			log_debug("oom_score_adj stays");
		close(fd);
	}
	// With a limit, memory that is needed later would be refused: only what is there is locked.
	if (getrlimit(RLIMIT_MEMLOCK, &limit) == 0 && limit.rlim_cur == RLIM_INFINITY)
		mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT);
	else
		mlockall(MCL_CURRENT | MCL_ONFAULT);
}

/** Leave the terminal's session, and do not hold files of the supervisor open. */
static void step_aside(void)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	setsid();
	prctl(PR_SET_NAME, "malloscope-trc");
	if (null < 0)
		return;
	dup2(null, STDIN_FILENO);
	dup2(null, STDOUT_FILENO);
	if (!log_is_debug)
		dup2(null, STDERR_FILENO);
	close(null);
}

static void wait_for_news(struct tracer *tracer)
{
	pthread_mutex_lock(&tracer->lock);
	while (!tracer->has_news)
		pthread_cond_wait(&tracer->news, &tracer->lock);
	pthread_mutex_unlock(&tracer->lock);
}

static bool has_orders(const struct tracer *tracer)
{
	return __atomic_load_n(&tracer->has_news, __ATOMIC_ACQUIRE) ||
	       __atomic_load_n(&tracer->is_supervisor_gone, __ATOMIC_ACQUIRE);
}

/** Look for a stop for a little while without sleeping, and let everybody else on this CPU run. 0:
 *  none came. */
static pid_t spin(struct tracer *tracer, struct stop *ret)
{
	uint64_t deadline = clock_now_ns() + SPIN_NS;
	pid_t tid;

	do {
		tid = waiter_next_recent(tracer->waiter, tracer->owners.num, ret);
		if (!tid)
			tid = waiter_next(tracer->waiter, WNOHANG, ret);
		if (tid || has_orders(tracer))
			break;
		sched_yield();
	} while (clock_now_ns() < deadline);
	if (tid > 0)
		tracer->spin_credit += tracer->spin_credit < SPIN_CREDIT_MAX;
	else
		tracer->spin_credit -= tracer->spin_credit >= 2 ? 2 : tracer->spin_credit;
	return tid;
}

/** The next stop. While stops come fast, do not sleep in between. A sleeping tracer leaves its CPU
 *  idle; the scheduler then puts the target on one CPU and us on the other, and each stop wakes two
 *  idle CPUs. That costs several times the stop itself (doc/PERFORMANCE.md). */
static pid_t next_stop(struct tracer *tracer, struct stop *ret)
{
	bool is_crowded = cpu_is_crowded(tracer->cpu);
	pid_t tid = 0;

	if (!is_crowded && (tracer->spin_credit || ++tracer->stops_unspun >= SPIN_RETRY)) {
		tracer->stops_unspun = 0;
		tid = spin(tracer, ret);
	}
	if (!tid && is_crowded)
		tid = waiter_next_recent(tracer->waiter, tracer->owners.num, ret);
	if (!tid && !has_orders(tracer))
		tid = waiter_next(tracer->waiter, 0, ret);
	return tid;
}

static void main_loop(struct tracer *tracer)
{
	struct stop stop;
	pid_t tid;

	while (!tracer->want_detach &&
	       !__atomic_load_n(&tracer->is_supervisor_gone, __ATOMIC_ACQUIRE)) {
		if (__atomic_load_n(&tracer->has_news, __ATOMIC_ACQUIRE)) {
			commands_run(tracer);
			continue;
		}
		tid = next_stop(tracer, &stop);
		if (tid > 0) {
			waiter_note(tracer->waiter, tracer->owners.num, tid);
			stops_handle(follow_owner(tracer, tid), &stop);
		} else if (tid < 0 && errno == ECHILD) {
			wait_for_news(tracer);
		}
	}
}

/** The process that the user has named, with nothing in it yet. */
static struct process *first_process(struct tracer *tracer, const struct tracer_options *options)
{
	struct process *p = process_create(tracer, 0, options->shared, options->nframe);

	if (!p || !vec_push(&tracer->processes, p))
		_exit(1);
	p->has_process_image = options->pid != 0;
	return p;
}

static struct process *set_up(struct tracer *tracer, const struct tracer_options *options,
			      int socket)
{
	tracer->arch = arch_host();
	tracer->socket = socket;
	tracer->follow = options->follow;
	tracer->engine = options->engine;
	tracer->sample_rate = options->sample_rate;
	tracer->channels = options->channels;
	tracer->num_channels = options->num_channels;
	tracer->user_probes = options->probes;
	tracer->waiter = waiter_create();
	tracer->cpu = cpu_create(socket);
	if (!tracer->waiter || !tracer->cpu)
		_exit(1);
	return first_process(tracer, options);
}

static _Noreturn void tracer_main(const struct tracer_options *options, int socket)
{
	static struct tracer state;
	struct tracer *tracer = &state;
	struct process *p = set_up(tracer, options, socket);
	struct hello hello = {0};
	int errnum = 0;

	// The child must not inherit ignored signals: it is forked before they are set.
	if (options->pid)
		hello.stage = start_attach(p, options->pid, &errnum);
	else
		hello.stage = start_launch(p, options, &errnum);
	set_up_signals();
	step_aside();
	hold_out();
	if (hello.stage == TRACER_STARTED && !listen_start(tracer))
		hello.stage = TRACER_FAILED_SETUP;
	hello.errnum = errnum;
	hello.target = p->pid;
	p->shared->pid = p->pid;
	if (send(socket, &hello, sizeof(hello), MSG_NOSIGNAL) != sizeof(hello) ||
	    hello.stage != TRACER_STARTED)
		_exit(1);
	FAULT_POINT("tracer-started");
	main_loop(tracer);
	detach(tracer);
	FAULT_POINT("left");
	if (tracer->want_detach)
		emit_ack(follow_get(tracer, 0), EVENT_ACK, tracer->detach_cookie, 0);
	// The end of this thread releases what is still ours, without stopping it.
	_exit(0);
}

bool tracer_start(const struct tracer_options *options, struct tracer_handle *ret,
		  enum tracer_stage *stage_ret, int *errnum_ret)
{
	struct hello hello = {.stage = TRACER_FAILED_SETUP, .errnum = 0};
	int sockets[2];
	ssize_t n;
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets) < 0 ||
	    (pid = fork()) < 0) {
		*stage_ret = TRACER_FAILED_SETUP;
		*errnum_ret = errno;
		return false;
	}
	fault_processes(pid ? getpid() : getppid(), pid ? pid : getpid());
	if (pid == 0) {
		close(sockets[0]);
		tracer_main(options, sockets[1]);
	}
	close(sockets[1]);
	do
		n = recv(sockets[0], &hello, sizeof(hello), 0);
	while (n < 0 && errno == EINTR);
	if (n == sizeof(hello) && hello.stage == TRACER_STARTED) {
		*ret = (struct tracer_handle){
			.pid = pid, .socket = sockets[0], .target = hello.target};
		return true;
	}
	close(sockets[0]);
	waitpid(pid, NULL, 0);
	*stage_ret = hello.stage;
	*errnum_ret = hello.errnum;
	return false;
}

struct err *tracer_send(const struct tracer_handle *tracer, const struct command *command)
{
	size_t size =
		offsetof(struct command, items) + command->num_items * sizeof(command->items[0]);
	struct command out;
	ssize_t n;

	memcpy(&out, command, size);
	out.process = tracer->process;
	do
		n = send(tracer->socket, &out, size, MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	return n < 0 ? &err_gone : NULL;
}
