// SPDX-License-Identifier: GPL-3.0-or-later
// pairs DEPTH N [wait]: N malloc/free pairs at a call depth of DEPTH frames of the program (main
// and the leaf among them), all of them different functions. Prints microseconds per pair, timed by
// itself, so that starting and attaching do not count. With "wait" it says "ready" and begins when
// an int3 stands at malloc.
//
// pairs blocks N: keeps N blocks from 16 sites, and calls checkpoint(). For the time that a
// snapshot takes.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define KEEP(p) __asm__ volatile("" : "+r"(p) : : "memory")
#define FRAME   __attribute__((noinline, noclone))

static double now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

FRAME static long leaf(void)
{
	void *p = malloc(64);

	KEEP(p);
	free(p);
	return p != NULL;
}

typedef long (*frame_fn)(int depth);
extern frame_fn frames[];

// Each frame is a function of its own and keeps something on the stack, as real ones do.
#define DEFINE_FRAME(n)                                                       \
	FRAME static long frame_##n(int depth)                                \
	{                                                                     \
		volatile long local[4] = {depth, n, 0, 0};                    \
		long got = depth > 0 ? frames[depth - 1](depth - 1) : leaf(); \
                                                                              \
		local[3] = local[0];                                          \
		return got + local[3] - local[0];                             \
	}
#define FOR_8(f, n) f(n##0) f(n##1) f(n##2) f(n##3) f(n##4) f(n##5) f(n##6) f(n##7)
FOR_8(DEFINE_FRAME, 1)
FOR_8(DEFINE_FRAME, 2)
FOR_8(DEFINE_FRAME, 3)
FOR_8(DEFINE_FRAME, 4)
FOR_8(DEFINE_FRAME, 5)
FOR_8(DEFINE_FRAME, 6)
FOR_8(DEFINE_FRAME, 7)
FOR_8(DEFINE_FRAME, 8)
#define NAME_FRAME(n) frame_##n,
// clang-format off
frame_fn frames[] = {
	FOR_8(NAME_FRAME, 1) FOR_8(NAME_FRAME, 2) FOR_8(NAME_FRAME, 3) FOR_8(NAME_FRAME, 4)
	FOR_8(NAME_FRAME, 5) FOR_8(NAME_FRAME, 6) FOR_8(NAME_FRAME, 7) FOR_8(NAME_FRAME, 8)
};
// clang-format on
#define MAX_DEPTH ((int)(sizeof(frames) / sizeof(frames[0])) + 2)

void checkpoint(void);
__attribute__((noinline, noclone, used)) void checkpoint(void)
{
	__asm__ volatile("" : : : "memory");
}

#define ALLOCATE(n)                 \
	case 0##n - 010:            \
		p = malloc(32 + n); \
		break;

FRAME static void keep_blocks(long num)
{
	for (long i = 0; i < num; i++) {
		void *p = NULL;

		switch (i % 16) {
			FOR_8(ALLOCATE, 1)
			FOR_8(ALLOCATE, 2)
		}
		KEEP(p);
	}
}

static void wait_traced(void)
{
	const volatile unsigned char *entry = (const unsigned char *)(uintptr_t)malloc;
	const struct timespec pause = {0, 1000000};

	puts("ready");
	fflush(stdout);
	while (*entry != 0xcc)
		nanosleep(&pause, NULL);
	// The other entries are planted within the same moment.
	nanosleep(&(struct timespec){0, 100000000}, NULL);
}

int main(int argc, char **argv)
{
	long num = argc > 2 ? atol(argv[2]) : 0;
	int depth = argc > 1 ? atoi(argv[1]) : 0;
	const long num_warm = num / 10 + 10;
	double begin = 0;
	long num_good = 0;

	if (argc > 2 && strcmp(argv[1], "blocks") == 0) {
		keep_blocks(num);
		checkpoint();
		return 0;
	}
	if (num <= 0 || depth < 2 || depth > MAX_DEPTH) {
		fputs("usage: pairs DEPTH N [wait] | pairs blocks N\n", stderr);
		return 2;
	}
	if (argc > 3)
		wait_traced();
	for (long i = 0; i < num + num_warm; i++) {
		if (i == num_warm)
			begin = now_us();
		// main and leaf are frames too.
		num_good += depth > 2 ? frames[depth - 3](depth - 3) : leaf();
	}
	printf("%.4f\n", (now_us() - begin) / (double)num);
	return num_good == num + num_warm ? 0 : 1;
}
