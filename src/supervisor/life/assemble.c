// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "supervisor/life/assemble.h"

#include "heap/domain.h"
#include "supervisor/code/downloads.h"
#include "supervisor/code/frames.h"
#include "supervisor/core/memory.h"
#include "supervisor/drain/drain.h"
#include "supervisor/drain/measuring.h"
#include "supervisor/storing/every.h"

#include <sys/eventfd.h>

struct err *assemble_tables(struct session *s)
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

struct err *assemble_session(const struct session_options *options, struct session **ret)
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
		assemble_destroy(s);
		return err;
	}
	*ret = s;
	return NULL;
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

void assemble_destroy(struct session *s)
{
	if (!s)
		return;
	err_destroy(every_end(s));
	drain_end(s);
	memory_close(s);
	measuring_destroy(s);
	downloads_destroy(s);
	free_lists(s);
	archive_destroy(s->archive);
	symbolizer_destroy(s->symbolizer);
	modules_destroy(s->modules);
	heap_destroy(s->heap);
	free(s->last_stats);
	ring_reader_destroy(s->reader);
	if (s->wake_fd >= 0)
		close(s->wake_fd);
	if (s->note_fd >= 0)
		close(s->note_fd);
	err_destroy(s->launch_error);
	probe_list_deinit(&s->user_probes);
	pthread_mutex_destroy(&s->obj_lock);
	pthread_mutex_destroy(&s->lock);
	free(s);
}
