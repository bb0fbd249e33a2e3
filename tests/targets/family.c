// SPDX-License-Identifier: GPL-3.0-or-later
// build: -g -pthread -fno-ipa-icf
// family CHILDREN [ROUNDS]: forks children while a thread allocates; each child, and a child of
// each, does random work in blocks of its own, frees some that it has inherited, writes its ledger
// to LEDGER.PID and ends with its blocks in place; then so does the first process, with
// checkpoint(). More ROUNDS are children without ledgers.
#include "sites.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/wait.h>

static struct ledger ledger;
static struct ledger thread_ledger;
static struct ledger child_ledger;
static atomic_bool has_to_end;

static void *work(void *arg)
{
	uint64_t random = 99;

	(void)arg;
	while (!atomic_load(&has_to_end)) {
		for (int i = 0; i < 10; i++)
			sites_work(&thread_ledger, &random);
		ledger_sleep_ms(1);
	}
	return NULL;
}

static void *work_in_child(void *arg)
{
	uint64_t random = (uintptr_t)arg;

	for (int i = 0; i < 500; i++)
		sites_work(&child_ledger, &random);
	return NULL;
}

static void write_ledger(void)
{
	const char *base = getenv("LEDGER");
	char path[512];

	if (!base)
		return;
	REQUIRE(snprintf(path, sizeof(path), "%s.%d", base, (int)getpid()) < (int)sizeof(path));
	ledger_fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	REQUIRE(ledger_fd >= 0);
	ledger_write();
	close(ledger_fd);
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

/** In a child: nothing of the parent's counts, some of it is freed. */
static void begin_child(size_t first)
{
	ledger_list = NULL;
	child_ledger = (struct ledger){0};
	ledger_add_slots(&child_ledger, 64);
	for (size_t i = first; i < ledger.num_slots; i += 2)
		site_free(slot_take(&ledger.slots[i]));
}

static void be_child(uintptr_t number)
{
	pthread_t thread;
	pid_t pid;

	begin_child(0);
	work_in_child((void *)(number * 2 + 1));
	REQUIRE(!pthread_create(&thread, NULL, work_in_child, (void *)(number * 2 + 77)));
	REQUIRE(!pthread_join(thread, NULL));
	pid = fork();
	if (pid == 0) {
		begin_child(1);
		work_in_child((void *)(number * 2 + 1001));
		write_ledger();
		_exit(51);
	}
	expect(pid, 51);
	work_in_child((void *)(number * 2 + 2001));
	write_ledger();
	_exit(50);
}

int main(int argc, char **argv)
{
	size_t num_children = argc > 1 ? strtoul(argv[1], NULL, 10) : 3;
	size_t num_rounds = argc > 2 ? strtoul(argv[2], NULL, 10) : 0;
	pid_t pids[256];
	pthread_t thread;

	REQUIRE(num_children <= 256);
	ledger_init();
	ledger_add_slots(&ledger, 64);
	ledger_add_slots(&thread_ledger, 64);
	ledger_wait_traced();
	for (size_t i = 0; i < ledger.num_slots; i++)
		slot_set(&ledger.slots[i], site_malloc(i + 1), i + 1, "site_malloc", false);
	REQUIRE(!pthread_create(&thread, NULL, work, NULL));
	for (uintptr_t i = 0; i < num_children; i++) {
		pids[i] = fork();
		if (pids[i] == 0)
			be_child(i);
	}
	for (size_t i = 0; i < num_children; i++)
		expect(pids[i], 50);
	for (size_t done = 0; done < num_rounds; done += 20) {
		for (size_t i = 0; i < 20; i++) {
			pids[i] = fork();
			if (pids[i] == 0) {
				site_free(site_malloc(i));
				_exit(52);
			}
		}
		for (size_t i = 0; i < 20; i++)
			expect(pids[i], 52);
	}
	atomic_store(&has_to_end, true);
	REQUIRE(!pthread_join(thread, NULL));
	ledger_checkpoint();
	return ledger_finish();
}
