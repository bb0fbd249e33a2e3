// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "supervisor/drain/history.h"

#include "base/clock.h"

/** Resolution of block ages, and how many points of time are kept before every other one is
 *  dropped. */
#define TIME_STEP_NS (10 * NS_PER_MS)
#define MAX_TIMES    65536

void history_note(struct session *s)
{
	uint64_t now = clock_now_ns();
	struct seq_time point = {heap_seq(s->heap), now};
	size_t i;

	if (now - s->rate_ns >= NS_PER_S) {
		s->event_rate = (double)(s->num_events - s->rate_events) * NS_PER_S /
				(double)(now - s->rate_ns);
		s->rate_events = s->num_events;
		s->rate_ns = now;
	}
	if (s->times.num && (s->times.items[s->times.num - 1].seq == point.seq ||
			     now - s->times.items[s->times.num - 1].time_ns < TIME_STEP_NS))
		return;
	if (s->times.num >= MAX_TIMES) {
		for (i = 0; i < s->times.num / 2; i++)
			s->times.items[i] = s->times.items[2 * i + 1];
		s->times.num /= 2;
	}
	// Without memory ages are just less exact.
	if (!vec_push(&s->times, point))
		return;
}

uint64_t history_time_of(const struct session *s, uint64_t seq)
{
	size_t low = 0, high = s->times.num, mid;

	while (low < high) {
		mid = low + (high - low) / 2;
		if (s->times.items[mid].seq < seq)
			low = mid + 1;
		else
			high = mid;
	}
	return low < s->times.num ? s->times.items[low].time_ns : clock_now_ns();
}
