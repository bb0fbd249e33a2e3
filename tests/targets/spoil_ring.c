// SPDX-License-Identifier: GPL-3.0-or-later
// build: -g
// spoil_ring: as a bug might do, writes one word into the head of the ring that it shares with
// malloscope, and allocates on; then the next word, and other values. Prints "spoilt N" (words),
// and EXIT-SUCCESS when it is through.
#include "sites.h"

#include "wire/agent_memory.h"

#include <stdio.h>

/** After each word; in all more than the ring has slots. */
#define NUM_PAIRS 3000

/** The memory, or NULL. Without allocations. */
static struct agent_memory *find_memory(void)
{
	static char text[1 << 18];
	int fd = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
	size_t size = 0;
	ssize_t n;
	char *line;

	while ((n = read(fd, text + size, sizeof(text) - 1 - size)) > 0)
		size += (size_t)n;
	close(fd);
	line = strstr(text, "memfd:malloscope");
	if (!line)
		return NULL;
	while (line > text && line[-1] != '\n')
		line--;
	return (struct agent_memory *)strtoul(line, NULL, 16);
}

static void allocate(void)
{
	for (int i = 0; i < NUM_PAIRS; i++) {
		void *volatile p = malloc(100 + i % 7);

		free(p);
	}
}

int main(void)
{
	static const uint64_t values[] = {0, 1, 77, 1ull << 20, 1ull << 63, UINT64_MAX};
	unsigned long num_spoilt = 0;
	struct agent_memory *memory;
	struct ring *ring;

	allocate();
	memory = find_memory();
	for (size_t v = 0; memory && v < sizeof(values) / sizeof(values[0]); v++) {
		ring = agent_memory_ring(memory);
		uint64_t *words[] = {&ring->head,
				     &ring->tail,
				     &ring->buffer_head,
				     &ring->buffer_tail,
				     (uint64_t *)&ring->is_producer_waiting,
				     &ring->producers[RING_TRACER].count,
				     &ring->producers[1].count,
				     (uint64_t *)&ring->producers[1].is_taken};

		for (size_t w = 0; w < sizeof(words) / sizeof(words[0]); w++, num_spoilt++) {
			*words[w] = values[v];
			allocate();
		}
	}
	printf("spoilt %lu\nEXIT-SUCCESS\n", num_spoilt);
	return 0;
}
