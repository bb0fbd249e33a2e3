// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "supervisor/storing.h"

#include "fake_session.h"
#include "supervisor/snapshots.h"

#include <inttypes.h>

struct err *traced_dump(struct traced *t, const struct snapshot *snapshot,
			const struct frame_source *source, const char *path)
{
	(void)source;
	fake_log(t->session, "dump %s %s", snapshot->name, path);
	return NULL;
}

struct err *traced_load(struct traced *t, const char *spec, const char *as,
			const struct snapshot **ret)
{
	fake_log(t->session, "load %s %s", spec, as ? as : "-");
	return traced_snapshot(t, as ? as : "loaded", ret);
}

struct err *traced_load_pair(struct traced *t, const char *first, const char *second)
{
	struct err *err;

	fake_log(t->session, "load %s, %s", first, second);
	err = traced_snapshot(t, first, NULL);
	return err ? err : traced_snapshot(t, second, NULL);
}

struct err *session_check_store(const char *path)
{
	(void)path;
	return NULL;
}

struct err *traced_every(struct traced *t, uint64_t period_ns, const char *path)
{
	// Stopping what does not run is nothing.
	if (path)
		fake_log(t->session, "every %" PRIu64 " %s", period_ns, path);
	return NULL;
}
