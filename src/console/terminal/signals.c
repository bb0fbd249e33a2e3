// SPDX-License-Identifier: GPL-3.0-or-later
// A handler only sets flags, interrupts a wait that is going on, and wakes poll(2) through a pipe.
#include "config.h"

#include "console/terminal/signals.h"

#include "supervisor/code.h"
#include "supervisor/waiting.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>

static struct session *the_session;
static bool is_at_prompt;
static int wake_fds[2] = {-1, -1};
static volatile sig_atomic_t fatal;
static volatile sig_atomic_t was_interrupted;
static volatile sig_atomic_t is_waiting;

static void on_signal(int sig)
{
	int saved_errno = errno;

	if (sig == SIGINT && is_at_prompt)
		was_interrupted = 1;
	else if (!fatal)
		fatal = sig;
	if (is_waiting)
		session_interrupt(the_session);
	session_stop_download();
	// A full pipe is readable, which is all that is wanted.
	if (write(wake_fds[1], "", 1) < 0)
		errno = saved_errno;
	errno = saved_errno;
}

static struct err *catch_signal(int sig)
{
	struct sigaction old, action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};

	sigfillset(&action.sa_mask);
	if (sigaction(sig, NULL, &old) < 0)
		return err_sys(errno, "sigaction");
	// nohup is honoured. SIGINT is not asked for: shells ignore it for background jobs of
	// scripts, and there it is the way to end a batch run early.
	if (sig == SIGHUP && old.sa_handler == SIG_IGN)
		return NULL;
	if (sigaction(sig, &action, NULL) < 0)
		return err_sys(errno, "sigaction");
	return NULL;
}

struct err *signals_install(struct session *session, bool is_interactive, bool can_stop)
{
	static const int caught[] = {SIGINT, SIGTERM, SIGHUP};
	size_t i;

	if (pipe2(wake_fds, O_CLOEXEC | O_NONBLOCK) < 0)
		return err_sys(errno, "cannot create a pipe");
	the_session = session;
	is_at_prompt = is_interactive;
	signal(SIGPIPE, SIG_IGN);
	// A limit on the size of files is an error like a full disk.
	signal(SIGXFSZ, SIG_IGN);
	if (is_interactive || !can_stop)
		signal(SIGTSTP, SIG_IGN);
	if (!can_stop)
		signal(SIGTTOU, SIG_IGN);
	for (i = 0; i < sizeof(caught) / sizeof(caught[0]); i++) {
		struct err *err = catch_signal(caught[i]);

		if (err)
			return err;
	}
	return NULL;
}

int signals_fd(void)
{
	return wake_fds[0];
}

bool signals_take_interrupt(void)
{
	char buf[64];
	bool ret;

	while (read(wake_fds[0], buf, sizeof(buf)) > 0)
		;
	ret = was_interrupted;
	was_interrupted = 0;
	return ret;
}

int signals_fatal(void)
{
	return fatal;
}

bool signals_wait_begin(struct session *session)
{
	the_session = session;
	is_waiting = 1;
	return !fatal && !was_interrupted;
}

void signals_wait_end(void)
{
	is_waiting = 0;
	was_interrupted = 0;
}
