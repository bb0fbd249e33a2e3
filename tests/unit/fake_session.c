// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "fake_session.h"

#include <string.h>

struct session *fake_session(void)
{
	struct session *s = calloc(1, sizeof(*s));

	if (!s)
		abort();
	s->first = fake_traced(s);
	return s;
}

struct err *session_check_nframe(long nframe)
{
	if (nframe >= 1 && nframe <= NFRAME_MAX)
		return NULL;
	return err_create(ERR_USAGE, "the number of frames must be in range [1; %d]", NFRAME_MAX);
}

struct err *session_check_probe(const char *spec)
{
	return *spec ? NULL : err_create(ERR_USAGE, "an empty probe");
}

bool session_has_servers(void)
{
	return true;
}

struct err *session_create(const struct session_options *options, struct session **ret)
{
	*ret = fake_session();
	(*ret)->first->status.nframe = options->nframe;
	return NULL;
}

struct traced *session_first(const struct session *s)
{
	return s->first;
}

struct err *session_launch(struct session *s, char *const argv[])
{
	fake_log(s, "launch %s", argv[0]);
	if (strcmp(argv[0], "nosuch") == 0)
		return err_create(ERR_OTHER, "nosuch: no such program");
	return NULL;
}

struct err *session_attach(struct session *s, pid_t pid)
{
	fake_log(s, "attach %d", (int)pid);
	s->first->status.pid = pid;
	s->first->status.is_from_launch = false;
	return NULL;
}

struct err *session_open(struct session *s, const char *path)
{
	fake_log(s, "open %s", path);
	s->first->status.is_stored = true;
	return NULL;
}

struct err *session_release(struct session *s)
{
	fake_log(s, "release");
	return NULL;
}

struct err *session_detach(struct session *s)
{
	fake_log(s, "detach");
	if (s->first->status.state == TARGET_RUNNING)
		s->first->status.state = TARGET_DETACHED;
	return NULL;
}

struct err *session_lost_tracer(struct session *s, bool expects_it)
{
	(void)s;
	(void)expects_it;
	return NULL;
}

void session_destroy(struct session *s)
{
	if (!s)
		return;
	fake_traced_destroy(s->first);
	free(s);
}
