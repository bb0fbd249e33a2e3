// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "heap/tables/sampling.h"

#include <math.h>

struct weight weight_of(uint64_t size, uint64_t rate, uint64_t lot)
{
	double s = (double)size, p = -expm1(-(size ? s : 1) / (double)rate);
	double blocks = 1 / p, whole = floor(blocks), rest = blocks - whole;
	double variance = (1 - p) / (p * p);

	return (struct weight){
		.bytes = (uint64_t)llround(s / p),
		// The upper 53 bits of the lot, as a fraction.
		.blocks = (uint64_t)whole + ((double)(lot >> 11) * 0x1p-53 < rest),
		.variance = {variance * s * s, variance + rest * (1 - rest)},
	};
}

void sampling_deinit(struct sampling *s)
{
	vec_deinit(&s->sites);
}

void sampling_clear(struct sampling *s)
{
	size_t i;

	for (i = 0; i < s->sites.num; i++)
		s->sites.items[i] = (struct sampling_site){.saved_epoch = 0};
}

bool sampling_reserve(struct sampling *s, uint32_t site)
{
	while (s->sites.num <= site)
		if (!vec_push(&s->sites, (struct sampling_site){0}))
			return false;
	return true;
}

/** As site_save() in heap.c. */
static void save(struct sampling_site *site, uint64_t epoch)
{
	if (site->saved_epoch == epoch)
		return;
	site->saved_epoch = epoch;
	site->saved = site->now.live;
}

void sampling_add(struct sampling *s, uint32_t id, uint64_t epoch, const struct weight *weight)
{
	struct sampling_site *site = &s->sites.items[id];

	save(site, epoch);
	variance_add(&site->now.live, &weight->variance);
}

void sampling_count(struct sampling *s, uint32_t id, const struct weight *weight)
{
	variance_add(&s->sites.items[id].now.total, &weight->variance);
}

void sampling_subtract(struct sampling *s, uint32_t id, uint64_t epoch, const struct weight *weight,
		       bool has_live)
{
	struct sampling_site *site = &s->sites.items[id];

	save(site, epoch);
	// Sums of numbers with a point that floats are off by a little, which must not stay.
	if (!has_live) {
		site->now.live = (struct variance){0};
		return;
	}
	site->now.live.size = fmax(site->now.live.size - weight->variance.size, 0);
	site->now.live.count = fmax(site->now.live.count - weight->variance.count, 0);
}

void sampling_absorb(struct sampling *s, uint32_t id, uint64_t epoch,
		     const struct site_variance *from, const struct variance *at_peak)
{
	struct sampling_site *site = &s->sites.items[id];

	// Nothing is live in this heap but what other heaps bring.
	site->saved_epoch = epoch;
	variance_add(&site->saved, at_peak);
	variance_add(&site->now.live, &from->live);
	variance_add(&site->now.total, &from->total);
}

struct site_variance sampling_get(const struct sampling *s, uint32_t id, uint64_t epoch,
				  bool is_peak)
{
	struct site_variance ret = {{0}};

	if (id >= s->sites.num)
		return ret;
	ret = s->sites.items[id].now;
	if (is_peak && s->sites.items[id].saved_epoch == epoch)
		ret.live = s->sites.items[id].saved;
	return ret;
}

struct heap_variance sampling_sum(const struct sampling *s, uint64_t epoch)
{
	struct heap_variance sum = {{0}};
	size_t i;

	for (i = 0; i < s->sites.num; i++) {
		const struct sampling_site *site = &s->sites.items[i];

		variance_add(&sum.live, &site->now.live);
		variance_add(&sum.total, &site->now.total);
		variance_add(&sum.peak,
			     site->saved_epoch == epoch ? &site->saved : &site->now.live);
	}
	return sum;
}

size_t sampling_memory(const struct sampling *s)
{
	return s->sites.cap * sizeof(*s->sites.items);
}
