// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "console/terminal/progress.h"

#include "base/clock.h"
#include "base/io.h"
#include "supervisor/code.h"

#include <pthread.h>
#include <signal.h>
#include <string.h>

#define FIRST_NS (500 * NS_PER_MS)
#define NEXT_NS  (100 * NS_PER_MS)
/** To the begin of the line, and all behind it is gone. */
#define ERASE "\r\033[K"

struct progress {
	struct traced *traced;
	const char *doing;
	int fd;
	bool is_shown;
	pthread_t thread;
	pthread_mutex_t mutex;
	pthread_cond_t cond;
	/** Under mutex. */
	bool want_end;
};

static void show(struct progress *p)
{
	size_t num, total;
	char text[160], what[128];

	if (traced_downloading(p->traced, what, sizeof(what)))
		snprintf(text, sizeof(text), ERASE "# %s", what);
	else if (traced_loading(p->traced, &num, &total))
		snprintf(text, sizeof(text), ERASE "# loading symbols %zu/%zu", num, total);
	else if (p->doing)
		snprintf(text, sizeof(text), ERASE "# %s", p->doing);
	else
		return;
	p->is_shown = io_write_all(p->fd, text, strlen(text));
}

static void *progress_main(void *ctx)
{
	struct progress *p = ctx;
	uint64_t then = clock_now_ns() + FIRST_NS;
	struct timespec ts;

	pthread_mutex_lock(&p->mutex);
	while (!p->want_end) {
		ts = (struct timespec){.tv_sec = (time_t)(then / NS_PER_S),
				       .tv_nsec = (long)(then % NS_PER_S)};
		pthread_cond_timedwait(&p->cond, &p->mutex, &ts);
		if (p->want_end || clock_now_ns() < then)
			continue;
		show(p);
		then = clock_now_ns() + NEXT_NS;
	}
	pthread_mutex_unlock(&p->mutex);
	return NULL;
}

static void destroy(struct progress *p)
{
	pthread_cond_destroy(&p->cond);
	pthread_mutex_destroy(&p->mutex);
	free(p);
}

static bool is_terminal(FILE *out)
{
	const char *term = getenv("TERM");

	return isatty(fileno(out)) && term && strcmp(term, "dumb") != 0;
}

struct progress *progress_begin(struct traced *traced, FILE *out, const char *doing)
{
	struct progress *p = is_terminal(out) ? calloc(1, sizeof(*p)) : NULL;
	pthread_condattr_t attr;
	sigset_t all, old;
	int errnum;

	if (!p)
		return NULL;
	p->traced = traced;
	p->doing = doing;
	p->fd = fileno(out);
	fflush(out);
	pthread_mutex_init(&p->mutex, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&p->cond, &attr);
	pthread_condattr_destroy(&attr);
	// Signals stay with the thread that called us.
	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &old);
	errnum = pthread_create(&p->thread, NULL, progress_main, p);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (!errnum)
		return p;
	destroy(p);
	return NULL;
}

void progress_end(struct progress *p)
{
	if (!p)
		return;
	pthread_mutex_lock(&p->mutex);
	p->want_end = true;
	pthread_cond_signal(&p->cond);
	pthread_mutex_unlock(&p->mutex);
	pthread_join(p->thread, NULL);
	if (p->is_shown && !io_write_all(p->fd, ERASE, strlen(ERASE)))
		p->is_shown = false;
	destroy(p);
}
