// SPDX-License-Identifier: GPL-3.0-or-later
/** Which blocks are live: in a set of the tracer's own, or, while an agent samples, in the one that
 *  both use (capture/live.h). Where an agent tells of every call nobody keeps such a set
 *  (is_live_unknown): then these answer nothing, and an allocation makes a new stamp. Blocks are
 *  named by capture_key(). */
#ifndef TRACE_GLUE_LIVE_SET_H
#define TRACE_GLUE_LIVE_SET_H

#include "base/addrset.h"

#include <stdbool.h>
#include <stdint.h>

struct process;

/** All zero is an empty set. */
struct live_set {
	struct addrset own;
	/** The agent has its members. */
	bool is_handed_over;
};

bool live_set_has(const struct live_set *set, const struct process *p, uint64_t key);
bool live_set_take(struct live_set *set, const struct process *p, uint64_t key);
void live_set_add(struct live_set *set, struct process *p, uint64_t key);
/** An agent is at work from now on. */
void live_set_hand_over(struct live_set *set, struct process *p);
/** It has left; its memory is still there. */
void live_set_take_back(struct live_set *set, struct process *p);
/** No member is left. While an agent is at work, it stands still. */
void live_set_clear(struct live_set *set, const struct process *p);

#endif
