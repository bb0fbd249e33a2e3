// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "console/commands/snapshot_ref.h"

#include "supervisor/snapshots.h"
#include "supervisor/traced.h"

#include <ctype.h>
#include <string.h>

void snapshot_ref_deinit(struct snapshot_ref *ref)
{
	snapshot_destroy(ref->owned);
}

struct err *snapshot_ref_find(struct console *console, const char *name, struct snapshot_ref *ret)
{
	struct snapshot *owned = NULL;
	struct traced_status status;
	struct err *err = traced_status(console->traced, &status);

	if (err)
		return err;
	// In a file, "live" and "peak" may be names like any other.
	if (status.is_stored)
		return name ? traced_find_snapshot(console->traced, name, &ret->snapshot)
			    : snapshot_ref_newest(console, ret);
	if (!name || strcmp(name, "live") == 0)
		err = traced_live(console->traced, &owned);
	else if (strcmp(name, "peak") == 0)
		err = traced_peak(console->traced, &owned);
	else
		return traced_find_snapshot(console->traced, name, &ret->snapshot);
	if (err)
		return err;
	ret->owned = owned;
	ret->snapshot = owned;
	return NULL;
}

struct err *snapshot_ref_find_old(struct console *console, const char *name,
				  struct snapshot_ref *ret)
{
	if (strcmp(name, "live") == 0)
		return traced_find_snapshot(console->traced, name, &ret->snapshot);
	return snapshot_ref_find(console, name, ret);
}

struct err *snapshot_ref_since(struct console *console, const char *name, struct snapshot_ref *ret)
{
	const struct snapshot *snapshot;
	struct err *err;

	if (strcmp(name, "live") == 0 || strcmp(name, "peak") == 0)
		return err_create(ERR_USAGE, "--since takes a snapshot that was kept, not %s",
				  name);
	err = traced_find_snapshot(console->traced, name, &snapshot);
	if (!err)
		err = traced_since(console->traced, snapshot, &ret->owned);
	if (!err)
		ret->snapshot = ret->owned;
	return err;
}

struct err *snapshot_ref_find_top(struct console *console, const struct args *args,
				  struct snapshot_ref *ret)
{
	const char *name = args_value(args, "--snapshot"), *since = args_value(args, "--since");

	if (name && since)
		return err_create(ERR_USAGE, "--since is about the live state: no --snapshot");
	return since ? snapshot_ref_since(console, since, ret)
		     : snapshot_ref_find(console, name, ret);
}

struct err *snapshot_ref_newest(struct console *console, struct snapshot_ref *ret)
{
	size_t num = traced_num_snapshots(console->traced);

	if (!num)
		return err_create(ERR_NOT_FOUND,
				  "there is no snapshot to compare with; 'snapshot' takes one");
	ret->snapshot = traced_get_snapshot(console->traced, num - 1);
	return NULL;
}

struct err *snapshot_ref_check_name(const char *name)
{
	const char *p;
	size_t i;

	for (i = 0; i < NUM_KEYS; i++)
		if (strcmp(name, group_key_names[i]) == 0)
			return err_create(ERR_USAGE, "'%s' is a key, choose another name", name);
	if (strcmp(name, "live") == 0)
		return err_create(ERR_USAGE, "'live' is the present state, choose another name");
	if (strcmp(name, "peak") == 0)
		return err_create(ERR_USAGE,
				  "'peak' is the state at the maximum, choose another name");
	for (p = name; *p; p++)
		if (iscntrl((unsigned char)*p))
			return err_create(ERR_USAGE, "a name has no control characters");
	if (!*name || strchr("-#", *name))
		return err_create(ERR_USAGE, "'%s' cannot be a name", name);
	return NULL;
}
