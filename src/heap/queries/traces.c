// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "heap/traces.h"

#include "base/hmap.h"
#include "heap/namer.h"
#include "heap/queries/filter_matcher.h"

struct collecting {
	VEC(struct trace) list;
	/** (stack, domain) -> index in list. */
	struct hmap index;
};

static struct err *add_site(struct collecting *c, const struct alloc_site *site,
			    const struct snapshot_site *counters,
			    const struct site_variance *variance)
{
	uint64_t key = (uint64_t)site->stack << 32 | site->domain, *found;
	struct trace *trace;

	found = hmap_find(&c->index, key);
	if (!found) {
		struct trace added = {.domain = site->domain, .stack = site->stack};

		if (!vec_push(&c->list, added) || !hmap_set(&c->index, key, c->list.num - 1))
			return &err_nomem;
		trace = &c->list.items[c->list.num - 1];
	} else {
		trace = &c->list.items[*found];
	}
	trace->size += counters->live_bytes;
	trace->count += counters->live_blocks;
	if (variance)
		variance_add(&trace->variance, &variance->live);
	return NULL;
}

static struct err *collect(struct collecting *c, const struct snapshot *snapshot,
			   struct filter_matcher *matcher)
{
	size_t i;

	for (i = 0; i < snapshot->num_sites; i++) {
		const struct snapshot_site *counters = &snapshot->sites[i];
		const struct alloc_site *site = heap_alloc_site(snapshot->heap, counters->site);
		struct err *err = NULL;
		bool is_passing;

		if (!counters->live_blocks)
			continue;
		err = filter_matcher_passes(matcher, site, &is_passing);
		if (!err && is_passing)
			err = add_site(c, site, counters,
				       snapshot->variances ? &snapshot->variances[i] : NULL);
		if (err)
			return err;
	}
	return NULL;
}

static int compare(const void *a, const void *b)
{
	const struct trace *ta = a, *tb = b;

	if (ta->size != tb->size)
		return ta->size > tb->size ? -1 : 1;
	if (ta->count != tb->count)
		return ta->count > tb->count ? -1 : 1;
	if (ta->domain != tb->domain)
		return ta->domain < tb->domain ? -1 : 1;
	return ta->stack < tb->stack ? -1 : ta->stack > tb->stack;
}

static struct err *finish(struct collecting *c, const struct snapshot *snapshot,
			  struct traces **ret)
{
	struct traces *traces = calloc(1, sizeof(*traces));
	size_t i;

	if (!traces)
		return &err_nomem;
	traces->heap = snapshot->heap;
	traces->engine = snapshot->engine;
	traces->sample_rate = snapshot->sample_rate;
	traces->num = c->list.num;
	traces->items = no_cleanup_ptr(c->list.items);
	for (i = 0; i < traces->num; i++) {
		traces->total_size += traces->items[i].size;
		traces->total_count += traces->items[i].count;
	}
	if (traces->num)
		qsort(traces->items, traces->num, sizeof(*traces->items), compare);
	*ret = traces;
	return NULL;
}

struct err *traces_create(const struct snapshot *snapshot, const struct stats_options *options,
			  const struct resolver *resolver, struct traces **ret)
{
	_cleanup_filter_matcher_ struct filter_matcher *matcher = NULL;
	_cleanup_namer_ struct namer *namer = NULL;
	struct collecting c = {0};
	struct err *err = namer_create(resolver, options->skip, stats_want_newest(options), &namer);

	if (!err)
		err = filter_matcher_create(options->filters, snapshot->heap, resolver, namer,
					    &matcher);
	if (!err)
		err = collect(&c, snapshot, matcher);
	if (!err)
		err = finish(&c, snapshot, ret);
	vec_deinit(&c.list);
	hmap_deinit(&c.index);
	return err;
}

void traces_destroy(struct traces *traces)
{
	if (!traces)
		return;
	free(traces->items);
	free(traces);
}
