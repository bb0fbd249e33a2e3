// SPDX-License-Identifier: GPL-3.0-or-later
// build: -g -pthread -fno-ipa-icf
// signals [ROUNDS]: what a program can see of the delivery of signals, and checks itself: the pc
// and the address of a fault, in allocators' callers too; real-time signals in order and number;
// recovery on an alternate stack; which calls are restarted; timers at 10 kHz. All while it
// allocates.
#include "sites.h"

#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/wait.h>
#include <ucontext.h>

static struct ledger ledger;
static uint64_t random_state = 4711;
static char *page;
static volatile unsigned num_faults;
static volatile uintptr_t fault_pc;
static volatile uintptr_t fault_addr;
static sigjmp_buf escape;

/** Code of files, from /proc/self/maps. */
static struct {
	uintptr_t start, end;
} texts[64];
static unsigned num_texts;

static void work(unsigned num)
{
	for (unsigned i = 0; i < num; i++)
		sites_work(&ledger, &random_state);
}

static uintptr_t pc_of(void *context)
{
	return (uintptr_t)((ucontext_t *)context)->uc_mcontext.gregs[REG_RIP];
}

static void set_handler(int signal, void (*handler)(int, siginfo_t *, void *), int flags)
{
	struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO | flags};

	REQUIRE(sigaction(signal, &action, NULL) == 0);
}

// The instruction behind the call faults. It is where an allocator returns to.
__asm__(".text\n"
	".type malloc_then_store, @function\n"
	"malloc_then_store:\n"
	".cfi_startproc\n"
	"push %rbx\n"
	".cfi_def_cfa_offset 16\n"
	".cfi_offset %rbx, -16\n"
	"mov %rdi, %rbx\n"
	"mov $40, %edi\n"
	"call malloc@plt\n"
	"store_of_malloc_then_store:\n"
	"movb $7, (%rbx)\n"
	"pop %rbx\n"
	".cfi_def_cfa_offset 8\n"
	"ret\n"
	".cfi_endproc\n"
	".size malloc_then_store, .-malloc_then_store\n");
void *malloc_then_store(char *where);
extern const char store_of_malloc_then_store[];

static void on_fault(int signal, siginfo_t *info, void *context)
{
	(void)signal;
	num_faults++;
	fault_pc = pc_of(context);
	fault_addr = (uintptr_t)info->si_addr;
	if (mprotect(page, 4096, PROT_READ | PROT_WRITE) < 0)
		_exit(91);
}

static void check_faults(unsigned num)
{
	set_handler(SIGSEGV, on_fault, 0);
	for (unsigned i = 0; i < num; i++) {
		char *p;

		*page = 0;
		REQUIRE(mprotect(page, 4096, PROT_NONE) == 0);
		p = (char *)malloc_then_store(page);
		REQUIRE(num_faults == i + 1 && *page == 7);
		REQUIRE(fault_pc == (uintptr_t)store_of_malloc_then_store);
		REQUIRE(fault_addr == (uintptr_t)page);
		// The block is whole.
		memset(p, 1, 40);
		free(p);
	}
}

static void on_overflow(int signal, siginfo_t *info, void *context)
{
	(void)signal;
	(void)info;
	(void)context;
	num_faults++;
	siglongjmp(escape, 1);
}

static __attribute__((noinline)) unsigned recurse(unsigned depth)
{
	volatile char frame[4096];

	frame[depth % sizeof(frame)] = 1;
	free(site_malloc(16));
	return depth > 100000000 ? 0 : recurse(depth + 1) + (unsigned)frame[depth % sizeof(frame)];
}

