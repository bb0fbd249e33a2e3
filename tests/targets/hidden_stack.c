// SPDX-License-Identifier: GPL-3.0-or-later
// build: -g -pthread
// hidden_stack: allocates from one place again and again while the upper part of its thread's stack
// cannot be read, and can be again. Prints EXIT-SUCCESS when it is through.
#include "ledger.h"

#include <pthread.h>
#include <stdio.h>
#include <sys/mman.h>

#define STACK_SIZE (1u << 20)
#define PAGE       4096u

SITE void allocate(char *hidden)
{
	void *p;

	for (int i = 0; i < 300; i++) {
		// Those above wait for us: nobody touches their frames.
		if (i % 3 == 1)
			REQUIRE(mprotect(hidden, PAGE, PROT_NONE) == 0);
		if (i % 3 == 2)
			REQUIRE(mprotect(hidden, PAGE, PROT_READ | PROT_WRITE) == 0);
		p = malloc(100);
		__asm__ volatile("" : "+r"(p));
		free(p);
	}
	REQUIRE(mprotect(hidden, PAGE, PROT_READ | PROT_WRITE) == 0);
}

SITE void middle(char *hidden)
{
	volatile char room[3 * PAGE];

	room[0] = 0;
	allocate(hidden);
	room[1] = 0;
}

static void *outer(void *arg)
{
	// The page of this frame. That of middle() ends below it.
	char *frame = __builtin_frame_address(0);
	volatile char room[2 * PAGE];

	(void)arg;
	room[0] = 0;
	middle(frame - ((uintptr_t)frame & (PAGE - 1)));
	room[1] = 0;
	return NULL;
}

int main(void)
{
	char *stack =
		mmap(NULL, STACK_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	pthread_attr_t attr;
	pthread_t thread;

	REQUIRE(stack != MAP_FAILED && pthread_attr_init(&attr) == 0);
	REQUIRE(pthread_attr_setstack(&attr, stack, STACK_SIZE) == 0);
	REQUIRE(pthread_create(&thread, &attr, outer, NULL) == 0);
	REQUIRE(pthread_join(thread, NULL) == 0);
	puts("EXIT-SUCCESS");
	return 0;
}
