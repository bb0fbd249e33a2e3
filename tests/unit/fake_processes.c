// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "supervisor/processes.h"

#include "fake_session.h"

void session_hold(struct session *s)
{
	s->num_holds++;
}

void session_let(struct session *s)
{
	s->num_holds--;
}

void session_choose(struct session *s, struct traced *t)
{
	(void)s;
	(void)t;
}

size_t session_num_processes(const struct session *s)
{
	return 1 + (s->child != NULL);
}

struct traced *session_process(const struct session *s, size_t index)
{
	return index ? s->child : s->first;
}

bool session_has_living(struct session *s)
{
	enum target_state state = s->first->status.state;

	return state == TARGET_RUNNING || state == TARGET_HELD;
}
