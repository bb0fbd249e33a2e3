// SPDX-License-Identifier: GPL-3.0-or-later
// The tracer is forked from a small process: tables are made behind tracer_start(). It is left by a
// command; one that does not answer is killed, and the watcher restores the bytes.
#include "config.h"

#include "supervisor/session.h"

#include "base/clock.h"
#include "base/fault.h"
#include "base/log.h"
#include "heap/domain.h"
#include "supervisor/code/allocators.h"
#include "supervisor/code/downloads.h"
#include "supervisor/code/loaded.h"
#include "supervisor/core/control.h"
#include "supervisor/drain/drain.h"
#include "supervisor/drain/process_image.h"
#include "supervisor/life/assemble.h"
#include "supervisor/life/family.h"
#include "supervisor/life/tracing.h"
#include "supervisor/life/watch.h"
#include "supervisor/os/precheck.h"
#include "supervisor/traced.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/wait.h>

/** How long a tracer may take to end, and a launched program to reach its beginning. */
#define LEAVE_TIMEOUT_NS (10 * NS_PER_S)

/** proc_pid_oom_score_adj(5): half of what there is. */
#define OOM_SCORE "500"

/** Probes of the user's own, each with the number of its domain. */
static struct err *add_probes(struct session *s)
{
	struct probe_list *list = &s->user_probes;
	char domain[PROBE_DOMAIN_MAX];
	struct err *err = NULL;
	uint32_t id = 0;
	size_t i, k;

	for (i = 0; i < s->options.num_probes && !err; i++) {
		err = probe_list_parse(list, s->options.probes[i], domain, &k);
		if (!err)
			err = domain_define(domain, &id);
		for (; !err && k < list->items.num; k++)
			list->items.items[k].domain = (uint8_t)id;
	}
	return err;
}

static struct err *open_eventfd(int flags, int *ret)
{
	*ret = eventfd(0, EFD_CLOEXEC | flags);
	return *ret < 0 ? err_sys(errno, "cannot create an eventfd") : NULL;
}

static struct err *fill(struct session *s)
{
	struct err *err = open_eventfd(0, &s->wake_fd);

	if (!err)
		err = open_eventfd(EFD_NONBLOCK, &s->note_fd);
	if (!err)
		err = add_probes(s);
	if (!err)
		err = assemble_traced(s, s->options.nframe, &s->first);
	if (!err)
		err = downloads_create(s);
	if (!err)
		err = shared_create(&s->shared, NULL);
	if (!err)
		s->first->shared = s->shared;
	return err;
}

struct err *session_create(const struct session_options *options, struct session **ret)
{
	struct err *err = session_check_nframe(options->nframe);
	struct session *s;

	if (!err)
		err = precheck_files();
	if (err)
		return err;
	s = calloc(1, sizeof(*s));
	if (!s)
		return &err_nomem;
	crash_install();
	s->options = *options;
	s->wake_fd = s->note_fd = -1;
	err = fill(s);
	if (err) {
		session_destroy(s);
		return err;
	}
	*ret = s;
	return NULL;
}

struct traced *session_first(const struct session *s)
{
	return s->first;
}

struct err *session_check_probe(const char *spec)
{
	char domain[PROBE_DOMAIN_MAX];
	struct probe_list list = {0};
	struct err *err;
	size_t first;

	err = probe_list_parse(&list, spec, domain, &first);
	probe_list_deinit(&list);
	return err;
}

struct err *session_lost_tracer(struct session *s, bool expects_it)
{
	uint64_t deadline = clock_now_ns() + NS_PER_S;
	bool has_lost, has_tracer;

	for (;;) {
		traced_lock(s->first);
		has_lost = s->has_lost_tracer;
		has_tracer = s->first->has_tracer;
		traced_unlock(s->first);
		if (has_lost)
			return err_create(ERR_OTHER,
					  "the tracer process died; the target goes on, untraced");
		if (!expects_it || !has_tracer || clock_now_ns() > deadline)
			return NULL;
		control_sleep(s, 10 * NS_PER_MS);
	}
}

/** If memory runs short, we should be killed before the target: the tracer then releases it. */
static void volunteer(void)
{
	_cleanup_close_ int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);

	if (fd >= 0 && write(fd, OOM_SCORE, strlen(OOM_SCORE)) < 0)
		log_debug("oom_score_adj stays");
}

/** With cookie_ret tracing is ordered at once, before anything that the tracer tells is answered: a
 *  launched program waits for the answer to its execve(), and must not get past its dynamic linker
 *  untraced, for nothing would hold it then. */