/** The thread of its own has a small stack. */
static void *overflow(void *arg)
{
	stack_t stack = {.ss_size = 65536, .ss_sp = ledger_map(65536)};
	const unsigned *num = arg;

	num_faults = 0;
	REQUIRE(sigaltstack(&stack, NULL) == 0);
	set_handler(SIGSEGV, on_overflow, SA_ONSTACK);
	for (unsigned i = 0; i < *num; i++)
		if (!sigsetjmp(escape, 1))
			recurse(0);
	REQUIRE(num_faults == *num);
	stack.ss_flags = SS_DISABLE;
	REQUIRE(sigaltstack(&stack, NULL) == 0);
	return NULL;
}

static void check_overflows(unsigned num)
{
	pthread_attr_t attr;
	pthread_t thread;

	pthread_attr_init(&attr);
	REQUIRE(pthread_attr_setstacksize(&attr, 256 << 10) == 0);
	REQUIRE(pthread_create(&thread, &attr, overflow, &num) == 0);
	REQUIRE(pthread_join(thread, NULL) == 0);
}

static volatile int last_value;
static volatile int last_signal;
static volatile unsigned num_queued;

static void on_queued(int signal, siginfo_t *info, void *context)
{
	(void)context;
	// Lower numbers first, then in the order of their sending (POSIX 2.4.2; Linux for the
	// first).
	if (signal < last_signal ||
	    (signal == last_signal && info->si_value.sival_int != last_value + 1) ||
	    (signal > last_signal && info->si_value.sival_int != 0))
		_exit(92);
	last_signal = signal;
	last_value = info->si_value.sival_int;
	num_queued++;
}

static void check_queued(unsigned num)
{
	sigset_t set, old;

	sigemptyset(&set);
	for (int i = 0; i < 3; i++) {
		set_handler(SIGRTMIN + i, on_queued, 0);
		sigaddset(&set, SIGRTMIN + i);
	}
	// One handler at a time.
	for (int i = 0; i < 3; i++) {
		struct sigaction action = {
			.sa_sigaction = on_queued, .sa_flags = SA_SIGINFO, .sa_mask = set};

		REQUIRE(sigaction(SIGRTMIN + i, &action, NULL) == 0);
	}
	REQUIRE(pthread_sigmask(SIG_BLOCK, &set, &old) == 0);
	last_signal = num_queued = 0;
	for (unsigned i = 0; i < num; i++)
		for (int k = 2; k >= 0; k--)
			REQUIRE(sigqueue(getpid(), SIGRTMIN + k,
					 (union sigval){.sival_int = (int)i}) == 0);
	work(10);
	// They come highest number last on the stack of handlers, so the first to run is the
	// lowest: each is delivered with the others blocked.
	REQUIRE(pthread_sigmask(SIG_SETMASK, &old, NULL) == 0);
	work(10);
	REQUIRE(num_queued == 3 * num);
}

static volatile unsigned num_ticks;
static volatile unsigned num_outside;

static bool is_in_text(uintptr_t pc)
{
	for (unsigned i = 0; i < num_texts; i++)
		if (pc >= texts[i].start && pc < texts[i].end)
			return true;
	return false;
}

/** Where ticks come faster than the thread gets on, the same pc comes again and again: it counts
 *  once. */
static void on_tick(int signal, siginfo_t *info, void *context)
{
	static uintptr_t last;
	uintptr_t pc = pc_of(context);

	(void)signal;
	(void)info;
	num_ticks++;
	num_outside += pc != last && !is_in_text(pc);
	last = pc;
}

static void read_texts(void)
{
	static char text[1 << 18];
	int fd = open("/proc/self/maps", O_RDONLY);
	ssize_t n, size = 0;

	while ((n = read(fd, text + size, sizeof(text) - 1 - (size_t)size)) > 0)
		size += n;
	close(fd);
	for (char *line = text, *end; (end = strchr(line, '\n')) && num_texts < 64;
	     line = end + 1) {
		unsigned long start, stop;
		char mode[8];

		*end = '\0';
		if (sscanf(line, "%lx-%lx %7s", &start, &stop, mode) == 3 && mode[2] == 'x' &&
		    (strchr(line, '/') || strchr(line, '['))) {
			texts[num_texts].start = start;
			texts[num_texts++].end = stop;
		}
	}
}

