// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "trace/glue/live_set.h"

#include "capture/live.h"
#include "trace/glue/rooms.h"
#include "trace/os/process.h"

/** The set that is in use; NULL: our own. */
static struct capture_live *shared_of(const struct live_set *set, const struct process *p)
{
	return set->is_handed_over ? rooms_live(p) : NULL;
}

bool live_set_has(const struct live_set *set, const struct process *p, uint64_t key)
{
	const struct capture_live *shared = shared_of(set, p);

	return shared ? capture_live_has(shared, key) : addrset_has(&set->own, key);
}

bool live_set_take(struct live_set *set, const struct process *p, uint64_t key)
{
	struct capture_live *shared = shared_of(set, p);

	return shared ? capture_live_take(shared, key) : addrset_remove(&set->own, key);
}

void live_set_add(struct live_set *set, struct process *p, uint64_t key)
{
	struct capture_live *shared = shared_of(set, p);

	if (shared)
		capture_live_add(shared, key);
	else if (p->capture.is_live_unknown)
		rooms_new_stamp(p, key);
	// Without memory for it the supervisor knows it all the same.
	else if (!addrset_add(&set->own, key))
		return;
}

static void add_shared(void *ctx, uint64_t key)
{
	capture_live_add(ctx, key);
}

void live_set_hand_over(struct live_set *set, struct process *p)
{
	struct capture_live *shared = p->capture.sample_rate ? rooms_live(p) : NULL;

	p->capture.is_live_unknown = !shared;
	set->is_handed_over = shared;
	if (shared)
		addrset_each(&set->own, add_shared, shared);
	addrset_deinit(&set->own);
}

void live_set_take_back(struct live_set *set, struct process *p)
{
	const struct capture_live *shared = shared_of(set, p);
	uint64_t key;
	unsigned i, k;

	for (i = 0; shared && i < CAPTURE_LIVE_PLACES; i++)
		for (k = 0; k < CAPTURE_LIVE_KEYS; k++) {
			key = __atomic_load_n(&shared->places[i].keys[k], __ATOMIC_RELAXED);
			if (key && !addrset_add(&set->own, key))
				break;
		}
	set->is_handed_over = false;
	p->capture.is_live_unknown = false;
}

void live_set_clear(struct live_set *set, const struct process *p)
{
	struct capture_live *shared = shared_of(set, p);

	addrset_deinit(&set->own);
	if (shared)
		capture_live_clear(shared);
}
