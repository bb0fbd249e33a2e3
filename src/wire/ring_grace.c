// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "wire/ring_grace.h"

#include "base/clock.h"

#define PATIENCE_NS (2 * NS_PER_S)
#define LOOK_NS     (10 * NS_PER_MS)

void ring_patience_init(struct ring_patience *patience)
{
	*patience = (struct ring_patience){.left_ns = PATIENCE_NS};
}

void ring_grace_begin(const struct ring *ring, const struct ring_patience *patience,
		      struct ring_grace *grace)
{
	uint32_t num = __atomic_load_n(&ring->num_producers, __ATOMIC_ACQUIRE), i;
	uint64_t count;

	grace->num = grace->next = 0;
	grace->waited_ns = 0;
	grace->look_ns = clock_now_ns();
	grace->look_head = ring_head(ring);
	for (i = 0; i < num && i < RING_PRODUCERS; i++) {
		count = __atomic_load_n(&ring->producers[i].count, __ATOMIC_ACQUIRE);
		if (!(count & 1) || count == patience->given_up[i])
			continue;
		grace->producers[grace->num] = i;
		grace->counts[grace->num++] = count;
	}
	grace->is_begun = true;
}

bool ring_grace_is_over(const struct ring *ring, const struct ring_patience *patience,
			struct ring_grace *grace)
{
	uint64_t count;
	uint32_t place;

	for (; grace->next < grace->num; grace->next++) {
		place = grace->producers[grace->next];
		count = __atomic_load_n(&ring->producers[place].count, __ATOMIC_ACQUIRE);
		if (count == grace->counts[grace->next] && count != patience->given_up[place])
			return false;
	}
	return true;
}

bool ring_grace_is_lost(const struct ring *ring, struct ring_patience *patience,
			struct ring_grace *grace)
{
	uint64_t now = clock_now_ns(), since = now - grace->look_ns, head = ring_head(ring);

	if (head != grace->look_head ||
	    __atomic_load_n(&ring->is_producer_waiting, __ATOMIC_SEQ_CST))
		grace->waited_ns += since < LOOK_NS ? since : LOOK_NS;
	grace->look_ns = now;
	grace->look_head = head;
	if (grace->waited_ns < patience->left_ns)
		return false;
	for (; grace->next < grace->num; grace->next++)
		patience->given_up[grace->producers[grace->next]] = grace->counts[grace->next];
	patience->left_ns /= 2;
	return true;
}
