// SPDX-License-Identifier: GPL-3.0-or-later
// build: -g
// many_libraries PLUGIN NUM: copies plugin.so NUM times into the current directory, loads each
// copy, and unloads every third one at once and every fifth one at the end. Prints how long the
// first, the last and all loads took.
#include "ledger.h"

#include "plugin.h"

#include <stdio.h>

/** Loads that are timed at the beginning and at the end; the first few are left out, as other
 *  things happen there. */
#define NUM_FIRST 10
#define NUM_TIMED 100
/** Blocks of a library. */
#define NUM_SLOTS 3

static struct ledger ledger;

static uint64_t now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

static void path_of(char path[32], unsigned i)
{
	// "./lib" and six digits: not snprintf(), nothing here shall allocate.
	memcpy(path, "./lib000000.so", 15);
	for (unsigned at = 10; i; i /= 10)
		path[at--] = (char)('0' + i % 10);
}

static void copy_plugin(const char *from, unsigned num)
{
	static char bytes[1 << 20];
	int fd = open(from, O_RDONLY | O_CLOEXEC);
	ssize_t size = read(fd, bytes, sizeof(bytes));
	char path[32];

	REQUIRE(size > 0 && size < (ssize_t)sizeof(bytes));
	close(fd);
	for (unsigned i = 0; i < num; i++) {
		path_of(path, i);
		fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0755);
		REQUIRE(write(fd, bytes, (size_t)size) == size);
		close(fd);
	}
}

static void *load(unsigned i, struct slot *slots)
{
	void *(*allocate)(size_t);
	void **blocks, *handle;
	char path[32];

	path_of(path, i);
	handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	REQUIRE(handle);
	blocks = (void **)dlsym(handle, "plugin_blocks");
	*(void **)&allocate = dlsym(handle, "site_plugin_alloc");
	REQUIRE(blocks && allocate);
	slot_set(&slots[0], blocks[1], PLUGIN_INIT_SIZE + 1, "site_plugin_init", false);
	slot_set(&slots[1], allocate(i + 1), i + 1, "site_plugin_alloc", false);
	slot_set(&slots[2], blocks[0], PLUGIN_INIT_SIZE, "site_plugin_init", false);
	return handle;
}

/** Its destructor frees one of the blocks. */
static void unload(void *handle, struct slot *slots)
{
	slot_take(&slots[2]);
	REQUIRE(dlclose(handle) == 0);
}

int main(int argc, char **argv)
{
	unsigned num = argc > 2 ? (unsigned)atoi(argv[2]) : 0, i;
	uint64_t *times;
	void **handles;
	char line[128];

	REQUIRE(num >= NUM_FIRST + 2 * NUM_TIMED && num < 1000000);
	ledger_init();
	ledger_add_slots(&ledger, (size_t)num * NUM_SLOTS);
	times = (uint64_t *)ledger_map((num + 1) * sizeof(*times));
	handles = (void **)ledger_map(num * sizeof(*handles));
	copy_plugin(argv[1], num);
	ledger_wait_traced();
	for (i = 0; i < num; i++) {
		times[i] = now_us();
		handles[i] = load(i, &ledger.slots[(size_t)i * NUM_SLOTS]);
		if (i % 3 == 0)
			unload(handles[i], &ledger.slots[(size_t)i * NUM_SLOTS]);
	}
	times[num] = now_us();
	for (i = 0; i < num; i += 5)
		if (i % 3 != 0)
			unload(handles[i], &ledger.slots[(size_t)i * NUM_SLOTS]);
	ledger_checkpoint();
	snprintf(line, sizeof(line), "first=%lu last=%lu all=%lu us\n",
		 (unsigned long)(times[NUM_FIRST + NUM_TIMED] - times[NUM_FIRST]),
		 (unsigned long)(times[num] - times[num - NUM_TIMED]),
		 (unsigned long)(times[num] - times[0]));
	ledger_print(1, line);
	return ledger_finish();
}
