// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "supervisor/session_internal.h"

#include "base/clock.h"
#include "base/fault.h"
#include "base/log.h"
#include "heap/domain.h"

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

struct err *session_check_nframe(long nframe)
{
	if (nframe >= 1 && nframe <= NFRAME_MAX)
		return NULL;
	return err_create(ERR_USAGE, "the number of frames must be in range [1; %d]", NFRAME_MAX);
}

struct err *session_create_tables(struct session *s)
{
	struct err *err = heap_create(&s->heap);

	if (!err)
		err = modules_create(&s->modules);
	if (!err && s->options.max_memory)
		modules_limit_memory(s->modules, s->options.max_memory);
	if (!err)
		err = symbolizer_create(s->modules, &s->symbolizer);
	return err ? err : frames_init(s);
}

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

struct err *session_new(const struct session_options *options, struct session **ret)
{
	struct session *s = calloc(1, sizeof(*s));
	struct err *err;

	if (!s)
		return &err_nomem;
	crash_install();
	pthread_mutex_init(&s->lock, NULL);
	pthread_mutex_init(&s->obj_lock, NULL);
	s->options = *options;
	s->nframe = options->nframe;
	s->first = s;
	s->note_fd = -1;
	s->mem_fd = -1;
	s->wake_fd = eventfd(0, EFD_CLOEXEC);
	s->state = TARGET_DETACHED;
	s->exe = "";
	err = s->wake_fd < 0 ? err_create(ERR_OTHER, "cannot create a session: no file descriptor")
			     : add_probes(s);
	if (err) {
		session_destroy(s);
		return err;
	}
	*ret = s;
	return NULL;
}

struct err *session_create(const struct session_options *options, struct session **ret)
{
	struct err *err = session_check_nframe(options->nframe);
	struct session *s;

	if (!err)
		err = precheck_files();
	if (!err)
		err = session_new(options, &s);
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

const struct shared_stats *session_stats(const struct session *s)
{
	static const struct shared_stats none;

	if (s->shared)
		return &s->shared->stats;
	return s->last_stats ? s->last_stats : &none;
}

static struct err *begin_tracing(struct session *s)
{
	struct command command = {.kind = COMMAND_START, .value = s->nframe};

	session_lock(s);
	s->is_tracing = true;
	s->start_ns = s->rate_ns = clock_now_ns();
	s->end_ns = 0;
	session_unlock(s);
	return control_call(s, &command);
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
	err = session_create_tables(s);
	if (!err)
		err = drain_start(s);
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
		err = begin_tracing(s);
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
	images_set_exe(s);
	images_send_areas(s);
	images_update(s);
	session_unlock(s);
	s->has_executed = true;
	err = begin_tracing(s);
	if (err)
		return err;
	// What was loaded between the first look and the planting of the rendezvous.
	session_lock(s);
	images_update(s);
	images_note_allocators(s);
	session_unlock(s);
	return NULL;
}

struct err *session_release(struct session *s)
{
	session_lock(s);
	s->want_hold = false;
	if (s->state == TARGET_HELD) {
		s->state = TARGET_RUNNING;
		control_resume(s, s->held_tid, RELEASE_UNWATCH);
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
	err_destroy(control_call(s, &command));
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

/** Nobody is there to be traced any more. Under lock. */
static bool is_over(const struct session *s)
{
	return !s->has_tracer || s->state == TARGET_ENDED || s->state == TARGET_DETACHED;
}

struct err *session_kill(struct session *s)
{
	struct command command = {.kind = COMMAND_KILL};
	struct err *err = NULL;
	bool has_ended;

	session_lock(s);
	if (is_over(s))
		err = err_create(ERR_OTHER, "there is no target any more");
	session_unlock(s);
	if (!err)
		err = control_call(s, &command);
	while (!err) {
		session_lock(s);
		has_ended = is_over(s);
		session_unlock(s);
		if (has_ended)
			break;
		control_sleep(s, 10 * NS_PER_MS);
	}
	return err;
}

static void free_lists(struct session *s)
{
	size_t i;

	for (i = 0; i < s->snapshots.num; i++)
		snapshot_destroy(s->snapshots.items[i]);
	for (i = 0; i < s->notes.num; i++)
		free(s->notes.items[i]);
	for (i = 0; i < s->exes.num; i++)
		free(s->exes.items[i]);
	vec_deinit(&s->exes);
	vec_deinit(&s->snapshots);
	vec_deinit(&s->loaded);
	vec_deinit(&s->notes);
	vec_deinit(&s->times);
	vec_deinit(&s->probes);
	vec_deinit(&s->new_ranges);
	vec_deinit(&s->call.addrs);
	hmap_deinit_owned(&s->taken);
	hmap_deinit(&s->stacks_by_hash);
}

void session_destroy(struct session *s)
{
	if (!s)
		return;
	if (s->first == s && s->tracer.pid)
		err_destroy(session_detach(s));
	err_destroy(storing_end(s));
	// The watcher looks at the family.
	drain_end(s);
	family_destroy(s);
	if (s->mem_fd >= 0)
		close(s->mem_fd);
	if (s->first == s && s->tracer.socket > 0)
		close(s->tracer.socket);
	measuring_destroy(s);
	downloads_destroy(s);
	free_lists(s);
	archive_destroy(s->archive);
	symbolizer_destroy(s->symbolizer);
	modules_destroy(s->modules);
	heap_destroy(s->heap);
	free(s->last_stats);
	// A child's is the family's.
	if (s->first == s)
		shared_destroy(s->shared);
	if (s->wake_fd >= 0)
		close(s->wake_fd);
	if (s->note_fd >= 0)
		close(s->note_fd);
	err_destroy(s->launch_error);
	probe_list_deinit(&s->user_probes);
	free(s);
}

struct err *session_start(struct session *s, uint32_t nframe)
{
	struct err *err = nframe ? session_check_nframe(nframe) : NULL;
	bool has_ended;

	if (err)
		return err;
	session_lock(s);
	has_ended = is_over(s);
	if (s->is_tracing) {
		session_unlock(s);
		return NULL;
	}
	if (nframe)
		s->nframe = nframe;
	if (!has_ended) {
		s->is_from_launch = false;
		heap_clear(s->heap);
		images_update(s);
	}
	session_unlock(s);
	if (has_ended)
		return err_create(ERR_OTHER, "there is no target to trace any more");
	return begin_tracing(s);
}

struct err *session_stop(struct session *s)
{
	struct command command = {.kind = COMMAND_STOP};
	bool is_tracing;
	struct err *err;

	session_lock(s);
	is_tracing = s->is_tracing;
	session_unlock(s);
	err = is_tracing ? control_call(s, &command) : NULL;
	if (err)
		return err;
	session_lock(s);
	session_mark_end(s);
	measuring_reset(s);
	heap_clear(s->heap);
	s->num_events = s->rate_events = 0;
	session_unlock(s);
	return NULL;
}

struct err *session_clear(struct session *s)
{
	struct command command = {.kind = COMMAND_CLEAR};
	struct err *err;

	// The tracer must forget at the same event as we do: what it frees later is older.
	err = control_call(s, &command);
	if (err != &err_gone)
		return err;
	session_lock(s);
	drain_now(s);
	drain_clear(s);
	session_unlock(s);
	return NULL;
}

struct err *session_reset_peak(struct session *s)
{
	session_lock(s);
	drain_now(s);
	heap_reset_peak(s->heap);
	session_unlock(s);
	return NULL;
}
