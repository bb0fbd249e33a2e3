// SPDX-License-Identifier: GPL-3.0-or-later
// What the agent believes stands in its memory, what we believe stands here: which place of the
// table is whose, and which room is taken. Nothing is read back from there but the state of a
// thread, which is copied first and looked at then.
#include "config.h"

#include "trace/glue/rooms.h"

#include "agent/agent.h"
#include "base/log.h"
#include "base/vec.h"
#include "trace/os/process.h"
#include "trace/os/threads.h"
#include "wire/agent_memory.h"

#include <stdlib.h>
#include <string.h>

/** What we know of a place in agent_shared.places. */
struct place {
	/** 0: free, AGENT_PLACE_ENDED: free again. */
	uint64_t thread_pointer;
	/** A task that has it. */
	pid_t tid;
	/** The agent finds it. */
	bool is_told;
};

/** What of the counters in a room is added up already. */
struct counted {
	struct agent_counters counters;
	uint64_t hits[AGENT_MAX_PROBES];
};

struct rooms {
	struct agent_memory *memory;
	struct agent_shared *shared;
	struct place places[AGENT_NUM_PLACES];
	/** By room; of a room that is free, NULL. is_used: somebody had it before. */
	struct counted *counted[AGENT_MAX_THREADS];
	bool is_used[AGENT_MAX_THREADS];
	/** Places that are taken. */
	uint32_t num_places;
	/** Stamps that were given by us. */
	uint64_t num_stamps;
};

struct rooms *rooms_create(struct agent_memory *memory)
{
	struct rooms *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	r->memory = memory;
	r->shared = agent_memory_agent(memory);
	return r;
}

void rooms_destroy(struct rooms *r)
{
	size_t i;

	for (i = 0; r && i < AGENT_MAX_THREADS; i++)
		free(r->counted[i]);
	free(r);
}

/** The place of a thread pointer, or the first one where it could be put; NULL: neither. */
static struct place *find_place(struct rooms *r, uint64_t thread_pointer)
{
	uint32_t i = agent_place_of(thread_pointer), n;
	struct place *found = NULL, *place;

	for (n = 0; n < AGENT_NUM_PLACES; n++, i = (i + 1) % AGENT_NUM_PLACES) {
		place = &r->places[i];
		if (place->thread_pointer == thread_pointer)
			return place;
		if (place->thread_pointer <= AGENT_PLACE_ENDED && !found)
			found = place;
		if (!place->thread_pointer)
			break;
	}
	return found;
}

/** What the agent reads of it. */
static struct agent_place *told_place(struct rooms *r, const struct place *place)
{
	return &r->shared->places[place - r->places];
}

static void tell_place(struct rooms *r, struct place *place, uint32_t index)
{
	struct agent_place *told = told_place(r, place);

	place->is_told = true;
	told->tid = place->tid;
	__atomic_store_n(&told->index, index, __ATOMIC_RELAXED);
	__atomic_store_n(&told->thread_pointer, place->thread_pointer, __ATOMIC_RELEASE);
}

static void take_place(struct rooms *r, struct place *place, struct thread *t,
		       uint64_t thread_pointer)
{
	if (place->thread_pointer != thread_pointer) {
		r->num_places++;
		place->is_told = false;
	}
	place->thread_pointer = t->thread_pointer = thread_pointer;
	place->tid = t->tid;
}

static void free_place(struct rooms *r, struct place *place)
{
	size_t i = (size_t)(place - r->places), next = (i + 1) % AGENT_NUM_PLACES;
	uint64_t mark = r->places[next].thread_pointer ? AGENT_PLACE_ENDED : 0;

	r->num_places--;
	*place = (struct place){.thread_pointer = mark};
	__atomic_store_n(&told_place(r, place)->thread_pointer, mark, __ATOMIC_RELEASE);
}

struct thread *rooms_other(struct process *p, const struct thread *t)
{
	uint64_t thread_pointer = p->arch->thread_pointer(&t->regs);
	const struct place *place = p->rooms ? find_place(p->rooms, thread_pointer) : NULL;

	if (!place || place->thread_pointer != thread_pointer || place->tid == t->tid)
		return NULL;
	return thread_find(p, place->tid);
}

