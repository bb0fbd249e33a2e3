// SPDX-License-Identifier: GPL-3.0-or-later
// build: -g -pthread -fno-ipa-icf
// blocking [SECONDS [MS]]: threads that sit in system calls which an interruption would end early.
// Each must come back after its time and with its own result, whatever is done to the process
// meanwhile. With MS each thread waits again and again, MS milliseconds at a time, in the calls
// that have a time. With BLOCKING_IGNORED=1 in the environment signals that are ignored come all
// the time, half of them because that is their default.
#include "sites.h"

#include <linux/aio_abi.h>
#include <linux/futex.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/select.h>
#include <sys/sem.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

static long wait_ms;
static long total_ms;
/** MS was given. */
static bool is_often;
static atomic_bool is_over;
static int queue;
static aio_context_t aio;
static int socket_fds[2];
static int full_fds[2];
static pid_t child;
static int lock_fd;
static char lock_path[32];
static int pipe_fds[2];
static int listen_fd;
static int semaphores;
static atomic_int num_waiting;
static int futex_word;

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static struct timespec wait_time(void)
{
	return (struct timespec){wait_ms / 1000, wait_ms % 1000 * 1000000};
}

static bool wait_nanosleep(void)
{
	struct timespec t = wait_time();

	return nanosleep(&t, NULL) == 0;
}

static bool wait_clock_nanosleep(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	t.tv_nsec += wait_ms % 1000 * 1000000;
	t.tv_sec += wait_ms / 1000 + t.tv_nsec / 1000000000;
	t.tv_nsec %= 1000000000;
	return clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL) == 0;
}

static bool wait_ppoll(void)
{
	struct timespec t = wait_time();
	struct pollfd fd = {.fd = -1};
	sigset_t set;

	sigemptyset(&set);
	return ppoll(&fd, 1, &t, &set) == 0;
}

static bool wait_pselect(void)
{
	struct timespec t = wait_time();
	sigset_t set;

	sigemptyset(&set);
	return pselect(0, NULL, NULL, NULL, &t, &set) == 0;
}

static bool wait_poll(void)
{
	struct pollfd fd = {.fd = -1};

	return poll(&fd, 1, (int)wait_ms) == 0;
}

static bool wait_select(void)
{
	struct timeval t = {wait_ms / 1000, wait_ms % 1000 * 1000};

	return select(0, NULL, NULL, NULL, &t) == 0;
}

static bool wait_epoll(void)
{
	struct epoll_event event;
	int fd = epoll_create1(0), n = epoll_wait(fd, &event, 1, (int)wait_ms);

	close(fd);
	return n == 0;
}

static bool wait_epoll_pwait(void)
{
	struct epoll_event event;
	int fd = epoll_create1(0), n;
	sigset_t set;

	sigemptyset(&set);
	n = epoll_pwait(fd, &event, 1, (int)wait_ms, &set);
	close(fd);
	return n == 0;
}

static bool wait_io_getevents(void)
{
	struct timespec t = wait_time();
	struct io_event event;

	return syscall(SYS_io_getevents, aio, 1, 1, &event, &t) == 0;
}

static bool wait_recv(void)
{
	char byte;

	return recv(socket_fds[0], &byte, 1, 0) < 0 && errno == EAGAIN;
}

static bool wait_send(void)
{
	char byte = 0;

	return send(full_fds[0], &byte, 1, 0) < 0 && errno == EAGAIN;
}

static bool wait_msgrcv(void)
{
	struct {
		long type;
		char text[8];
	} message;

	return msgrcv(queue, &message, sizeof(message.text), 0, 0) == 1 && message.type == 7;
}

static bool wait_waitpid(void)
{
	int status;

	return waitpid(child, &status, 0) == child && status == 0;
}

/** Nothing ends it but the signal of main(), whose handler makes it fail with EINTR. */
static bool wait_pause(void)
{
	return pause() < 0 && errno == EINTR;
}

static bool wait_flock(void)
{
	// A lock of main()'s, which goes with its descriptor.
	int fd = open(lock_path, O_RDWR | O_CLOEXEC);
	struct flock lock = {.l_type = F_WRLCK, .l_len = 1};
	bool is_good = fcntl(fd, F_OFD_SETLKW, &lock) == 0;

	close(fd);
	return is_good;
}

static bool wait_read(void)
{
	char byte;

	return read(pipe_fds[0], &byte, 1) == 1;
}

static bool wait_accept(void)
{
	return accept(listen_fd, NULL, NULL) >= 0;
}

