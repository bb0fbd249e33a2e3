// SPDX-License-Identifier: GPL-3.0-or-later
// Nothing below knows all parts of a traced process. Here they are made and destroyed, in the order
// that their needs demand: threads end first.
#include "config.h"

#include "supervisor/life/assemble.h"

#include "base/clock.h"
#include "base/hash.h"
#include "supervisor/code/calls.h"
#include "supervisor/code/downloads.h"
#include "supervisor/code/frames.h"
#include "supervisor/code/probe_table.h"
#include "supervisor/core/memory.h"
#include "supervisor/drain/agent_ring.h"
#include "supervisor/drain/drain.h"
#include "supervisor/drain/event_batch.h"
#include "supervisor/drain/history.h"
#include "supervisor/drain/measuring.h"
#include "supervisor/storing/every.h"

struct err *assemble_tables(struct traced *t)
{
	struct err *err = heap_create(&t->heap);

	if (!err)
		heap_set_sampling(t->heap, t->session->options.sample_rate,
				  hash_u64(clock_now_ns()));
	if (!err)
		err = modules_create(&t->modules);
	if (!err && t->session->options.max_memory)
		modules_limit_memory(t->modules, t->session->options.max_memory);
	if (!err)
		err = symbolizer_create(t->modules, &t->symbolizer);
	return err ? err : frames_init(t);
}

struct err *assemble_traced(struct session *s, uint32_t nframe, struct traced **ret)
{
	struct traced *t = calloc(1, sizeof(*t));
	struct err *err;

	if (!t)
		return &err_nomem;
	pthread_mutex_init(&t->lock, NULL);
	pthread_mutex_init(&t->obj_lock, NULL);
	t->session = s;
	t->nframe = nframe;
	t->mem_fd = -1;
	t->state = TARGET_DETACHED;
	t->exe = "";
	err = probe_table_create(&t->probes);
	if (!err)
		err = calls_create(&t->calls);
	if (!err)
		err = history_create(&t->history);
	if (!err)
		err = downloads_begin(t);
	if (err) {
		assemble_destroy(t);
		return err;
	}
	*ret = t;
	return NULL;
}

static void free_lists(struct traced *t)
{
	size_t i;

	for (i = 0; i < t->snapshots.num; i++)
		snapshot_destroy(t->snapshots.items[i]);
	for (i = 0; i < t->notes.num; i++)
		free(t->notes.items[i]);
	for (i = 0; i < t->exes.num; i++)
		free(t->exes.items[i]);
	vec_deinit(&t->exes);
	vec_deinit(&t->snapshots);
	vec_deinit(&t->notes);
	hmap_deinit_owned(&t->taken);
	hmap_deinit_owned(&t->pools);
	hmap_deinit(&t->stacks_by_hash);
	free(t->site_cache);
}

void assemble_destroy(struct traced *t)
{
	if (!t)
		return;
	err_destroy(every_end(t));
	drain_end(t);
	memory_close(t);
	measuring_destroy(t);
	downloads_end(t);
	free_lists(t);
	frames_deinit(t);
	symbolizer_destroy(t->symbolizer);
	modules_destroy(t->modules);
	probe_table_destroy(t->probes);
	calls_destroy(t->calls);
	history_destroy(t->history);
	heap_destroy(t->heap);
	free(t->last_stats);
	agent_ring_close(t);
	ring_reader_destroy(t->reader);
	event_batch_destroy(t->batch);
	err_destroy(t->launch_error);
	pthread_mutex_destroy(&t->obj_lock);
	pthread_mutex_destroy(&t->lock);
	free(t);
}
