// SPDX-License-Identifier: GPL-3.0-or-later
// build: -g -pthread -fno-ipa-icf
// sampled: two threads allocate in many ways, each way by a function of its own. After each of two
// phases the program says on its standard output what its functions have allocated and still hold,
//   ledger PHASE FUNCTION LIVE_BYTES LIVE_BLOCKS ALLOCATED_BYTES CALLS
// and calls checkpoint(). Each phase begins with a line on its standard input. In the second phase
// by_growth() allocates more, by_turnover() replaces its blocks by others of the same sizes, the
// others do nothing.
#include <new>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define SITE    __attribute__((noinline))
#define KEEP(p) __asm__ volatile("" : "+r"(p) : : "memory")

namespace
{

enum {
	BY_MALLOC,
	BY_CALLOC,
	BY_REALLOC,
	BY_STORM,
	BY_NEW,
	BY_NEW_ARRAY,
	BY_MEMALIGN,
	BY_SMALL,
	BY_GROWTH,
	BY_TURNOVER,
	NUM_WAYS
};
const char *const names[NUM_WAYS] = {"by_malloc", "by_calloc",    "by_realloc",  "by_storm",
				     "by_new",    "by_new_array", "by_memalign", "by_small",
				     "by_growth", "by_turnover"};
const unsigned NUM_BLOCKS = 1500, NUM_THREADS = 2;

struct Sums {
	size_t live;
	size_t blocks;
	size_t allocated;
	size_t calls;
};

struct Thread {
	pthread_t id;
	unsigned phase;
	unsigned random;
	void *blocks[NUM_WAYS][NUM_BLOCKS];
	size_t sizes[NUM_WAYS][NUM_BLOCKS];
	Sums sums[NUM_WAYS];
} threads[NUM_THREADS];

size_t next_size(Thread *t, size_t from, size_t to)
{
	t->random = t->random * 1664525u + 1013904223u;
	return from + (t->random >> 8) % (to - from);
}

} // namespace

extern "C" {

SITE void *by_malloc(size_t size)
{
	void *p = malloc(size);
	KEEP(p);
	return p;
}

SITE void *by_calloc(size_t size)
{
	void *p = calloc(size / 8, 8);
	KEEP(p);
	return p;
}

SITE void *by_realloc(void *old, size_t size)
{
	void *p = realloc(old, size);
	KEEP(p);
	return p;
}

// The same, for blocks that are resized again and again.
SITE void *by_storm(void *old, size_t size)
{
	void *p = realloc(old, size);
	KEEP(p);
	return p;
}

SITE void *by_new(size_t size)
{
	void *p = ::operator new(size);
	KEEP(p);
	return p;
}

SITE void *by_new_array(size_t size)
{
	void *p = ::operator new[](size);
	KEEP(p);
	return p;
}

SITE void *by_memalign(size_t size)
{
	void *p = nullptr;
	if (posix_memalign(&p, 64, size) != 0)
		abort();
	KEEP(p);
	return p;
}

SITE void *by_small(size_t size)
{
	void *p = malloc(size);
	KEEP(p);
	return p;
}

SITE void *by_growth(size_t size)
{
	void *p = malloc(size);
	KEEP(p);
	return p;
}

SITE void *by_turnover(size_t size)
{
	void *p = ::operator new(size);
	KEEP(p);
	return p;
}

SITE void checkpoint(void)
{
	__asm__ volatile("");
}
}

