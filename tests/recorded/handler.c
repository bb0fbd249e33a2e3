// SPDX-License-Identifier: GPL-3.0-or-later
// A signal handler on a stack of its own, for a record: "load" reads through a bad pointer in a
// leaf function, "null" calls one.
#include <setjmp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

static sigjmp_buf back;
static long *volatile bad_pointer = (long *)16;
static long (*volatile bad_function)(long);

__attribute__((noinline, noipa)) void stop_here(volatile char *p)
{
	*p = 1;
}

static void on_signal(int sig)
{
	volatile char buf[64];

	stop_here(buf);
	siglongjmp(back, sig);
}

__attribute__((noinline, noipa)) static long leaf(long n)
{
	return bad_pointer[n] + n;
}

__attribute__((noinline, noipa)) static long outer(long n, int want_null)
{
	return want_null ? bad_function(n) + 1 : leaf(n) + 2;
}

int main(int argc, char **argv)
{
	stack_t stack = {.ss_sp = malloc(65536), .ss_size = 65536};
	struct sigaction sa = {.sa_handler = on_signal, .sa_flags = SA_ONSTACK};

	sigaltstack(&stack, NULL);
	sigaction(SIGSEGV, &sa, NULL);
	if (sigsetjmp(back, 1) == 0)
		return (int)outer(argc, strcmp(argv[1], "null") == 0);
	return 0;
}
