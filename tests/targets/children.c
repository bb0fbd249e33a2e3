// SPDX-License-Identifier: GPL-3.0-or-later
// build: -g -pthread -fno-ipa-icf
// children [ROUNDS]: children of every kind allocate and must come to their own good end, while a
// thread of the parent goes on. The first thing that a forked one does is to look whether a
// breakpoint is in its text: with FOLLOWED in the environment it has to, else it must not.
#include "sites.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/wait.h>

extern char **environ;

static struct ledger ledger;
static struct ledger thread_ledger;
static atomic_bool has_to_end;
static const char *self;
static bool is_followed;

static void *work(void *arg)
{
	uint64_t random = 77;

	(void)arg;
	while (!atomic_load(&has_to_end)) {
		for (int i = 0; i < 10; i++)
			sites_work(&thread_ledger, &random);
		ledger_sleep_ms(1);
	}
	return NULL;
}

static void allocate_much(void)
{
	for (size_t i = 0; i < 500; i++) {
		void *p = site_malloc(i);

		REQUIRE(p);
		p = site_realloc(p, 2 * i + 1);
		site_free(p);
	}
}

static void expect(pid_t pid, int status)
{
	int got;

	REQUIRE(pid > 0);
	while (waitpid(pid, &got, 0) < 0)
		REQUIRE(errno == EINTR);
	REQUIRE(WIFEXITED(got));
	REQUIRE(WEXITSTATUS(got) == status);
}

static void check_text(void)
{
	if (is_followed)
		REQUIRE(ledger_is_traced());
	else
		// A tracer that is killed before it has cleaned us leaves its traps.
		REQUIRE(getenv("MALLOSCOPE_FAULT") || !ledger_is_touched());
}

static void use_fork(void)
{
	pid_t pid = fork();

	if (pid == 0) {
		check_text();
		allocate_much();
		// A child of the child.
		pid = fork();
		if (pid == 0) {
			check_text();
			allocate_much();
			_exit(43);
		}
		expect(pid, 43);
		_exit(42);
	}
	expect(pid, 42);
}

static void *fork_in_thread(void *arg)
{
	(void)arg;
	use_fork();
	return NULL;
}

static void use_thread(void)
{
	pthread_t thread;

	REQUIRE(!pthread_create(&thread, NULL, fork_in_thread, NULL));
	REQUIRE(!pthread_join(thread, NULL));
}

// What fork() does, without its handlers.
static void use_clone(void)
{
	pid_t pid = (pid_t)syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL);

	if (pid == 0) {
		check_text();
		_exit(48);
	}
	expect(pid, 48);
}

static int shares_memory(void *arg)
{
	void *p = malloc(444);

	KEEP(p);
	free(p);
	*(int *)arg = 1;
	return 49;
}

// A process of its own in our memory; while it runs this thread allocates nothing, for they have
// the same thread-local storage.
static void use_clone_vm(int flags)
{
	static char stack[64 << 10] __attribute__((aligned(16)));
	int has_run = 0;

	expect(clone(shares_memory, stack + sizeof(stack), flags | CLONE_VM | SIGCHLD, &has_run),
	       49);
	REQUIRE(has_run);
}

// The first child ends at once, its child belongs to nobody.
static void use_daemon(void)
{
	char byte = 0;
	pid_t pid;
	int fds[2];

	REQUIRE(!pipe(fds));
	pid = fork();
	if (pid == 0) {
		setsid();
		pid = fork();
		if (pid == 0) {
			check_text();
			allocate_much();
			_exit(write(fds[1], "d", 1) != 1);
		}
		_exit(pid > 0 ? 41 : 1);
	}
	expect(pid, 41);
	close(fds[1]);
	REQUIRE(read(fds[0], &byte, 1) == 1 && byte == 'd');
	close(fds[0]);
}

// What POSIX allows a child of vfork is less than this; with this C library it works, and programs
// do it.
static void use_vfork(void)
{
	pid_t pid = vfork();

	if (pid == 0) {
		void *p = malloc(333);

		KEEP(p);
		free(p);
		_exit(44);
	}
	expect(pid, 44);
}

static void use_vfork_exec(void)
{
	pid_t pid = vfork();

	if (pid == 0) {
		execl(self, self, "child", (char *)NULL);
		_exit(1);
	}
	expect(pid, 45);
}

static void use_spawn(void)
{
	char child[] = "child";
	char *argv[] = {(char *)(uintptr_t)self, child, NULL};
	pid_t pid;

	REQUIRE(posix_spawn(&pid, self, NULL, NULL, argv, environ) == 0);
	expect(pid, 45);
}

static void use_system(void)
{
	int status = system("x=$(echo 4 | cat | cat); exit ${x}6");

	REQUIRE(WIFEXITED(status));
	REQUIRE(WEXITSTATUS(status) == 46);
}

static void use_popen(void)
{
	char text[16] = "";
	FILE *pipe = popen("echo 47", "r");

	REQUIRE(pipe);
	REQUIRE(fgets(text, sizeof(text), pipe));
	REQUIRE(strcmp(text, "47\n") == 0);
	REQUIRE(pclose(pipe) == 0);
}

int main(int argc, char **argv)
{
	size_t num_rounds = argc > 1 ? strtoul(argv[1], NULL, 10) : 10;
	pthread_t thread;

	self = "/proc/self/exe";
	if (argc > 1 && strcmp(argv[1], "child") == 0) {
		allocate_much();
		return 45;
	}
	is_followed = getenv("FOLLOWED") != NULL;
	ledger_init();
	ledger_add_slots(&ledger, 64);
	ledger_add_slots(&thread_ledger, 64);
	ledger_wait_traced();
	REQUIRE(!pthread_create(&thread, NULL, work, NULL));
	for (size_t i = 0; i < num_rounds; i++) {
		if (i < ledger.num_slots)
			slot_set(&ledger.slots[i], site_malloc(i + 1), i + 1, "site_malloc", false);
		use_fork();
		use_thread();
		use_clone();
		use_clone_vm(0);
		use_clone_vm(CLONE_VFORK);
		use_daemon();
		use_vfork();
		use_vfork_exec();
		use_spawn();
		use_system();
		use_popen();
	}
	atomic_store(&has_to_end, true);
	REQUIRE(!pthread_join(thread, NULL));
	ledger_checkpoint();
	return ledger_finish();
}
