// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "supervisor/drain/history.h"

#include "base/clock.h"
#include "base/vec.h"

/** Resolution of block ages, and how many points of time are kept before every other one is
 *  dropped. */
#define TIME_STEP_NS (10 * NS_PER_MS)
#define MAX_TIMES    65536

/** The newest allocation at a time. */
struct point {
	uint64_t seq;
	uint64_t time_ns;
};

struct history {
	VEC(struct point) points;
	double event_rate;
	/** When it was computed last, and how many events there had been. */
	uint64_t rate_ns;
	uint64_t rate_events;
};

struct err *history_create(struct history **ret)
{
	struct history *h = calloc(1, sizeof(*h));

	if (!h)
		return &err_nomem;
	*ret = h;
	return NULL;
}

void history_destroy(struct history *h)
{
	if (!h)
		return;
	vec_deinit(&h->points);
	free(h);
}

void history_begin(struct history *h, uint64_t now_ns)
{
	h->rate_ns = now_ns;
}

void history_clear(struct history *h)
{
	h->rate_events = 0;
}

static void note_rate(struct history *h, uint64_t now_ns, uint64_t num_events)
{
	if (now_ns - h->rate_ns < NS_PER_S)
		return;
	h->event_rate =
		(double)(num_events - h->rate_events) * NS_PER_S / (double)(now_ns - h->rate_ns);
	h->rate_events = num_events;
	h->rate_ns = now_ns;
}

/** Drop every other point. */
static void thin(struct history *h)
{
	size_t i;

	for (i = 0; i < h->points.num / 2; i++)
		h->points.items[i] = h->points.items[2 * i + 1];
	h->points.num /= 2;
}

void history_note(struct history *h, uint64_t seq, uint64_t num_events, uint64_t now_ns)
{
	struct point now = {seq, now_ns};
	const struct point *last;

	note_rate(h, now_ns, num_events);
	last = h->points.num ? &h->points.items[h->points.num - 1] : NULL;
	if (last && (last->seq == seq || now_ns - last->time_ns < TIME_STEP_NS))
		return;
	if (h->points.num >= MAX_TIMES)
		thin(h);
	// Without memory ages are just less exact.
	if (!vec_push(&h->points, now))
		return;
}

uint64_t history_time_of(const struct history *h, uint64_t seq, uint64_t now_ns)
{
	size_t low = 0, high = h->points.num, mid;

	while (low < high) {
		mid = low + (high - low) / 2;
		if (h->points.items[mid].seq < seq)
			low = mid + 1;
		else
			high = mid;
	}
	return low < h->points.num ? h->points.items[low].time_ns : now_ns;
}

double history_event_rate(const struct history *h)
{
	return h->event_rate;
}
