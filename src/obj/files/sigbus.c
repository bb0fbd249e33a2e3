// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "obj/files/sigbus.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

static unsigned num_pages;

static void die_of_it(void)
{
	// The instruction is executed again, and ends us.
	signal(SIGBUS, SIG_DFL);
}

/** Async-signal-safe: mmap is a bare system call in every libc. */
static void on_bus_error(int sig, siginfo_t *info, void *context)
{
	static uintptr_t page_size;
	uintptr_t addr = (uintptr_t)info->si_addr;
	int errnum = errno;
	void *page;

	(void)sig;
	(void)context;
	if (!page_size)
		page_size = (uintptr_t)sysconf(_SC_PAGESIZE);
	if (info->si_code != BUS_ADRERR) {
		die_of_it();
		return;
	}
	page = mmap((void *)(addr & -page_size), page_size, PROT_READ,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	if (page == MAP_FAILED)
		die_of_it();
	else
		__atomic_fetch_add(&num_pages, 1, __ATOMIC_RELAXED);
	errno = errnum;
}

void sigbus_survive(void)
{
	struct sigaction action = {.sa_sigaction = on_bus_error,
				   .sa_flags = SA_SIGINFO | SA_NODEFER};

	sigemptyset(&action.sa_mask);
	sigaction(SIGBUS, &action, NULL);
}

unsigned sigbus_num_pages(void)
{
	return __atomic_load_n(&num_pages, __ATOMIC_RELAXED);
}