/** Ticks at 10 kHz of CPU or of wall clock; the program does num rounds meanwhile. */
static void check_ticks(unsigned num)
{
	struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGPROF};
	const struct itimerspec every = {{0, 100000}, {0, 100000}};
	timer_t timer;

	num_ticks = num_outside = 0;
	set_handler(SIGPROF, on_tick, SA_RESTART);
	REQUIRE(timer_create(CLOCK_MONOTONIC, &event, &timer) == 0);
	REQUIRE(timer_settime(timer, 0, &every, NULL) == 0);
	work(num * 20);
	REQUIRE(timer_delete(timer) == 0);
	// In the middle of a displaced call, and one of two when ticks come faster than steps.
	REQUIRE(num_outside <= 20 + num_ticks / 3 * 2);
}

static volatile unsigned num_alarms;

static void on_alarm(int signal, siginfo_t *info, void *context)
{
	(void)signal;
	(void)info;
	(void)context;
	num_alarms++;
}

/** Its state in /proc, behind the name in parentheses. Who is stopped sleeps again later. */
static bool is_asleep(int stat)
{
	char text[256];
	const char *name_end;
	ssize_t len = pread(stat, text, sizeof(text) - 1, 0);

	REQUIRE(len > 0);
	text[len] = '\0';
	name_end = strrchr(text, ')');
	REQUIRE(name_end && name_end[1]);
	return name_end[2] == 'S';
}

/** Each signal finds the parent in its read(), however busy the machine is. */
static pid_t send_alarms(int fd)
{
	pid_t parent = getpid(), pid = fork();
	char path[64];
	int stat;

	REQUIRE(pid >= 0);
	if (pid)
		return pid;
	snprintf(path, sizeof(path), "/proc/%d/stat", (int)parent);
	stat = open(path, O_RDONLY);
	REQUIRE(stat >= 0);
	for (int i = 0; i < 5; i++) {
		ledger_sleep_ms(2);
		while (!is_asleep(stat))
			ledger_sleep_ms(1);
		kill(parent, SIGUSR2);
	}
	ledger_sleep_ms(2);
	_exit(write(fd, "x", 1) != 1);
}

/** read() is broken off by each signal, or by none. */
static void check_restart(void)
{
	int fds[2], status;
	unsigned num_eintr;
	char byte;
	pid_t pid;

	REQUIRE(pipe(fds) == 0);
	for (int flags = 0; flags <= SA_RESTART; flags += SA_RESTART) {
		set_handler(SIGUSR2, on_alarm, flags);
		num_alarms = num_eintr = 0;
		pid = send_alarms(fds[1]);
		while (read(fds[0], &byte, 1) != 1) {
			REQUIRE(errno == EINTR);
			num_eintr++;
			free(site_malloc(10));
		}
		while (waitpid(pid, &status, 0) < 0)
			REQUIRE(errno == EINTR);
		REQUIRE(status == 0 && num_alarms >= 1 && num_alarms <= 5);
		REQUIRE(num_eintr <= num_alarms);
		REQUIRE(flags || num_eintr >= 1);
		REQUIRE(!flags || num_eintr == 0);
	}
	close(fds[0]);
	close(fds[1]);
}

int main(int argc, char **argv)
{
	unsigned num_rounds = argc > 1 ? (unsigned)atoi(argv[1]) : 3;

	ledger_init();
	ledger_add_slots(&ledger, 128);
	page = (char *)ledger_map(4096);
	read_texts();
	ledger_wait_traced();
	for (unsigned i = 0; i < num_rounds; i++) {
		num_faults = 0;
		check_faults(30);
		check_overflows(2);
		check_queued(50);
		check_ticks(200);
		check_restart();
		check_ticks(200);
	}
	set_handler(SIGSEGV, on_fault, 0);
	ledger_checkpoint();
	return ledger_finish();
}
