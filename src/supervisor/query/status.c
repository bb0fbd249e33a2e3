// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "supervisor/session.h"

#include "base/io.h"
#include "supervisor/core/state.h"
#include "supervisor/drain/drain.h"
#include "supervisor/drain/limits.h"

/** Resident set of a process in bytes, 0 when it is gone. */
static size_t resident_size(pid_t pid)
{
	_cleanup_free_ char *text = NULL;
	struct err *err = pid > 0 ? io_proc_status(pid, "VmRSS", &text) : &err_not_found;

	if (err) {
		err_destroy(err);
		return 0;
	}
	return strtoull(text, NULL, 10) * 1024;
}

static unsigned count_probes(const struct session *s)
{
	unsigned num = 0;
	size_t i;

	for (i = 0; i < s->probes.num; i++)
		num += s->probes.items[i].is_live;
	return num;
}

struct err *session_status(struct session *s, struct session_status *ret)
{
	const struct shared_stats *stats;

	session_lock(s);
	drain_now(s);
	stats = session_stats(s);
	*ret = (struct session_status){
		.num_folded = s->num_folded,
		.num_unsuccessful = s->num_unsuccessful,
		.num_left = s->num_left,
		.pid = s->tracer.target,
		.parent = s->parent,
		.exe = s->exe,
		.state = s->state,
		.exit_status = s->exit_status,
		.is_tracing = s->is_tracing,
		.is_from_launch = s->is_from_launch,
		.is_stored = s->is_stored,
		.nframe = s->nframe,
		.num_threads = s->state == TARGET_ENDED ? 0 : stats->num_threads,
		.start_ns = s->start_ns,
		.end_ns = s->end_ns,
		.totals = heap_totals(s->heap),
		.older_size = heap_older_size(s->heap),
		.num_stacks = stacks_num(heap_stacks(s->heap)),
		.num_events = s->num_events,
		.event_rate = s->is_tracing ? s->event_rate : 0,
		.num_stops = stats->num_stops,
		.num_truncated = stats->num_truncated,
		.num_failed = stats->num_failed,
		.num_lost = stats->num_lost,
		.num_abandoned = stats->num_abandoned,
		.num_probes = count_probes(s),
	};
	heap_memory(s->heap, &ret->blocks_memory, &ret->tables_memory);
	ret->used_memory = limits_used(s);
	ret->max_memory = s->options.max_memory;
	ret->is_full = heap_is_closed(s->heap);
	session_unlock(s);
	ret->supervisor_rss = resident_size(getpid());
	ret->tracer_rss = resident_size(s->first->tracer.pid);
	return NULL;
}

struct err *session_probes(struct session *s,
			   void (*fn)(void *ctx, const struct session_probe *probe), void *ctx)
{
	size_t i;

	session_lock(s);
	session_lock_obj(s);
	for (i = 0; i < s->probes.num; i++) {
		const struct planted_probe *p = &s->probes.items[i];
		const struct module *module = modules_get(s->modules, p->module);
		struct session_probe out = {
			.module = module ? module->path : "",
			.symbol = probe_at(&s->user_probes, p->probe)->symbol,
			.addr = p->addr,
			.hits = p->hit_slot < SHARED_MAX_HITS ? session_stats(s)->hits[p->hit_slot]
							      : 0,
			.kind = probe_kind_name(probe_at(&s->user_probes, p->probe)->kind),
			.domain = probe_at(&s->user_probes, p->probe)->domain,
		};

		if (p->is_live || s->state == TARGET_ENDED)
			fn(ctx, &out);
	}
	session_unlock_obj(s);
	session_unlock(s);
	return NULL;
}

void session_searched(struct session *s, void (*fn)(void *ctx, const char *module), void *ctx)
{
	const struct module *module;
	uint32_t id;

	session_lock_obj(s);
	for (id = 1; id <= modules_num(s->modules); id++) {
		module = modules_get(s->modules, id);
		if (module && module->is_live)
			fn(ctx, module->path);
	}
	session_unlock_obj(s);
}
