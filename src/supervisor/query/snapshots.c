// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "supervisor/query/snapshots.h"

#include "base/clock.h"
#include "base/fault.h"
#include "supervisor/drain/drain.h"

#include <string.h>

static void fill_snapshot(const struct session *s, struct snapshot *snapshot)
{
	snapshot->nframe = s->nframe;
	snapshot->time_ns = s->end_ns ? s->end_ns : clock_now_ns();
	snapshot->start_ns = s->start_ns;
	snapshot->is_from_launch = s->is_from_launch;
}

struct err *snapshots_take(struct session *s, const char *name, struct snapshot **ret)
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

struct err *snapshots_keep(struct session *s, struct snapshot *snapshot)
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
		err = snapshots_take(s, name, &snapshot);
	if (!err)
		err = snapshots_keep(s, snapshot);
	if (!err && ret)
		*ret = snapshot;
	session_unlock(s);
	return err;
}

struct err *session_live(struct session *s, struct snapshot **ret)
{
	struct err *err;

	session_lock(s);
	err = snapshots_take(s, "live", ret);
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

struct err *snapshots_check_blocks(const struct session *s)
{
	return s->num_folded
		       ? err_create(ERR_OTHER, "merged processes have only sums, not single blocks")
		       : NULL;
}

struct err *session_since(struct session *s, const struct snapshot *snapshot, struct snapshot **ret)
{
	_cleanup_free_ char *name = NULL;
	struct err *err = snapshots_check_blocks(s);

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
