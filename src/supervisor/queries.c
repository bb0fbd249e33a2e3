// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "supervisor/session_internal.h"

#include "base/clock.h"
#include "base/fault.h"
#include "base/io.h"

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

static void fill_snapshot(const struct session *s, struct snapshot *snapshot)
{
	snapshot->nframe = s->nframe;
	snapshot->time_ns = s->end_ns ? s->end_ns : clock_now_ns();
	snapshot->start_ns = s->start_ns;
	snapshot->is_from_launch = s->is_from_launch;
}

struct err *queries_take_snapshot(struct session *s, const char *name, struct snapshot **ret)
{
	struct err *err;

	drain_now(s);
	err = snapshot_create(s->heap, name, ret);
	if (!err)
		fill_snapshot(s, *ret);
	return err;
}

static bool find_snapshot(const struct session *s, const char *name, size_t *index_ret)
{
	size_t i;

	for (i = 0; i < s->snapshots.num; i++) {
		if (strcmp(s->snapshots.items[i]->name, name) != 0)
			continue;
		*index_ret = i;
		return true;
	}
	return false;
}

static void remove_snapshot(struct session *s, size_t index)
{
	snapshot_destroy(s->snapshots.items[index]);
	vec_remove(&s->snapshots, index);
}

struct err *queries_keep(struct session *s, struct snapshot *snapshot)
{
	size_t index;

	if (find_snapshot(s, snapshot->name, &index))
		remove_snapshot(s, index);
	if (vec_push(&s->snapshots, snapshot))
		return NULL;
	snapshot_destroy(snapshot);
	return &err_nomem;
}

/** The next of s1, s2, ... that is free. */
static void default_name(struct session *s, char *buf, size_t size)
{
	size_t index;

	do
		snprintf(buf, size, "s%u", ++s->num_default_names);
	while (find_snapshot(s, buf, &index));
}

/** Why there is no snapshot of a target that is not traced, and what helps. Behind the session's lock. */
static struct err *not_tracing(const struct session *s)
{
	if (s->is_stored)
		return err_create(ERR_OTHER, "there is no process to take snapshots of");
	if (s->state == TARGET_DETACHED)
		return err_create(ERR_OTHER,
				  "tracing has ended; 'malloscope attach PID' begins anew");
	return err_create(ERR_OTHER,
			  "malloscope must be tracing memory allocations to take a snapshot; "
			  "'start' begins");
}

struct err *session_snapshot(struct session *s, const char *name, const struct snapshot **ret)
{
	struct snapshot *snapshot;
	char buf[32];
	struct err *err = NULL;

	session_lock(s);
	drain_now(s);
	if (!s->is_tracing && s->state != TARGET_ENDED)
		err = not_tracing(s);
	if (!err && !name) {
		default_name(s, buf, sizeof(buf));
		name = buf;
	}
	FAULT_POINT("snapshot");
	if (!err)
		err = queries_take_snapshot(s, name, &snapshot);
	if (!err)
		err = queries_keep(s, snapshot);
	if (!err && ret)
		*ret = snapshot;
	session_unlock(s);
	return err;
}

struct err *session_live(struct session *s, struct snapshot **ret)
{
	struct err *err;

	session_lock(s);
	err = queries_take_snapshot(s, "live", ret);
	session_unlock(s);
	return err;
}

struct err *session_peak(struct session *s, struct snapshot **ret)
{
	struct err *err;

	session_lock(s);
	drain_now(s);
	err = snapshot_create_peak(s->heap, "peak", ret);
	if (!err)
		fill_snapshot(s, *ret);
	session_unlock(s);
	return err;
}

/** Single blocks are known? Of several processes only sums are. */
static struct err *check_blocks(const struct session *s)
{
	return s->num_folded
		       ? err_create(ERR_OTHER, "merged processes have only sums, not single blocks")
		       : NULL;
}

struct err *session_since(struct session *s, const struct snapshot *snapshot, struct snapshot **ret)
{
	_cleanup_free_ char *name = NULL;
	struct err *err = check_blocks(s);

	if (err)
		return err;
	if (asprintf(&name, "live since %s", snapshot->name) < 0) {
		name = NULL;
		return &err_nomem;
	}
	session_lock(s);
	drain_now(s);
	err = snapshot_create_since(s->heap, snapshot->seq, name, ret);
	if (!err)
		fill_snapshot(s, *ret);
	session_unlock(s);
	return err;
}