static struct err *start_tracer(struct session *s, struct tracer_options *options,
				uint64_t *cookie_ret)
{
	enum tracer_stage stage = TRACER_FAILED_SETUP;
	struct traced *t = s->first;
	int errnum = 0;
	struct err *err = NULL;

	options->shared = s->shared;
	options->nframe = t->nframe;
	options->engine = s->options.engine;
	options->sample_rate = s->options.sample_rate;
	options->probes = &s->user_probes;
	options->follow = s->options.follow;
	if (options->follow & FOLLOW_FORK)
		err = family_create(s, options);
	if (err)
		return err;
	t->state = TARGET_RUNNING;
	if (!tracer_start(options, &s->tracer, &stage, &errnum))
		return precheck_explain(options->pid, options->argv ? options->argv[0] : NULL,
					stage, errnum);
	// Tables only now: the tracer was forked from a small process and stays one.
	t->pid = s->tracer.target;
	t->has_tracer = true;
	volunteer();
	FAULT_POINT("attached");
	err = assemble_tables(t);
	if (!err && cookie_ret)
		err = tracing_order(t, cookie_ret);
	if (!err)
		err = drain_start(t);
	FAULT_POINT("draining");
	if (!err)
		err = watch_start(s);
	return err ? err : family_start(s);
}

/** Wait until the launched program stands at its begin. */
static struct err *wait_held(struct traced *t)
{
	enum target_state state;
	struct err *err;

	for (;;) {
		traced_lock(t);
		state = t->state;
		err = t->launch_error;
		t->launch_error = NULL;
		traced_unlock(t);
		if (err || state == TARGET_HELD || state == TARGET_ENDED)
			return err;
		if (__atomic_load_n(&t->session->is_interrupted, __ATOMIC_ACQUIRE))
			return &err_stop;
		if (state == TARGET_DETACHED)
			return err_create(ERR_OTHER, "the tracer process died");
		control_sleep(t->session, 100 * NS_PER_MS);
	}
}

struct err *session_launch(struct session *s, char *const argv[])
{
	_cleanup_free_ char *path = NULL;
	struct tracer_options options = {
		.argv = argv,
		.want_own_group = s->options.want_own_group,
		.stdin_path = s->options.stdin_path,
	};
	struct traced *t = s->first;
	uint64_t cookie = 0;
	struct err *err = precheck_launch(argv[0], &path);

	if (err)
		return err;
	options.path = path;
	t->is_from_launch = t->want_hold = true;
	err = start_tracer(s, &options, &cookie);
	if (!err)
		err = drain_await(t, cookie);
	if (!err)
		err = wait_held(t);
	if (err && t->has_tracer)
		err_destroy(traced_kill(t));
	return err;
}

struct err *session_attach(struct session *s, pid_t pid)
{
	struct tracer_options options = {.pid = pid};
	struct traced *t = s->first;
	struct err *err = precheck_attach(pid);

	if (!err)
		err = start_tracer(s, &options, NULL);
	if (err)
		return err;
	traced_lock(t);
	process_image_adopt(t);
	traced_unlock(t);
	err = tracing_begin(t);
	if (err)
		return err;
	// What was loaded between the first look and the planting of the rendezvous.
	traced_lock(t);
	loaded_update(t);
	allocators_note(t);
	traced_unlock(t);
	return NULL;
}

struct err *session_release(struct session *s)
{
	struct traced *t = s->first;

	traced_lock(t);
	t->want_hold = false;
	if (t->state == TARGET_HELD) {
		t->state = TARGET_RUNNING;
		control_release(t, t->held_tid, RELEASE_UNWATCH);
		t->held_tid = 0;
	}
	traced_unlock(t);
	return NULL;
}

static void end_tracer(struct session *s)
{
	uint64_t deadline = clock_now_ns() + LEAVE_TIMEOUT_NS;
	int status;

	while (waitpid(s->tracer.pid, &status, WNOHANG) == 0) {
		if (clock_now_ns() > deadline) {
			// It hangs. Its end is better than its traps. The watcher restores the
			// bytes.
			__atomic_store_n(&s->is_leaving, false, __ATOMIC_RELEASE);
			kill(s->tracer.pid, SIGKILL);
			waitpid(s->tracer.pid, &status, 0);
			return;
		}
		nanosleep(&(struct timespec){.tv_nsec = 200000}, NULL);
	}
}

struct err *session_detach(struct session *s)
{
	struct command command = {.kind = COMMAND_DETACH};
	struct traced *t = s->first;
	bool has_tracer;

	family_close(s);
	traced_lock(t);
	has_tracer = t->has_tracer;
	traced_unlock(t);
	if (!has_tracer) {
		if (s->tracer.pid)
			end_tracer(s);
		s->tracer.pid = 0;
		return NULL;
	}
	__atomic_store_n(&s->is_leaving, true, __ATOMIC_RELEASE);
	FAULT_POINT("detach");
	// Not answered: it is gone, and the watcher has done what is left to do.
	err_destroy(drain_call(t, &command));
	end_tracer(s);
	s->tracer.pid = 0;
	tracing_leave(t);
	family_left(s);
	return NULL;
}

void session_destroy(struct session *s)
{
	if (!s)
		return;
	if (s->tracer.pid)
		err_destroy(session_detach(s));
	watch_end(s);
	family_destroy(s);
	if (s->tracer.socket > 0)
		close(s->tracer.socket);
	assemble_destroy(s->first);
	downloads_destroy(s->downloads);
	shared_destroy(s->shared);
	if (s->wake_fd >= 0)
		close(s->wake_fd);
	if (s->note_fd >= 0)
		close(s->note_fd);
	probe_list_deinit(&s->user_probes);
	free(s);
}
