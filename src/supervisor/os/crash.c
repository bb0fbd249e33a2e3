// SPDX-License-Identifier: GPL-3.0-or-later
// libdw and libelf do not survive a lack of memory: they use what an allocation did not give, or
// abort. Nor can they be trusted with every damaged file. The target must not pay for it. So the
// process ends in order, as after any other error. The tracer sees the socket close, restores all
// bytes and detaches.
#include "config.h"

#include "supervisor/os/crash.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

static _Thread_local volatile sig_atomic_t is_in_libraries;

static void on_crash(int sig)
{
	static const char text[] =
		"malloscope: out of memory, or debug information that cannot be read; "
		"leaving the target\n";

	if (is_in_libraries) {
		if (write(STDERR_FILENO, text, strlen(text)) < 0)
			_exit(1);
		_exit(1);
	}
	signal(sig, SIG_DFL);
	raise(sig);
}

void crash_install(void)
{
	static const int signals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGABRT};
	struct sigaction action = {.sa_handler = on_crash, .sa_flags = SA_NODEFER}, old;
	size_t i;

	for (i = 0; i < sizeof(signals) / sizeof(*signals); i++)
		// Sanitizers have theirs.
		if (sigaction(signals[i], NULL, &old) == 0 && old.sa_handler == SIG_DFL)
			sigaction(signals[i], &action, NULL);
}

void crash_enter_libraries(void)
{
	is_in_libraries = 1;
}

void crash_leave_libraries(void)
{
	is_in_libraries = 0;
}
