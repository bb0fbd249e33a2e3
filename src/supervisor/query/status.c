// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "supervisor/traced.h"

#include "base/io.h"
#include "heap/truncated.h"
#include "supervisor/code/probe_table.h"
#include "supervisor/core/traced.h"
#include "supervisor/drain/drain.h"
#include "supervisor/drain/history.h"
#include "supervisor/drain/limits.h"
#include "supervisor/os/process.h"
#include "wire/agent_map.h"

#include <string.h>

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

/** Under lock. */
static struct err *find_truncated(struct traced *t, struct traced_status *ret)
{
	_cleanup_free_ struct truncated *rows = NULL;
	struct traced_truncated *out = ret->truncated;
	const struct module *module;
	struct err *err;
	size_t num, i;

	err = heap_truncated(t->heap, &rows, &num);
	if (err)
		return err;
	traced_lock_obj(t);
	for (i = 0; i < num; i++) {
		ret->num_truncated += rows[i].count;
		if (ret->num_truncated_rows == TRACED_MAX_TRUNCATED) {
			// The last row is that of all others.
			out[TRACED_MAX_TRUNCATED - 1].end = STACK_NUM_ENDS;
			out[TRACED_MAX_TRUNCATED - 1].module = "";
			out[TRACED_MAX_TRUNCATED - 1].count += rows[i].count;
			continue;
		}
		module = modules_get(t->modules, rows[i].module);
		out[ret->num_truncated_rows++] = (struct traced_truncated){
			rows[i].end, module ? module->path : "", rows[i].count};
	}
	traced_unlock_obj(t);
	return NULL;
}

bool traced_footprint(struct traced *t, struct traced_footprint *ret)
{
	bool is_there;

	traced_lock(t);
	is_there = t->state <= TARGET_RUNNING && !t->is_stored && !t->num_folded;
	traced_unlock(t);
	return is_there && process_footprint(io_live_task(t->pid), ret);
}

struct err *traced_status(struct traced *t, struct traced_status *ret)
{
	const struct shared_stats *stats;
	struct err *err;

	drain_count(t);
	traced_lock(t);
	drain_now(t);
	stats = traced_stats(t);
	*ret = (struct traced_status){
		.num_folded = t->num_folded,
		.num_unsuccessful = t->num_unsuccessful,
		.num_left = t->num_left,
		.pid = t->pid,
		.parent = t->parent,
		.exe = t->exe,
		.state = t->state,
		.exit_status = t->exit_status,
		.is_tracing = t->is_tracing,
		.is_from_launch = t->is_from_launch,
		.is_stored = t->is_stored,
		.nframe = t->nframe,
		.engine = t->engine,
		.num_threads = t->state == TARGET_ENDED ? 0 : stats->num_threads,
		.start_ns = t->start_ns,
		.end_ns = t->end_ns,
		.totals = heap_totals(t->heap),
		.sample_rate = heap_sample_rate(t->heap),
		.variance = heap_variance(t->heap),
		.older_size = heap_older_size(t->heap),
		.num_stacks = stacks_num(heap_stacks(t->heap)),
		.num_events = t->num_events,
		.event_rate = t->is_tracing ? history_event_rate(t->history) : 0,
		.num_stops = stats->num_stops,
		.num_failed = stats->num_failed,
		.num_lost = stats->num_lost,
		.wait_ns = stats->wait_ns - t->first_wait_ns,
		.num_abandoned = stats->num_abandoned,
		.num_probes = probe_table_num_live(t->probes),
	};
	memcpy(ret->engine_reason, t->engine_reason, sizeof(ret->engine_reason));
	heap_memory(t->heap, &ret->blocks_memory, &ret->tables_memory);
	ret->used_memory = limits_used(t);
	ret->max_memory = t->session->options.max_memory;
	ret->is_full = heap_is_closed(t->heap);
	err = find_truncated(t, ret);
	if (t->agent_memory)
		ret->agent_memory = agent_memory_resident(t->agent_memory);
	traced_unlock(t);
	ret->supervisor_rss = resident_size(getpid());
	ret->tracer_rss = resident_size(t->session->tracer.pid);
	return err;
}
