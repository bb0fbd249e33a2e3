// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "supervisor/waiting.h"

#include "fake_session.h"

#include <inttypes.h>

struct err *traced_wait(struct traced *t, uint64_t ns)
{
	if (ns == UINT64_MAX)
		fake_log(t->session, "wait exit");
	else
		fake_log(t->session, "wait %" PRIu64, ns);
	if (t->session->on_wait)
		t->session->on_wait(t->session);
	return t->session->stops_waits ? &err_stop : NULL;
}

struct err *traced_wait_call(struct traced *t, const char *function, uint64_t count, bool is_exact)
{
	fake_log(t->session, "call %s %" PRIu64 "%s", function, count, is_exact ? " exact" : "");
	return t->session->stops_waits ? &err_stop : NULL;
}

struct err *session_wait_all(struct session *s)
{
	fake_log(s, "wait_all");
	return s->stops_waits ? &err_stop : NULL;
}

void session_interrupt(struct session *s)
{
	s->stops_waits = true;
}
