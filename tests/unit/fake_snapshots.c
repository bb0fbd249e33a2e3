// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "supervisor/snapshots.h"

#include "fake_traced.h"

#include <string.h>

static struct err *take_snapshot(struct traced *t, const char *name, struct snapshot **ret)
{
	struct err *err = snapshot_create(t->heap, name, ret);

	if (err)
		return err;
	(*ret)->nframe = t->status.nframe;
	(*ret)->time_ns = t->now_ns;
	(*ret)->start_ns = FAKE_START_NS;
	(*ret)->is_from_launch = t->status.is_from_launch;
	return NULL;
}

struct err *traced_snapshot(struct traced *t, const char *name, const struct snapshot **ret)
{
	struct snapshot *snapshot;
	char default_name[16];
	struct err *err;

	if (!t->status.is_tracing)
		return err_create(ERR_OTHER, "malloscope must be tracing to take a snapshot");
	snprintf(default_name, sizeof(default_name), "s%u", t->num_names + 1);
	t->num_names += !name;
	err = take_snapshot(t, name ? name : default_name, &snapshot);
	if (err)
		return err;
	if (!vec_push(&t->snapshots, snapshot))
		abort();
	*ret = snapshot;
	return NULL;
}

struct err *traced_live(struct traced *t, struct snapshot **ret)
{
	return take_snapshot(t, "live", ret);
}

struct err *traced_peak(struct traced *t, struct snapshot **ret)
{
	fake_must(snapshot_create_peak(t->heap, "peak", ret));
	(*ret)->time_ns = t->now_ns;
	(*ret)->start_ns = FAKE_START_NS;
	return NULL;
}

struct err *traced_since(struct traced *t, const struct snapshot *snapshot, struct snapshot **ret)
{
	fake_must(snapshot_create_since(t->heap, snapshot->seq, "live since", ret));
	(*ret)->time_ns = t->now_ns;
	(*ret)->start_ns = FAKE_START_NS;
	return NULL;
}

static struct err *find_snapshot(struct traced *t, const char *name, size_t *ret)
{
	size_t i;

	for (i = 0; i < t->snapshots.num; i++) {
		if (strcmp(t->snapshots.items[i]->name, name) == 0) {
			*ret = i;
			return NULL;
		}
	}
	return err_create(ERR_NOT_FOUND, "no snapshot '%s'", name);
}

struct err *traced_find_snapshot(struct traced *t, const char *name, const struct snapshot **ret)
{
	size_t i = 0;
	struct err *err = find_snapshot(t, name, &i);

	if (!err)
		*ret = t->snapshots.items[i];
	return err;
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
	size_t i = 0;
	struct err *err = find_snapshot(t, name, &i);

	if (err)
		return err;
	snapshot_destroy(t->snapshots.items[i]);
	vec_remove(&t->snapshots, i);
	return NULL;
}