struct err *session_find_snapshot(struct session *s, const char *name, const struct snapshot **ret)
{
	size_t index;

	if (!find_snapshot(s, name, &index))
		return err_create(ERR_NOT_FOUND, "no snapshot '%s'; 'snapshots' lists them", name);
	*ret = s->snapshots.items[index];
	return NULL;
}

size_t session_num_snapshots(const struct session *s)
{
	return s->snapshots.num;
}

const struct snapshot *session_get_snapshot(const struct session *s, size_t index)
{
	return s->snapshots.items[index];
}

struct err *session_drop_snapshot(struct session *s, const char *name)
{
	size_t index;

	if (!find_snapshot(s, name, &index))
		return err_create(ERR_NOT_FOUND, "no snapshot '%s'; 'snapshots' lists them", name);
	remove_snapshot(s, index);
	return NULL;
}

struct stack session_stack(struct session *s, uint32_t stack_id)
{
	struct stack stack;

	session_lock(s);
	stack = stacks_get(heap_stacks(s->heap), stack_id);
	session_unlock(s);
	return stack;
}

/** When was allocation seq made? The first point of time that knows a later one, or now. */
static uint64_t time_of(const struct session *s, uint64_t seq)
{
	size_t low = 0, high = s->times.num, mid;

	while (low < high) {
		mid = low + (high - low) / 2;
		if (s->times.items[mid].seq < seq)
			low = mid + 1;
		else
			high = mid;
	}
	return low < s->times.num ? s->times.items[low].time_ns : clock_now_ns();
}

static struct session_block describe(const struct session *s, const struct block *block)
{
	const struct site *site = heap_site(s->heap, block->site);
	uint64_t now = s->end_ns ? s->end_ns : clock_now_ns(), then = time_of(s, block->seq);

	return (struct session_block){
		.addr = block->addr & ~SESSION_UPPER,
		.size = block->size,
		.domain = site->domain,
		.tid = site->tid,
		.stack = site->stack,
		.age_ns = now > then ? now - then : 0,
	};
}

struct err *session_where(struct session *s, uint64_t addr, struct session_block *ret)
{
	struct err *err = check_blocks(s);
	struct block block;
	bool is_found;

	if (err)
		return err;
	session_lock(s);
	drain_now(s);
	// What lies in a block of malloc tells more than that block.
	is_found = addr < SESSION_UPPER && (heap_find(s->heap, addr | SESSION_UPPER, &block) ||
					    heap_find(s->heap, addr, &block));
	if (is_found)
		*ret = describe(s, &block);
	session_unlock(s);
	return is_found ? NULL : &err_not_found;
}

struct collecting {
	struct session *s;
	struct session_block *blocks;
	size_t num;
};

static void collect_block(void *ctx, const struct block *block)
{
	struct collecting *c = ctx;

	c->blocks[c->num++] = describe(c->s, block);
}

static int compare_addr(const void *a, const void *b)
{
	const struct session_block *x = a, *y = b;

	return x->addr < y->addr ? -1 : x->addr > y->addr;
}

struct err *session_blocks(struct session *s, struct session_block **ret, size_t *num_ret)
{
	struct collecting c = {.s = s};
	struct err *err = check_blocks(s);
	size_t num;

	if (err)
		return err;
	session_lock(s);
	drain_now(s);
	num = blocks_num(heap_blocks(s->heap));
	c.blocks = malloc((num + 1) * sizeof(*c.blocks));
	if (c.blocks)
		blocks_each(heap_blocks(s->heap), collect_block, &c);
	session_unlock(s);
	if (!c.blocks)
		return &err_nomem;
	qsort(c.blocks, c.num, sizeof(*c.blocks), compare_addr);
	*ret = c.blocks;
	*num_ret = c.num;
	return NULL;
}

char *session_take_note(struct session *s)
{
	char *note = NULL;
	uint64_t count;

	session_lock(s);
	if (s->notes.num) {
		note = vec_shift(&s->notes);
	} else if (read(s->note_fd, &count, sizeof(count)) < 0) {
		note = NULL;
	}
	if (!note && s->symbolizer) {
		// What the look-ups of the last command have missed.
		session_lock_obj(s);
		note = symbolizer_take_note(s->symbolizer);
		if (!note)
			note = modules_next_note(s->modules);
		session_unlock_obj(s);
	}
	session_unlock(s);
	return note;
}

int session_note_fd(const struct session *s)
{
	return s->note_fd;
}