static bool wait_futex(void)
{
	struct timespec t = wait_time();

	return syscall(SYS_futex, &futex_word, FUTEX_WAIT_PRIVATE, 0, &t, NULL, 0) < 0 &&
	       errno == ETIMEDOUT;
}

static bool wait_semop(void)
{
	struct sembuf op = {.sem_num = 0, .sem_op = -1};

	return semop(semaphores, &op, 1) == 0;
}

static bool wait_semtimedop(void)
{
	struct sembuf op = {.sem_num = 1, .sem_op = -1};
	struct timespec t = wait_time();

	return semtimedop(semaphores, &op, 1, &t) < 0 && errno == EAGAIN;
}

static bool wait_signal(void)
{
	struct timespec t = wait_time();
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	return sigtimedwait(&set, NULL, &t) < 0 && errno == EAGAIN;
}

static struct wait {
	const char *name;
	bool (*fn)(void);
	/** It ends when main() does something, not by time. */
	bool is_endless;
	/** Its time is one of a socket, which the kernel counts in ticks of up to 10 ms: begun
	 *  between two ticks it ends up to one of them early. */
	bool is_coarse;
	pthread_t thread;
	bool is_good;
} waits[] = {
	{.name = "nanosleep", .fn = wait_nanosleep},
	{.name = "clock_nanosleep", .fn = wait_clock_nanosleep},
	{.name = "poll", .fn = wait_poll},
	{.name = "ppoll", .fn = wait_ppoll},
	{.name = "select", .fn = wait_select},
	{.name = "pselect", .fn = wait_pselect},
	{.name = "epoll_wait", .fn = wait_epoll},
	{.name = "epoll_pwait", .fn = wait_epoll_pwait},
	{.name = "futex", .fn = wait_futex},
	{.name = "semtimedop", .fn = wait_semtimedop},
	{.name = "sigtimedwait", .fn = wait_signal},
	{.name = "io_getevents", .fn = wait_io_getevents},
	{.name = "recv", .fn = wait_recv, .is_coarse = true},
	{.name = "send", .fn = wait_send, .is_coarse = true},
	{.name = "read", .fn = wait_read, .is_endless = true},
	{.name = "accept", .fn = wait_accept, .is_endless = true},
	{.name = "semop", .fn = wait_semop, .is_endless = true},
	{.name = "msgrcv", .fn = wait_msgrcv, .is_endless = true},
	{.name = "waitpid", .fn = wait_waitpid, .is_endless = true},
	{.name = "pause", .fn = wait_pause, .is_endless = true},
	{.name = "fcntl", .fn = wait_flock, .is_endless = true},
};

#define NUM_WAITS (sizeof(waits) / sizeof(waits[0]))

static bool wait_once(const struct wait *w)
{
	int64_t begin = now_ms();

	return w->fn() && now_ms() - begin >= wait_ms - (w->is_coarse ? 10 : 2);
}

static void *wait_in(void *arg)
{
	struct wait *w = arg;

	atomic_fetch_add(&num_waiting, 1);
	do
		w->is_good = wait_once(w);
	while (is_often && w->is_good && !atomic_load(&is_over));
	return NULL;
}

static socklen_t listen_somewhere(struct sockaddr_un *address)
{
	socklen_t size = sizeof(*address);

	*address = (struct sockaddr_un){.sun_family = AF_UNIX};
	listen_fd = socket(AF_UNIX, SOCK_STREAM, 0);
	// The kernel picks a name.
	REQUIRE(bind(listen_fd, (struct sockaddr *)address, sizeof(sa_family_t)) == 0);
	REQUIRE(getsockname(listen_fd, (struct sockaddr *)address, &size) == 0);
	REQUIRE(listen(listen_fd, 1) == 0);
	return size;
}

static void on_end(int signal)
{
	(void)signal;
}

static void make_sockets(void)
{
	struct timeval t = {wait_ms / 1000, wait_ms % 1000 * 1000};
	static const char bytes[65536];

	REQUIRE(socketpair(AF_UNIX, SOCK_STREAM, 0, socket_fds) == 0);
	REQUIRE(setsockopt(socket_fds[0], SOL_SOCKET, SO_RCVTIMEO, &t, sizeof(t)) == 0);
	REQUIRE(socketpair(AF_UNIX, SOCK_STREAM, 0, full_fds) == 0);
	while (send(full_fds[0], bytes, sizeof(bytes), MSG_DONTWAIT) > 0)
		;
	REQUIRE(setsockopt(full_fds[0], SOL_SOCKET, SO_SNDTIMEO, &t, sizeof(t)) == 0);
}