/** False: all rooms are taken, or there is no memory. */
static bool take_room(struct rooms *r, struct thread *t, uint64_t thread_pointer)
{
	struct agent_thread *room;
	uint32_t i = 0;

	while (i < AGENT_MAX_THREADS && r->counted[i])
		i++;
	if (i == AGENT_MAX_THREADS || t->capture.num_pending > AGENT_PENDING)
		return false;
	r->counted[i] = calloc(1, sizeof(*r->counted[i]));
	if (!r->counted[i])
		return false;
	room = &r->shared->threads[i].thread;
	if (r->is_used[i])
		memset(room, 0, sizeof(*room));
	r->is_used[i] = true;
	room->tid = t->tid;
	room->index = i;
	room->thread_pointer = thread_pointer;
	room->producer = -1;
	t->room = room;
	t->room_index = i;
	rooms_store(t);
	return true;
}

/** t keeps its state, and the next one gets its room. */
static void leave_room(struct process *p, struct thread *t)
{
	struct rooms *r = p->rooms;
	int32_t producer;

	if (!t->room)
		return;
	rooms_count(p, t);
	rooms_load(p, t);
	producer = __atomic_load_n(&t->room->producer, __ATOMIC_RELAXED);
	if (producer > (int32_t)RING_TRACER && producer < (int32_t)RING_PRODUCERS)
		ring_bury(agent_memory_ring(r->memory), (uint32_t)producer);
	t->room = NULL;
	free(r->counted[t->room_index]);
	r->counted[t->room_index] = NULL;
}

bool rooms_enter(struct process *p, struct thread *t)
{
	uint64_t thread_pointer = p->arch->thread_pointer(&t->regs);
	struct rooms *r = p->rooms;
	struct place *place;
	bool is_shared;

	// It has set up another thread pointer.
	if (t->thread_pointer && t->thread_pointer != thread_pointer)
		rooms_leave(p, t);
	place = thread_pointer > AGENT_PLACE_ENDED ? find_place(r, thread_pointer) : NULL;
	if (!place)
		return false;
	if (t->thread_pointer && place->is_told)
		return true;
	is_shared = rooms_other(p, t);
	take_place(r, place, t, thread_pointer);
	if (!is_shared && (t->room || take_room(r, t, thread_pointer)))
		tell_place(r, place, t->room_index);
	else
		tell_place(r, place, AGENT_PLACE_SHARED);
	return true;
}

void rooms_note(struct process *p, struct thread *t)
{
	uint64_t thread_pointer = p->arch->thread_pointer(&t->regs);
	struct rooms *r = p->rooms;
	struct place *place;

	if (rooms_other(p, t)) {
		if (!rooms_enter(p, t))
			log_debug("the agent takes thread %d for another one", (int)t->tid);
		return;
	}
	// The others are for those that allocate.
	if (t->thread_pointer || thread_pointer <= AGENT_PLACE_ENDED ||
	    r->num_places >= AGENT_NUM_PLACES / 2)
		return;
	place = find_place(r, thread_pointer);
	if (!place)
		return;
	take_place(r, place, t, thread_pointer);
	// The agent has to look on behind it.
	__atomic_store_n(&told_place(r, place)->thread_pointer, AGENT_PLACE_ENDED,
			 __ATOMIC_RELEASE);
}

void rooms_leave(struct process *p, struct thread *t)
{
	struct rooms *r = p->rooms;
	uint64_t thread_pointer = t->thread_pointer;
	struct place *place;
	size_t i;

	if (!r)
		return;
	leave_room(p, t);
	if (!thread_pointer)
		return;
	t->thread_pointer = 0;
	place = find_place(r, thread_pointer);
	if (!place || place->thread_pointer != thread_pointer)
		return;
	free_place(r, place);
	// If one task alone has it now, that one gets a room: at its next event each is looked at
	// anew.
	hmap_each (&p->threads, i, t) {
		if (t->thread_pointer == thread_pointer)
			t->thread_pointer = 0;
	}
}

/** A byte that the target may have written is one of a bool's. */
static void clean_bool(bool *value)
{
	uint8_t byte;

	memcpy(&byte, value, sizeof(byte));
	*value = byte != 0;
}

static void clean_pending(const struct process *p, struct capture_pending *call)
{
	clean_bool(&call->is_layered);
	clean_bool(&call->has_taken);
	clean_bool(&call->was_live);
	clean_bool(&call->is_exchanged);
	clean_bool(&call->has_older);
	clean_bool(&call->is_unsampled);
	if (call->probe >= probe_num(p->user_probes))
		call->probe = 0;
}

