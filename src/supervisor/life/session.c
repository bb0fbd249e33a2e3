// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "supervisor/session.h"

#include "base/clock.h"
#include "base/fault.h"
#include "base/log.h"
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

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/wait.h>

/** How long a tracer may take to leave, and a launched program to reach its begin. */
#define LEAVE_TIMEOUT_NS (10 * NS_PER_S)

/** proc_pid_oom_score_adj(5): half of what there is. */
#define OOM_SCORE "500"

struct err *session_create(const struct session_options *options, struct session **ret)
{
	struct err *err = session_check_nframe(options->nframe);
	struct session *s;

	if (!err)
		err = precheck_files();
	if (!err)
		err = assemble_session(options, &s);
	if (err)
		return err;
	s->note_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (s->note_fd < 0)
		err = err_sys(errno, "cannot create an eventfd");
	if (!err)
		err = downloads_create(s);
	if (!err)
		err = shared_create(&s->shared, NULL);
	if (err) {
		session_destroy(s);
		return err;
	}
	*ret = s;
	return NULL;
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
		session_lock(s);
		has_lost = s->has_lost_tracer;
		has_tracer = s->has_tracer;
		session_unlock(s);
		if (has_lost)
			return err_create(ERR_OTHER,
					  "the tracer process died; the target goes on, untraced");
		if (!expects_it || !has_tracer || clock_now_ns() > deadline)
			return NULL;
		control_sleep(s, 10 * NS_PER_MS);
	}
}

/** When memory gets short, let us be ended before the target: the tracer lets it go on then. */
static void volunteer(void)
{
	_cleanup_close_ int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);

	if (fd >= 0 && write(fd, OOM_SCORE, strlen(OOM_SCORE)) < 0)
		log_debug("oom_score_adj stays");
}

static struct err *start_tracer(struct session *s, struct tracer_options *options)
{
	enum tracer_stage stage = TRACER_FAILED_SETUP;
	int errnum = 0;
	struct err *err = NULL;

	options->follow = s->options.follow;
	if (options->follow & FOLLOW_FORK)
		err = family_create(s, options);
	if (err)
		return err;
	if (!tracer_start(options, &s->tracer, &stage, &errnum))
		return precheck_explain(options->pid, options->argv ? options->argv[0] : NULL,
					stage, errnum);
	// Tables only now: the tracer was forked from a small process and stays one.
	s->has_tracer = true;
	volunteer();
	FAULT_POINT("attached");
	err = assemble_tables(s);
	if (!err)
		err = drain_start(s);
	if (!err)
		err = watch_start(s);
	return err ? err : family_start(s);
}

/** Wait until the launched program stands at its begin. */
static struct err *wait_held(struct session *s)
{
	enum target_state state;
	struct err *err;

	for (;;) {
		session_lock(s);
		state = s->state;
		err = s->launch_error;
		s->launch_error = NULL;
		session_unlock(s);
		if (err || state == TARGET_HELD || state == TARGET_ENDED)
			return err;
		if (__atomic_load_n(&s->is_interrupted, __ATOMIC_ACQUIRE))
			return &err_stop;
		if (state == TARGET_DETACHED)
			return err_create(ERR_OTHER, "the tracer process died");
		control_sleep(s, 100 * NS_PER_MS);
	}
}

struct err *session_launch(struct session *s, char *const argv[])
{
	_cleanup_free_ char *path = NULL;
	struct tracer_options options = {
		.shared = s->shared,
		.argv = argv,
		.want_own_group = s->options.want_own_group,
		.stdin_path = s->options.stdin_path,
		.nframe = s->nframe,
		.probes = &s->user_probes,
	};
	struct err *err = precheck_launch(argv[0], &path);

	if (err)
		return err;
	options.path = path;
	s->state = TARGET_RUNNING;
	s->is_from_launch = s->want_hold = true;
	err = start_tracer(s, &options);
	if (!err)
		err = tracing_begin(s);
	if (!err)
		err = wait_held(s);
	if (err && s->has_tracer)
		err_destroy(session_kill(s));
	return err;
}

struct err *session_attach(struct session *s, pid_t pid)
{
	struct tracer_options options = {
		.shared = s->shared,
		.pid = pid,
		.nframe = s->nframe,
		.probes = &s->user_probes,
	};
	struct err *err = precheck_attach(pid);

	if (err)
		return err;
	s->state = TARGET_RUNNING;
	err = start_tracer(s, &options);
	if (err)
		return err;
	session_lock(s);
	process_image_adopt(s);
	session_unlock(s);
	err = tracing_begin(s);
	if (err)
		return err;
	// What was loaded between the first look and the planting of the rendezvous.
	session_lock(s);
	loaded_update(s);
	allocators_note(s);
	session_unlock(s);
	return NULL;
}

struct err *session_release(struct session *s)
{
	session_lock(s);
	s->want_hold = false;
	if (s->state == TARGET_HELD) {
		s->state = TARGET_RUNNING;
		control_release(s, s->held_tid, RELEASE_UNWATCH);
		s->held_tid = 0;
	}
	session_unlock(s);
	return NULL;
}

static void end_tracer(struct session *s)
{
	uint64_t deadline = clock_now_ns() + LEAVE_TIMEOUT_NS;
	int status;

	while (waitpid(s->tracer.pid, &status, WNOHANG) == 0) {
		if (clock_now_ns() > deadline) {
			// It hangs: its end is better than its traps. The watcher restores the bytes.
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
	bool has_tracer;

	s = s->first;
	family_close(s);
	session_lock(s);
	has_tracer = s->has_tracer;
	session_unlock(s);
	if (!has_tracer) {
		if (s->tracer.pid)
			end_tracer(s);
		s->tracer.pid = 0;
		return NULL;
	}
	__atomic_store_n(&s->is_leaving, true, __ATOMIC_RELEASE);
	FAULT_POINT("detach");
	// Not answered: it is gone, and the watcher has done what is left to do.
	err_destroy(drain_call(s, &command));
	end_tracer(s);
	session_lock(s);
	s->tracer.pid = 0;
	s->has_tracer = false;
	drain_now(s);
	session_mark_end(s);
	if (s->state != TARGET_ENDED)
		s->state = TARGET_DETACHED;
	session_unlock(s);
	family_left(s);
	return NULL;
}

void session_destroy(struct session *s)
{
	struct shared *shared;

	if (!s)
		return;
	if (s->tracer.pid)
		err_destroy(session_detach(s));
	watch_end(s);
	family_destroy(s);
	if (s->tracer.socket > 0)
		close(s->tracer.socket);
	shared = s->shared;
	assemble_destroy(s);
	shared_destroy(shared);
}
