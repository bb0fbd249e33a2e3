// SPDX-License-Identifier: GPL-3.0-or-later
// build: -g -pthread -fno-ipa-icf
// scribble [SECONDS [sealed|unsealed]]: allocates, while a thread writes random bytes over all
// memory that is shared with malloscope (mappings of memfd:malloscope...), and tries to shrink the
// file behind it. Prints "ready", at the end "scribbled N" (bytes) and "shrunk N" (times), and then
// EXIT-SUCCESS if its own blocks are whole. With a third word it shares such a mapping with itself.
#include "sites.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/uio.h>

static struct ledger ledger;
static atomic_bool has_to_end;
static unsigned long num_scribbled, num_shrunk;

struct area {
	uint64_t start;
	uint64_t end;
	bool is_writable;
};

/** The next line of text, a copy of /proc/self/maps. */
static const char *parse(const char *line, struct area *ret)
{
	const char *next = strchr(line, '\n');
	const char *name = strstr(line, "memfd:malloscope");
	char access[5] = "";

	*ret = (struct area){0};
	if (next && name && name < next &&
	    sscanf(line, "%lx-%lx %4s", &ret->start, &ret->end, access) == 3)
		ret->is_writable = access[1] == 'w' && access[3] == 's';
	return next ? next + 1 : NULL;
}

/** By the kernel, which refuses what is not mapped any more. */
static void write_over(const struct area *area, uint64_t *random)
{
	uint64_t words[8];
	struct iovec here = {words, sizeof(words)}, there = {NULL, sizeof(words)};

	for (int i = 0; i < 2000; i++) {
		uint64_t r = ledger_random(random);
		uint64_t addr = area->start + r % (area->end - area->start);

		here.iov_len = there.iov_len = 1 + (r >> 50) % sizeof(words);
		for (size_t k = 0; k < 8; k++)
			words[k] = r >> 40 & 1 ? ledger_random(random) : r >> 32 & 0xff;
		there.iov_base = (void *)(uintptr_t)addr;
		if (process_vm_writev(getpid(), &here, 1, &there, 1, 0) > 0)
			num_scribbled += here.iov_len;
	}
}

static void shrink(const struct area *area)
{
	char path[80];
	int fd;

	snprintf(path, sizeof(path), "/proc/self/map_files/%lx-%lx", area->start, area->end);
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return;
	num_shrunk += ftruncate(fd, 0) == 0;
	close(fd);
}

static void *scribble(void *arg)
{
	static char text[1 << 20];
	uint64_t random = 88172645463325252u;
	const char *line;
	struct area area;

	while (!atomic_load(&has_to_end)) {
		int fd = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
		size_t size = 0;
		ssize_t n;

		while (fd >= 0 && (n = read(fd, text + size, sizeof(text) - 1 - size)) > 0)
			size += (size_t)n;
		text[size] = '\0';
		close(fd);
		for (line = text; line && *line;) {
			line = parse(line, &area);
			if (!area.is_writable)
				continue;
			shrink(&area);
			write_over(&area, &random);
		}
		ledger_sleep_ms(1);
	}
	return arg;
}

/** What malloscope's memory is to look like: to see that this program finds it. */
static void share_own(bool is_sealed)
{
	int fd = memfd_create("malloscope own", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	REQUIRE(fd >= 0 && ftruncate(fd, 1 << 16) == 0);
	REQUIRE(mmap(NULL, 1 << 16, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) != MAP_FAILED);
	if (is_sealed)
		REQUIRE(fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) == 0);
	close(fd);
}

int main(int argc, char **argv)
{
	double seconds = argc > 1 ? atof(argv[1]) : 1;
	struct timespec begin, now;
	uint64_t random = 5;
	pthread_t thread;
	char line[64];

	ledger_init();
	ledger_add_slots(&ledger, 200);
	if (argc > 2)
		share_own(strcmp(argv[2], "sealed") == 0);
	clock_gettime(CLOCK_MONOTONIC, &begin);
	REQUIRE(pthread_create(&thread, NULL, scribble, NULL) == 0);
	ledger_print(1, "ready\n");
	do {
		for (int i = 0; i < 50; i++)
			sites_work(&ledger, &random);
		clock_gettime(CLOCK_MONOTONIC, &now);
	} while ((double)(now.tv_sec - begin.tv_sec) + (double)(now.tv_nsec - begin.tv_nsec) / 1e9 <
		 seconds);
	atomic_store(&has_to_end, true);
	pthread_join(thread, NULL);
	snprintf(line, sizeof(line), "scribbled %lu\nshrunk %lu\n", num_scribbled, num_shrunk);
	ledger_print(1, line);
	return ledger_finish();
}
