// SPDX-License-Identifier: GPL-3.0-or-later
// The tracer's end of the socket closes when it ends, for whatever reason. The bytes are restored
// at once, without a lock that anybody could hold for long.
#include "config.h"

#include "supervisor/life/watch.h"

#include "base/fault.h"
#include "supervisor/core/control.h"
#include "supervisor/core/memory.h"
#include "supervisor/core/notes.h"
#include "supervisor/drain/agent_ring.h"
#include "supervisor/drain/drain.h"
#include "supervisor/life/family.h"
#include "supervisor/os/thread.h"

#include <errno.h>
#include <sys/socket.h>

/** is_accident: nobody asked the tracer to end. */
static void lose_tracer(struct session *s, bool is_accident)
{
	struct traced *t = s->first;

	traced_lock(t);
	drain_last(t);
	agent_ring_close(t);
	t->has_tracer = false;
	if (is_accident && t->state != TARGET_ENDED) {
		traced_note(t, "the tracer process died; the breakpoints are taken out, tracing "
			       "has ended");
		s->has_lost_tracer = true;
		t->state = TARGET_DETACHED;
		traced_mark_end(t);
	}
	traced_unlock(t);
}

/** Sleeps until the tracer's end of the socket closes. */
static void *watch_main(void *ctx)
{
	struct session *s = ctx;
	bool is_accident;
	ssize_t n;
	char byte;

	do
		n = recv(s->tracer.socket, &byte, 1, 0);
	while (n > 0 || (n < 0 && errno == EINTR));
	FAULT_POINT("tracer-gone");
	is_accident = !__atomic_load_n(&s->is_leaving, __ATOMIC_ACQUIRE);
	memory_restore(s->first);
	FAULT_POINT("rescued");
	lose_tracer(s, is_accident);
	family_left(s);
	control_wake(s);
	return NULL;
}

struct err *watch_start(struct session *s)
{
	int errnum = thread_start(&s->watch_thread, watch_main, s);

	if (errnum)
		return err_sys(errnum, "cannot start a thread");
	s->has_watcher = true;
	return NULL;
}

void watch_end(struct session *s)
{
	if (s->has_watcher)
		pthread_join(s->watch_thread, NULL);
	s->has_watcher = false;
}