static void clean_thread(struct capture_thread *state)
{
	size_t i;

	if (state->num_pending > AGENT_PENDING)
		state->num_pending = AGENT_PENDING;
	for (i = 0; i < CAPTURE_FREED; i++)
		if (state->freed[i].num_entries > CAPTURE_FREED_ENTRIES)
			state->freed[i].num_entries = CAPTURE_FREED_ENTRIES;
	for (i = 0; i < CAPTURE_PASSED; i++) {
		clean_bool(&state->passed[i].is_layered);
		if (state->passed[i].num_entries > CAPTURE_PASSED_ENTRIES)
			state->passed[i].num_entries = CAPTURE_PASSED_ENTRIES;
	}
}

void rooms_load(struct process *p, struct thread *t)
{
	struct capture_thread state;
	size_t cap = t->pending_cap;
	uint32_t i;

	if (!t->room)
		return;
	memcpy(&state, &t->room->capture, sizeof(state));
	clean_thread(&state);
	while (cap < state.num_pending)
		if (!vec_grow((void **)&t->pending, &cap, cap, sizeof(*t->pending)))
			state.num_pending = (uint32_t)cap;
	t->pending_cap = (uint32_t)cap;
	if (state.num_pending)
		memcpy(t->pending, t->room->pending, state.num_pending * sizeof(*t->pending));
	for (i = 0; i < state.num_pending; i++)
		clean_pending(p, &t->pending[i]);
	// Measured calls are the tracer's alone.
	state.num_measured = t->capture.num_measured;
	state.tid = t->tid;
	t->capture = state;
}

void rooms_store(struct thread *t)
{
	uint32_t num = t->capture.num_pending;

	if (!t->room)
		return;
	memcpy(&t->room->capture, &t->capture, sizeof(t->capture));
	// The agent has no table of those.
	t->room->capture.num_measured = 0;
	if (num)
		memcpy(t->room->pending, t->pending, num * sizeof(*t->pending));
}

bool rooms_take_asked(struct thread *t, uint64_t ptr, uint64_t *usable_ret)
{
	struct agent_asked *asked = &t->room->asked;

	if (__atomic_load_n(&asked->ptr, __ATOMIC_RELAXED) != ptr)
		return false;
	*usable_ret = __atomic_load_n(&asked->usable, __ATOMIC_RELAXED);
	asked->ptr = 0;
	return true;
}

bool rooms_is_full(const struct thread *t)
{
	return t->room && t->capture.num_pending >= AGENT_PENDING;
}

uint64_t rooms_stamp(const struct process *p, uint64_t key)
{
	if (!p->rooms)
		return 0;
	return __atomic_load_n(&p->rooms->shared->stamps[agent_stamp_of(key)], __ATOMIC_RELAXED);
}

void rooms_new_stamp(struct process *p, uint64_t key)
{
	// No room gives such ones.
	if (p->rooms)
		__atomic_store_n(&p->rooms->shared->stamps[agent_stamp_of(key)],
				 1ull << 63 | ++p->rooms->num_stamps, __ATOMIC_RELAXED);
}

struct capture_live *rooms_live(const struct process *p)
{
	return p->rooms ? &p->rooms->shared->live : NULL;
}

/** What has come since the last look. A counter that runs backwards is not ours. */
static uint64_t news(const uint64_t *counter, uint64_t *counted)
{
	uint64_t now = __atomic_load_n(counter, __ATOMIC_RELAXED), num = now - *counted;

	*counted = now;
	return num >> 63 ? 0 : num;
}

void rooms_count(struct process *p, struct thread *t)
{
	struct shared_stats *stats = &p->shared->stats;
	const struct agent_probe *probe;
	struct counted *counted;
	uint32_t i, slot;

	if (!t->room)
		return;
	counted = p->rooms->counted[t->room_index];
	stats->num_abandoned += news(&t->room->counters.abandoned, &counted->counters.abandoned);
	stats->num_truncated += news(&t->room->counters.truncated, &counted->counters.truncated);
	stats->num_failed += news(&t->room->counters.failed, &counted->counters.failed);
	for (i = 0; i < AGENT_MAX_PROBES; i++) {
		probe = &p->rooms->shared->probes[i];
		slot = __atomic_load_n(&probe->hit_slot, __ATOMIC_RELAXED);
		if (slot < SHARED_MAX_HITS)
			stats->hits[slot] += news(&t->room->hits[i], &counted->hits[i]);
	}
}
