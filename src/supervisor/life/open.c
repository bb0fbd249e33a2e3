// SPDX-License-Identifier: GPL-3.0-or-later
// A session on a file instead of a process: the newest snapshots are loaded.
#include "config.h"

#include "supervisor/session.h"

#include "store/store.h"
#include "supervisor/core/notes.h"
#include "supervisor/life/assemble.h"
#include "supervisor/storing/files.h"

#include <string.h>

/** session_open() loads the newest snapshots, as long as they have no more than so many sites
 *  together: about 80 MB. */
#define MAX_OPEN_SITES 2000000

/** The first of the newest entries that are loaded. */
static size_t first_to_load(const struct store_entries *entries)
{
	size_t num_sites = 0, i = entries->num;

	while (i > 0 &&
	       (i == entries->num || num_sites + entries->items[i - 1].num_sites <= MAX_OPEN_SITES))
		num_sites += entries->items[--i].num_sites;
	return i;
}

static bool has_later(const struct store_entries *entries, size_t i)
{
	size_t j;

	for (j = i + 1; j < entries->num; j++)
		if (strcmp(entries->items[j].name, entries->items[i].name) == 0)
			return true;
	return false;
}

static struct err *load_all(struct traced *t, struct store *store,
			    const struct store_entries *entries)
{
	size_t first = first_to_load(entries), i;
	char number[16];
	struct err *err = NULL;

	for (i = first; i < entries->num && !err; i++) {
		snprintf(number, sizeof(number), "%u", entries->items[i].id);
		if (has_later(entries, i))
			err = files_load(t, store, number, number, NULL);
		else
			err = files_load(t, store, entries->items[i].name, NULL, NULL);
	}
	traced_lock(t);
	if (first)
		traced_note(t, "%zu older snapshots are not loaded; load FILE:NAME does", first);
	traced_unlock(t);
	return err;
}

/** The process is described as in the newest snapshot. */
static void take_over(struct traced *t, const struct store_entries *entries)
{
	const struct store_entry *newest = store_find(entries, NULL);
	char *exe = newest && newest->meta.exe ? strdup(newest->meta.exe) : NULL;

	if (!newest)
		return;
	t->nframe = newest->nframe;
	t->start_ns = newest->start_ns;
	t->end_ns = newest->time_ns;
	t->is_from_launch = newest->is_from_launch;
	t->engine = newest->engine;
	if (exe && vec_push(&t->exes, exe))
		t->exe = exe;
	else
		free(exe);
}

struct err *session_open(struct session *s, const char *path)
{
	_cleanup_store_entries_ struct store_entries entries = {0};
	_cleanup_store_ struct store *store = NULL;
	struct traced *t = s->first;
	struct err *err = assemble_tables(t);

	t->is_stored = true;
	if (err || !path)
		return err;
	err = store_open_read(path, &store);
	if (!err)
		err = store_prepare(store);
	if (!err)
		err = store_list(store, &entries);
	if (err)
		return err;
	take_over(t, &entries);
	return load_all(t, store, &entries);
}
