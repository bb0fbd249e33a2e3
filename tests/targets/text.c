// SPDX-License-Identifier: GPL-3.0-or-later
// build: -g -pthread -fno-ipa-icf
// text MODE PLUGIN [NUM]: code that comes, goes and changes while the target allocates.
//   loop     loads and unloads PLUGIN, NUM times, while other threads allocate
//   remap    its own text is replaced by a copy in anonymous memory, as programs do for huge pages;
//            then PLUGIN is loaded, and it goes on NUM rounds
//   protect  its own text is made writable, a function in it is rewritten there and back, NUM times
//   hold     PLUGIN is loaded and used when SIGUSR1 comes: it can be changed on disk meanwhile
#include "sites.h"

#include "plugin.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>

static struct ledger ledger;
static struct ledger thread_ledgers[2];
static atomic_bool has_to_end;
static uint64_t random_state = 4711;
static unsigned long num_rounds;
static uintptr_t text_start, text_end;

static void work(unsigned num)
{
	for (unsigned i = 0; i < num; i++)
		sites_work(&ledger, &random_state);
}

static void *work_on(void *arg)
{
	uint64_t random = (uintptr_t)arg | 1;

	while (!atomic_load(&has_to_end))
		sites_work(arg, &random);
	return NULL;
}

static void *find(void *handle, const char *name)
{
	void *symbol = dlsym(handle, name);

	REQUIRE(symbol);
	return symbol;
}

static void use_plugin(void *handle)
{
	void *(*allocate)(size_t);

	*(void **)&allocate = find(handle, "site_plugin_alloc");
	free(allocate(77));
}

static void *load(const char *path)
{
	void *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	void **blocks;

	REQUIRE(handle);
	blocks = find(handle, "plugin_blocks");
	free(blocks[1]);
	blocks[1] = NULL;
	use_plugin(handle);
	return handle;
}

static void loop(const char *path)
{
	pthread_t threads[2];

	for (size_t i = 0; i < 2; i++)
		REQUIRE(!pthread_create(&threads[i], NULL, work_on, &thread_ledgers[i]));
	for (unsigned long i = 0; i < num_rounds; i++)
		REQUIRE(dlclose(load(path)) == 0);
	atomic_store(&has_to_end, true);
	for (size_t i = 0; i < 2; i++)
		REQUIRE(!pthread_join(threads[i], NULL));
}

static void find_text(void)
{
	static char text[4096];
	int fd = open("/proc/self/maps", O_RDONLY);
	ssize_t n = read(fd, text, sizeof(text) - 1);
	unsigned long start, end;
	char mode[8];

	close(fd);
	REQUIRE(n > 0);
	// The mapping of the program that is executable is among the first lines.
	for (char *line = text, *next; (next = strchr(line, '\n')); line = next + 1) {
		REQUIRE(sscanf(line, "%lx-%lx %7s", &start, &end, mode) == 3);
		if (start <= (uintptr_t)work && (uintptr_t)work < end) {
			REQUIRE(mode[2] == 'x');
			text_start = start;
			text_end = end;
			return;
		}
	}
	REQUIRE(false);
}

static void remap(const char *path)
{
	size_t size;
	void *copy;

	find_text();
	size = text_end - text_start;
	copy = ledger_map(size);
	// With whatever a debugger has written to it.
	memcpy(copy, (void *)text_start, size);
	REQUIRE(mprotect(copy, size, PROT_READ | PROT_EXEC) == 0);
	madvise(copy, size, MADV_HUGEPAGE);
	REQUIRE(mremap(copy, size, size, MREMAP_MAYMOVE | MREMAP_FIXED, (void *)text_start) ==
		(void *)text_start);
	for (unsigned long i = 0; i < num_rounds; i++) {
		work(50);
		REQUIRE(dlclose(load(path)) == 0);
		work(50);
		ledger_sleep_ms(1);
	}
}

static __attribute__((noinline, noclone)) int answer(void)
{
	int value = 42;

	__asm__ volatile(".balign 8\n nop\n nop\n nop\n nop" : "+r"(value));
	return value;
}

static void protect(void)
{
	unsigned char *code = (unsigned char *)(uintptr_t)answer;
	unsigned char saved[6];
	// mov $43, %eax; ret
	static const unsigned char other[6] = {0xb8, 43, 0, 0, 0, 0xc3};

	find_text();
	for (unsigned long i = 0; i < num_rounds; i++) {
		REQUIRE(mprotect((void *)text_start, text_end - text_start,
				 PROT_READ | PROT_WRITE | PROT_EXEC) == 0);
		memcpy(saved, code, sizeof(saved));
		memcpy(code, other, sizeof(other));
		REQUIRE(answer() == 43);
		work(20);
		memcpy(code, saved, sizeof(saved));
		REQUIRE(mprotect((void *)text_start, text_end - text_start,
				 PROT_READ | PROT_EXEC) == 0);
		REQUIRE(answer() == 42);
		work(20);
	}
}

static void hold(const char *path)
{
	void *handle = load(path);
	sigset_t set;
	int signal;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	ledger_print(1, "loaded\n");
	do {
		struct timespec pause = {.tv_nsec = 1000000};

		work(20);
		signal = sigtimedwait(&set, NULL, &pause);
	} while (signal < 0);
	use_plugin(handle);
	REQUIRE(dlclose(handle) == 0);
}

int main(int argc, char **argv)
{
	const char *mode = argc > 2 ? argv[1] : "";

	num_rounds = argc > 3 ? strtoul(argv[3], NULL, 10) : 20;
	ledger_init();
	ledger_add_slots(&ledger, 128);
	for (size_t i = 0; i < 2; i++)
		ledger_add_slots(&thread_ledgers[i], 32);
	ledger_wait_traced();
	work(100);
	if (strcmp(mode, "loop") == 0)
		loop(argv[2]);
	else if (strcmp(mode, "remap") == 0)
		remap(argv[2]);
	else if (strcmp(mode, "protect") == 0)
		protect();
	else if (strcmp(mode, "hold") == 0)
		hold(argv[2]);
	else
		ledger_fail("no such mode");
	ledger_checkpoint();
	return ledger_finish();
}