namespace
{

void *allocate(unsigned way, void *old, size_t size)
{
	switch (way) {
	case BY_MALLOC:
		return by_malloc(size);
	case BY_CALLOC:
		return by_calloc(size);
	case BY_REALLOC:
		return by_realloc(old, size);
	case BY_STORM:
		return by_storm(old, size);
	case BY_NEW:
		return by_new(size);
	case BY_NEW_ARRAY:
		return by_new_array(size);
	case BY_MEMALIGN:
		return by_memalign(size);
	case BY_SMALL:
		return by_small(size);
	case BY_GROWTH:
		return by_growth(size);
	default:
		return by_turnover(size);
	}
}

void add(Thread *t, unsigned way, unsigned i, size_t size)
{
	Sums *sums = &t->sums[way];

	size = size / 8 * 8;
	if (t->blocks[way][i]) {
		sums->live -= t->sizes[way][i];
		sums->blocks--;
	}
	t->blocks[way][i] = allocate(way, t->blocks[way][i], size);
	t->sizes[way][i] = size;
	sums->live += size;
	sums->blocks++;
	sums->allocated += size;
	sums->calls++;
}

void remove(Thread *t, unsigned way, unsigned i)
{
	if (way == BY_NEW || way == BY_TURNOVER)
		::operator delete(t->blocks[way][i]);
	else if (way == BY_NEW_ARRAY)
		::operator delete[](t->blocks[way][i]);
	else
		free(t->blocks[way][i]);
	t->blocks[way][i] = nullptr;
	t->sums[way].live -= t->sizes[way][i];
	t->sums[way].blocks--;
}

void first_phase(Thread *t)
{
	unsigned way, i, round;

	for (i = 0; i < NUM_BLOCKS; i++)
		for (way = 0; way < NUM_WAYS; way++)
			if (way == BY_SMALL)
				add(t, way, i, next_size(t, 16, 200));
			else
				add(t, way, i, next_size(t, 64, 3000));
	for (round = 0; round < 4; round++)
		for (i = 0; i < NUM_BLOCKS; i += 2)
			add(t, BY_STORM, i, next_size(t, 64, 3000));
	for (i = 0; i < NUM_BLOCKS; i += 3)
		for (way = 0; way < BY_GROWTH; way++)
			remove(t, way, i);
}

void second_phase(Thread *t)
{
	unsigned i;

	for (i = 0; i < NUM_BLOCKS; i++) {
		size_t size = t->sizes[BY_TURNOVER][i];

		remove(t, BY_TURNOVER, i);
		add(t, BY_TURNOVER, i, size);
		remove(t, BY_GROWTH, i);
		add(t, BY_GROWTH, i, t->sizes[BY_GROWTH][i] + 2000);
	}
}

void *work(void *ctx)
{
	Thread *t = static_cast<Thread *>(ctx);

	if (t->phase == 1)
		first_phase(t);
	else
		second_phase(t);
	return nullptr;
}

void run(unsigned phase)
{
	unsigned i, way;

	for (i = 0; i < NUM_THREADS; i++) {
		threads[i].phase = phase;
		threads[i].random += i + phase;
		if (pthread_create(&threads[i].id, nullptr, work, &threads[i]) != 0)
			abort();
	}
	for (i = 0; i < NUM_THREADS; i++)
		pthread_join(threads[i].id, nullptr);
	for (way = 0; way < NUM_WAYS; way++) {
		Sums sum = {0, 0, 0, 0};

		for (i = 0; i < NUM_THREADS; i++) {
			sum.live += threads[i].sums[way].live;
			sum.blocks += threads[i].sums[way].blocks;
			sum.allocated += threads[i].sums[way].allocated;
			sum.calls += threads[i].sums[way].calls;
		}
		printf("ledger %u %s %zu %zu %zu %zu\n", phase, names[way], sum.live, sum.blocks,
		       sum.allocated, sum.calls);
	}
	fflush(stdout);
}

} // namespace

int main()
{
	static char buffer[BUFSIZ];
	unsigned phase;
	char byte;

	setvbuf(stdout, buffer, _IOFBF, sizeof(buffer));
	puts("ready");
	fflush(stdout);
	for (phase = 1; phase <= 2; phase++) {
		if (read(0, &byte, 1) != 1)
			return 0;
		run(phase);
		checkpoint();
	}
	// Until malloscope has looked, when it attached.
	if (read(0, &byte, 1) < 0)
		return 1;
	return 0;
}
