// SPDX-License-Identifier: GPL-3.0-or-later
// build: -g -pthread -fno-ipa-icf
// blocking [SECONDS]: threads that sit in system calls which an interruption would end early. Each
// must come back after its time and with its own result, whatever is done to the process meanwhile.
#include "sites.h"

#include <linux/futex.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/epoll.h>
#include <sys/ipc.h>
#include <sys/select.h>
#include <sys/sem.h>
#include <sys/socket.h>
#include <sys/un.h>

static long wait_ms;
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
	int fd = epoll_create1(0);

	return epoll_wait(fd, &event, 1, (int)wait_ms) == 0;
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
	pthread_t thread;
	bool is_good;
} waits[] = {
	{.name = "nanosleep", .fn = wait_nanosleep},
	{.name = "poll", .fn = wait_poll},
	{.name = "select", .fn = wait_select},
	{.name = "epoll_wait", .fn = wait_epoll},
	{.name = "read", .fn = wait_read},
	{.name = "accept", .fn = wait_accept},
	{.name = "futex", .fn = wait_futex},
	{.name = "semop", .fn = wait_semop},
	{.name = "semtimedop", .fn = wait_semtimedop},
	{.name = "sigtimedwait", .fn = wait_signal},
};

#define NUM_WAITS (sizeof(waits) / sizeof(waits[0]))

static void *wait_in(void *arg)
{
	struct wait *w = arg;
	int64_t begin = now_ms();

	atomic_fetch_add(&num_waiting, 1);
	w->is_good = w->fn() && now_ms() - begin >= wait_ms - 2;
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

static void release(const struct sockaddr_un *address, socklen_t address_size)
{
	struct sembuf op = {.sem_num = 0, .sem_op = 1};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	REQUIRE(write(pipe_fds[1], "x", 1) == 1);
	REQUIRE(semop(semaphores, &op, 1) == 0);
	REQUIRE(connect(fd, (const struct sockaddr *)address, address_size) == 0);
}

int main(int argc, char **argv)
{
	struct sockaddr_un address;
	socklen_t address_size;
	bool is_good = true;

	wait_ms = argc > 1 ? atol(argv[1]) * 1000 : 3000;
	ledger_init();
	REQUIRE(pipe(pipe_fds) == 0);
	address_size = listen_somewhere(&address);
	semaphores = semget(IPC_PRIVATE, 2, 0600);
	REQUIRE(semaphores >= 0);
	for (size_t i = 0; i < NUM_WAITS; i++)
		REQUIRE(!pthread_create(&waits[i].thread, NULL, wait_in, &waits[i]));
	while ((size_t)atomic_load(&num_waiting) < NUM_WAITS)
		ledger_sleep_ms(1);
	ledger_sleep_ms(20);
	ledger_print(1, "ready\n");
	is_good = wait_nanosleep();
	if (!is_good)
		ledger_print(1, "main: came back early\n");
	release(&address, address_size);
	for (size_t i = 0; i < NUM_WAITS; i++) {
		REQUIRE(!pthread_join(waits[i].thread, NULL));
		is_good = is_good && waits[i].is_good;
		ledger_print(1, waits[i].name);
		ledger_print(1, waits[i].is_good ? ": good\n" : ": came back early or wrong\n");
	}
	REQUIRE(semctl(semaphores, 0, IPC_RMID) == 0);
	return is_good ? ledger_finish() : 1;
}
