// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "wire/event_check.h"

#include "base/hmap.h"

#include <stddef.h>
#include <string.h>

/** No kernel gives larger ones (PID_MAX_LIMIT). */
#define MAX_TID (4 << 20)

/** By kind; of the least such event where it has a last part of any length. */
static const uint32_t sizes[] = {
	[EVENT_STACK] = sizeof(struct event_stack),
	[EVENT_ALLOC] = sizeof(struct event_alloc),
	[EVENT_FREE] = sizeof(struct event_free),
	[EVENT_USABLE] = sizeof(struct event_usable),
	[EVENT_TAKE] = sizeof(struct event_take),
	[EVENT_REALLOC] = sizeof(struct event_realloc),
	[EVENT_ABANDON] = sizeof(struct event_abandon),
	[EVENT_CALL] = sizeof(struct event_call),
	[EVENT_ENTER] = sizeof(struct event_measure),
	[EVENT_RETURN] = sizeof(struct event_measure),
	[EVENT_MISS] = sizeof(struct event_miss),
	[EVENT_MODULES] = sizeof(struct event_thread),
	[EVENT_MAPPED] = sizeof(struct event_thread),
	[EVENT_EXEC] = sizeof(struct event_thread),
	[EVENT_EXIT] = sizeof(struct event_exit),
	[EVENT_CHILD] = sizeof(struct event_child),
	[EVENT_RELEASED] = sizeof(struct event_text) + 8,
	[EVENT_ACK] = sizeof(struct event_ack),
	[EVENT_EPOCH] = sizeof(struct event_ack),
	[EVENT_CLEAR] = sizeof(struct event_ack),
	[EVENT_NOTE] = sizeof(struct event_text) + 8,
	[EVENT_ENGINE] = sizeof(struct event_engine) + 8,
	[EVENT_PLANTED] = sizeof(struct event_planted),
	[EVENT_AGENT] = sizeof(struct event_agent),
	[EVENT_POSITION] = sizeof(struct event_position),
};

static bool has_tail(unsigned kind)
{
	return kind == EVENT_STACK || kind == EVENT_RELEASED || kind == EVENT_NOTE ||
	       kind == EVENT_ENGINE;
}

static bool is_stack(const struct event_stack *event)
{
	return event->num_pcs <= event->total && event->total <= WALK_MAX_FRAMES &&
	       event->header.size == sizeof(*event) + event->num_pcs * sizeof(event->pcs[0]) &&
	       event->hash != HMAP_NO_KEY;
}

/** Neither it nor its key in the tables (the bit marks blocks of layered allocators) is none. */
static bool is_block(uint64_t addr)
{
	return (addr | 1ull << 47) != HMAP_NO_KEY;
}

static bool is_take(const struct event_take *event, uint32_t num_probes)
{
	return event->probe < num_probes && event->call != HMAP_NO_KEY && is_block(event->addr);
}

static bool is_abandon(const struct event_abandon *event, uint32_t num_probes)
{
	return event->probe < num_probes && event->call != HMAP_NO_KEY;
}

static bool is_realloc(const struct event_realloc *event, uint32_t num_probes)
{
	return event->probe < num_probes && event->call != HMAP_NO_KEY && is_block(event->addr);
}

static bool is_text(const struct event_text *event)
{
	return memchr(event->text, '\0', event->header.size - sizeof(*event)) != NULL;
}

static bool is_engine(const struct event_engine *event)
{
	return (event->engine == ENGINE_BREAKPOINT || event->engine == ENGINE_AGENT) &&
	       memchr(event->reason, '\0', event->header.size - sizeof(*event)) != NULL;
}

/** A byte that is to be a bool holds one, and the walk can go on from there. */
static bool is_miss(const struct event_miss *event)
{
	uint8_t byte;

	memcpy(&byte, &event->frame.is_call_site, sizeof(byte));
	return byte <= 1 && !(event->frame.in_memory & 1u << WALK_SP);
}

static bool has_valid_members(const struct ring_record *record, uint32_t num_probes)
{
	const struct event_alloc *alloc = (const void *)record;
	const struct event_free *free_event = (const void *)record;
	const struct event_planted *planted = (const void *)record;

	switch (record->kind) {
	case EVENT_STACK:
		return is_stack((const void *)record);
	case EVENT_ALLOC:
		return alloc->probe < num_probes && is_block(alloc->addr);
	case EVENT_FREE:
		return free_event->probe < num_probes && is_block(free_event->addr);
	case EVENT_TAKE:
		return is_take((const void *)record, num_probes);
	case EVENT_ABANDON:
		return is_abandon((const void *)record, num_probes);
	case EVENT_REALLOC:
		return is_realloc((const void *)record, num_probes);
	case EVENT_MISS:
		return is_miss((const void *)record);
	case EVENT_RELEASED:
	case EVENT_NOTE:
		return is_text((const void *)record);
	case EVENT_ENGINE:
		return is_engine((const void *)record);
	case EVENT_PLANTED:
		return planted->how < NUM_PLANT_HOW && planted->why < NUM_PLANT_WHY;
	default:
		return true;
	}
}

/** Of an event of blocks. These have it at the same place; 1 for those without. */
static int32_t tid_of(const struct ring_record *record)
{
	_Static_assert(
		offsetof(struct event_alloc, tid) == offsetof(struct event_free, tid) &&
			offsetof(struct event_alloc, tid) == offsetof(struct event_take, tid) &&
			offsetof(struct event_alloc, tid) == offsetof(struct event_realloc, tid) &&
			offsetof(struct event_alloc, tid) == offsetof(struct event_abandon, tid),
		"the same place");
	if (record->kind == EVENT_STACK || record->kind == EVENT_USABLE)
		return 1;
	return ((const struct event_alloc *)record)->tid;
}

bool event_is_of_agent(const struct ring_record *record, uint32_t num_probes)
{
	return event_is_heap(record->kind) && event_is_valid(record, num_probes) &&
	       tid_of(record) > 0 && tid_of(record) <= MAX_TID;
}

bool event_is_valid(const struct ring_record *record, uint32_t num_probes)
{
	unsigned kind = record->kind;

	if (kind >= sizeof(sizes) / sizeof(sizes[0]))
		return false;
	if (has_tail(kind) ? record->size < sizes[kind] : record->size != sizes[kind])
		return false;
	return has_valid_members(record, num_probes);
}
