// SPDX-License-Identifier: GPL-3.0-or-later
#include "frames.h"

#include <stdlib.h>
#include <time.h>

double now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

FRAME __attribute__((used)) void checkpoint(void)
{
	__asm__ volatile("" : : : "memory");
}

FRAME __attribute__((weak)) long leaf(void)
{
	void *p = malloc(64);

	KEEP(p);
	free(p);
	return p != NULL;
}

typedef long (*frame_fn)(int depth);
extern frame_fn frames[];

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
frame_fn frames[FRAMES_MAX - 2] = {
	FOR_8(NAME_FRAME, 1) FOR_8(NAME_FRAME, 2) FOR_8(NAME_FRAME, 3) FOR_8(NAME_FRAME, 4)
	FOR_8(NAME_FRAME, 5) FOR_8(NAME_FRAME, 6) FOR_8(NAME_FRAME, 7) FOR_8(NAME_FRAME, 8)
};
// clang-format on

long frames_call(int depth)
{
	return depth > 2 ? frames[depth - 3](depth - 3) : leaf();
}

FRAME static long keep(void)
{
	void *p = malloc(32);

	KEEP(p);
	return p != NULL;
}

// The comments in the assembly keep the two calls from becoming one.
// NOLINTNEXTLINE(misc-no-recursion)
FRAME static long descend(unsigned number, int num_levels)
{
	long got;

	if (num_levels == 0)
		return keep();
	if (number & 1) {
		got = descend(number >> 1, num_levels - 1);
		__asm__ volatile("# odd" : : : "memory");
	} else {
		got = descend(number >> 1, num_levels - 1);
		__asm__ volatile("# even" : : : "memory");
	}
	return got;
}

long frames_keep(unsigned number)
{
	// With the caller, ourselves, descend() at the end and keep().
	return descend(number, 24 - 4);
}
