// SPDX-License-Identifier: GPL-3.0-or-later
// build: -g -pthread -fno-ipa-icf
// children [ROUNDS]: children of every kind allocate and must come to their own good end, while a
// thread of the parent goes on.
#include "sites.h"

#include <pthread.h>
#include <spawn.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/wait.h>

extern char **environ;

static struct ledger ledger;
static struct ledger thread_ledger;
static atomic_bool has_to_end;
static const char *self;

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

static void use_fork(void)
{
	pid_t pid = fork();

	if (pid == 0) {
		allocate_much();
		// A child of the child.
		pid = fork();
		if (pid == 0) {
			allocate_much();
			_exit(43);
		}
		expect(pid, 43);
		_exit(42);
	}
	expect(pid, 42);
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
	int status = system("x=$(echo 4); exit ${x}6");

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
	ledger_init();
	ledger_add_slots(&ledger, 64);
	ledger_add_slots(&thread_ledger, 64);
	ledger_wait_traced();
	REQUIRE(!pthread_create(&thread, NULL, work, NULL));
	for (size_t i = 0; i < num_rounds; i++) {
		if (i < ledger.num_slots)
			slot_set(&ledger.slots[i], site_malloc(i + 1), i + 1, "site_malloc", false);
		use_fork();
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
