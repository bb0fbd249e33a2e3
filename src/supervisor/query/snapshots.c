// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "supervisor/query/snapshots.h"

#include "base/clock.h"
#include "base/fault.h"
#include "supervisor/drain/drain.h"

#include <string.h>

static void fill_snapshot(const struct traced *t, struct snapshot *snapshot)
{
	snapshot->nframe = t->nframe;
	snapshot->time_ns = t->end_ns ? t->end_ns : clock_now_ns();
	snapshot->start_ns = t->start_ns;
	snapshot->is_from_launch = t->is_from_launch;
	snapshot->engine = t->engine;
}

struct err *snapshots_take(struct traced *t, const char *name, struct snapshot **ret)
{
	struct err *err;

	drain_now(t);
	err = snapshot_create(t->heap, name, ret);
	if (!err)
		fill_snapshot(t, *ret);
	return err;
}

static bool find_snapshot(const struct traced *t, const char *name, size_t *index_ret)
{
	size_t i;

	for (i = 0; i < t->snapshots.num; i++) {
		if (strcmp(t->snapshots.items[i]->name, name) != 0)
			continue;
		*index_ret = i;
		return true;
	}
	return false;
}

static void remove_snapshot(struct traced *t, size_t index)
{
	snapshot_destroy(t->snapshots.items[index]);
	vec_remove(&t->snapshots, index);
}

struct err *snapshots_keep(struct traced *t, struct snapshot *snapshot)
{
	size_t index;

	if (find_snapshot(t, snapshot->name, &index))
		remove_snapshot(t, index);
	if (vec_push(&t->snapshots, snapshot))
		return NULL;
	snapshot_destroy(snapshot);
	return &err_nomem;
}

/** The next of s1, s2, ... that is free. */
static void default_name(struct traced *t, char *buf, size_t size)
{
	size_t index;

	do
		snprintf(buf, size, "s%u", ++t->num_default_names);
	while (find_snapshot(t, buf, &index));
}

/** Why there is no snapshot of a target that is not traced, and what helps. Under lock. */
static struct err *not_tracing(const struct traced *t)
{
	if (t->is_stored)
		return err_create(ERR_OTHER, "there is no process to take snapshots of");
	if (t->state == TARGET_DETACHED)
		return err_create(ERR_OTHER,
				  "tracing has ended; 'malloscope attach PID' begins anew");
	return err_create(ERR_OTHER,
			  "malloscope must be tracing memory allocations to take a snapshot; "
			  "'start' begins");
}

struct err *traced_snapshot(struct traced *t, const char *name, const struct snapshot **ret)
{
	struct snapshot *snapshot;
	char buf[32];
	struct err *err = NULL;

	traced_lock(t);
	drain_now(t);
	if (!t->is_tracing && t->state != TARGET_ENDED)
		err = not_tracing(t);
	if (!err && !name) {
		default_name(t, buf, sizeof(buf));
		name = buf;
	}
	FAULT_POINT("snapshot");
	if (!err)
		err = snapshots_take(t, name, &snapshot);
	if (!err)
		err = snapshots_keep(t, snapshot);
	if (!err && ret)
		*ret = snapshot;
	traced_unlock(t);
	return err;
}

struct err *traced_live(struct traced *t, struct snapshot **ret)
{
	struct err *err;

	traced_lock(t);
	err = snapshots_take(t, "live", ret);
	traced_unlock(t);
	return err;
}

struct err *traced_peak(struct traced *t, struct snapshot **ret)
{
	struct err *err;

	traced_lock(t);
	drain_now(t);
	err = snapshot_create_peak(t->heap, "peak", ret);
	if (!err)
		fill_snapshot(t, *ret);
	traced_unlock(t);
	return err;
}

struct err *snapshots_check_blocks(const struct traced *t)
{
	return t->num_folded
		       ? err_create(ERR_OTHER, "merged processes have only sums, not single blocks")
		       : NULL;
}

struct err *traced_since(struct traced *t, const struct snapshot *snapshot, struct snapshot **ret)
{
	_cleanup_free_ char *name = NULL;
	struct err *err = snapshots_check_blocks(t);

	if (err)
		return err;
	if (asprintf(&name, "live since %s", snapshot->name) < 0) {
		name = NULL;
		return &err_nomem;
	}
	traced_lock(t);
	drain_now(t);
	err = snapshot_create_since(t->heap, snapshot->seq, name, ret);
	if (!err)
		fill_snapshot(t, *ret);
	traced_unlock(t);
	return err;
}

struct err *traced_find_snapshot(struct traced *t, const char *name, const struct snapshot **ret)
{
	size_t index;

	if (!find_snapshot(t, name, &index))
		return err_create(ERR_NOT_FOUND, "no snapshot '%s'; 'snapshots' lists them", name);
	*ret = t->snapshots.items[index];
	return NULL;
}

size_t traced_num_snapshots(const struct traced *t)
{
	return t->snapshots.num;
}

const struct snapshot *traced_get_snapshot(const struct traced *t, size_t index)
{
	return t->snapshots.items[index];
}

struct err *traced_drop_snapshot(struct traced *t, const char *name)
{
	size_t index;

	if (!find_snapshot(t, name, &index))
		return err_create(ERR_NOT_FOUND, "no snapshot '%s'; 'snapshots' lists them", name);
	remove_snapshot(t, index);
	return NULL;
}