/** A child that ends after the other waits. */
static void make_child(void)
{
	child = fork();
	REQUIRE(child >= 0);
	if (child == 0) {
		ledger_sleep_ms(wait_ms + 20);
		_exit(0);
	}
}

/** SIGURG, SIGWINCH: ignored by default. SIGUSR1: the program ignores it. */
static void *send_ignored(void *arg)
{
	static const int signals[] = {SIGURG, SIGUSR1, SIGWINCH, SIGURG};

	(void)arg;
	for (unsigned i = 0; !atomic_load(&is_over); i++) {
		for (size_t k = 0; k < NUM_WAITS; k++)
			if (!is_often || !waits[k].is_endless)
				pthread_kill(waits[k].thread, signals[i % 4]);
		ledger_sleep_ms(7);
	}
	return NULL;
}

static void release(const struct sockaddr_un *address, socklen_t address_size)
{
	struct sembuf op = {.sem_num = 0, .sem_op = 1};
	struct {
		long type;
		char text[1];
	} message = {7, "x"};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	REQUIRE(write(pipe_fds[1], "x", 1) == 1);
	REQUIRE(semop(semaphores, &op, 1) == 0);
	REQUIRE(connect(fd, (const struct sockaddr *)address, address_size) == 0);
	REQUIRE(msgsnd(queue, &message, 1, 0) == 0);
	for (size_t i = 0; i < NUM_WAITS; i++)
		if (waits[i].fn == wait_pause)
			REQUIRE(pthread_kill(waits[i].thread, SIGUSR2) == 0);
}

static void start_waits(void)
{
	struct flock lock = {.l_type = F_WRLCK, .l_len = 1};
	int num = 0;

	lock_fd = memfd_create("lock", MFD_CLOEXEC);
	snprintf(lock_path, sizeof(lock_path), "/proc/self/fd/%d", lock_fd);
	REQUIRE(lock_fd >= 0 && fcntl(lock_fd, F_OFD_SETLK, &lock) == 0);
	for (size_t i = 0; i < NUM_WAITS; i++) {
		if (is_often && waits[i].is_endless)
			continue;
		REQUIRE(!pthread_create(&waits[i].thread, NULL, wait_in, &waits[i]));
		num++;
	}
	while (atomic_load(&num_waiting) < num)
		ledger_sleep_ms(1);
}

static bool join_waits(void)
{
	bool is_good = true;

	for (size_t i = 0; i < NUM_WAITS; i++) {
		if (is_often && waits[i].is_endless)
			continue;
		REQUIRE(!pthread_join(waits[i].thread, NULL));
		is_good = is_good && waits[i].is_good;
		ledger_print(1, waits[i].name);
		ledger_print(1, waits[i].is_good ? ": good\n" : ": came back early or wrong\n");
	}
	return is_good;
}

int main(int argc, char **argv)
{
	struct sigaction end = {.sa_handler = on_end};
	struct sockaddr_un address;
	socklen_t address_size;
	pthread_t sender;

	total_ms = argc > 1 ? atol(argv[1]) * 1000 : 3000;
	is_often = argc > 2;
	wait_ms = is_often ? atol(argv[2]) : total_ms;
	ledger_init();
	signal(SIGUSR1, SIG_IGN);
	sigaction(SIGUSR2, &end, NULL);
	REQUIRE(pipe(pipe_fds) == 0);
	address_size = listen_somewhere(&address);
	semaphores = semget(IPC_PRIVATE, 2, 0600);
	queue = msgget(IPC_PRIVATE, 0600);
	REQUIRE(semaphores >= 0 && queue >= 0 && syscall(SYS_io_setup, 4, &aio) == 0);
	make_sockets();
	if (!is_often)
		make_child();
	start_waits();
	ledger_sleep_ms(20);
	ledger_print(1, "ready\n");
	if (getenv("BLOCKING_IGNORED"))
		REQUIRE(!pthread_create(&sender, NULL, send_ignored, NULL));
	ledger_sleep_ms(total_ms);
	atomic_store(&is_over, true);
	if (getenv("BLOCKING_IGNORED"))
		REQUIRE(!pthread_join(sender, NULL));
	close(lock_fd);
	if (!is_often)
		release(&address, address_size);
	if (!join_waits())
		return 1;
	REQUIRE(semctl(semaphores, 0, IPC_RMID) == 0 && msgctl(queue, IPC_RMID, NULL) == 0);
	return ledger_finish();
}
