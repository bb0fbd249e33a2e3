// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "supervisor/drain/agent_ring.h"

#include "base/clock.h"
#include "supervisor/core/control.h"
#include "supervisor/core/notes.h"
#include "supervisor/core/row_tables.h"
#include "wire/agent_map.h"
#include "wire/event_check.h"

#include <unistd.h>

/** An agent makes no broken event. After so many the target is not taken seriously any more: all
 *  of what it writes costs us time, and its figures are worth nothing. */
#define MAX_BROKEN 1000
/** So many records come from no process. */
#define MAX_POSITION (1ull << 62)
/** A producer that was stopped between the two steps of ring_put() makes us wait at most so long
 *  with what happened after them. */
#define POSITION_WAIT_NS (2 * NS_PER_S)

struct agent_ring {
	struct ring_reader *reader;
	/** As agent_ring_position(), and since when it is waited for. */
	uint64_t position;
	uint64_t position_ns;
	/** Events that were whole, and not true. */
	uint64_t num_refused;
	/** What the reader had counted when tracing began. */
	uint64_t num_forgiven;
	bool is_noted;
	/** Nothing of it is handled any more. */
	bool is_given_up;
};

static struct err *open_memory(struct traced *t, int fd, struct agent_memory **memory_ret,
			       struct agent_ring **ret)
{
	struct agent_ring *ring = calloc(1, sizeof(*ring));
	_cleanup_close_ int file = -1;
	struct ring_view view;
	struct err *err;

	if (!ring)
		return &err_nomem;
	err = agent_memory_open(t->session->tracer.pid, fd, &file);
	if (!err)
		err = agent_memory_map(file, memory_ret);
	if (err) {
		free(ring);
		return err;
	}
	view = agent_memory_view(*memory_ret);
	err = ring_reader_create(&view, &ring->reader);
	if (err) {
		agent_memory_unmap(*memory_ret);
		free(ring);
		return err;
	}
	*ret = ring;
	return NULL;
}

void agent_ring_change(struct traced *t, const struct event_agent *event)
{
	struct agent_memory *memory;
	struct agent_ring *ring;
	struct err *err;

	agent_ring_close(t);
	if (event->fd < 0)
		return;
	err = open_memory(t, event->fd, &memory, &ring);
	if (err) {
		traced_note(t, "process %d is traced without an agent: %s", (int)t->pid,
			    err_text(err));
		err_destroy(err);
		control_release(t, event->tid, RELEASE_NO_AGENT);
		return;
	}
	t->agent_memory = memory;
	t->agent_ring = ring;
	row_tables_hand_over(t);
	control_release(t, event->tid, 0);
}

void agent_ring_close(struct traced *t)
{
	if (!t->agent_ring)
		return;
	ring_reader_destroy(t->agent_ring->reader);
	free(t->agent_ring);
	agent_memory_unmap(t->agent_memory);
	t->agent_ring = NULL;
	t->agent_memory = NULL;
}

struct ring_reader *agent_ring_reader(const struct traced *t)
{
	return t->agent_ring ? t->agent_ring->reader : NULL;
}

/** The last position that a reader may be asked for. A target that writes without end must not keep
 *  us here for ever. */
static uint64_t last_position(const struct agent_ring *ring)
{
	return ring_tail(ring->reader) + AGENT_MEMORY_NUM_SLOTS;
}

uint64_t agent_ring_head(const struct traced *t)
{
	uint64_t head, last;

	if (!t->agent_ring)
		return 0;
	head = ring_head(agent_memory_ring(t->agent_memory));
	last = last_position(t->agent_ring);
	// One that cannot be, far away or behind, is for the reader to see: it begins anew there.
	// Else the ring would look full to those who put something there, for ever.
	return last - head <= AGENT_MEMORY_NUM_SLOTS ? head : last;
}

void agent_ring_set_position(struct traced *t, const struct event_position *event)
{
	uint64_t last;

	if (!t->agent_ring)
		return;
	last = last_position(t->agent_ring);
	t->agent_ring->position = event->position < last ? event->position : last;
	t->agent_ring->position_ns = clock_now_ns();
}

uint64_t agent_ring_position(const struct traced *t)
{
	return t->agent_ring ? t->agent_ring->position : 0;
}

bool agent_ring_reach_position(struct traced *t)
{
	struct agent_ring *ring = t->agent_ring;

	if (ring_is_stuck(ring->reader, ring->position) &&
	    clock_now_ns() - ring->position_ns < POSITION_WAIT_NS)
		return false;
	ring->position = 0;
	return true;
}

/** What is read of it is thrown away from now on: without that, threads would wait for room. */
static void give_up(struct traced *t)
{
	const struct command command = {.kind = COMMAND_STOP};

	t->agent_ring->is_given_up = true;
	traced_note(t,
		    "process %d writes into the memory of its agent: it is not traced any more, "
		    "and its figures may be wrong",
		    (int)t->pid);
	traced_mark_end(t);
	control_send(t, &command);
	control_wake(t->session);
}

static void count_broken(struct traced *t)
{
	struct agent_ring *ring = t->agent_ring;
	uint64_t num = ring->num_refused + ring_num_broken(ring->reader) - ring->num_forgiven;

	if (num && !ring->is_noted)
		traced_note(t,
			    "the memory of the agent in process %d holds broken events, which are "
			    "skipped: the figures may be wrong from here on",
			    (int)t->pid);
	ring->is_noted |= num > 0;
	if (ring->is_given_up)
		return;
	// Behind the last position the reader would find no record any more.
	if (num > MAX_BROKEN || ring_tail(ring->reader) > MAX_POSITION)
		give_up(t);
}

void agent_ring_note_round(struct traced *t)
{
	if (!t->agent_ring)
		return;
	__atomic_add_fetch(&t->shared->num_agent_rounds, 1, __ATOMIC_RELEASE);
	count_broken(t);
}

bool agent_ring_accepts(struct traced *t, const struct ring_record *record)
{
	struct agent_ring *ring = t->agent_ring;
	bool is_valid = event_is_of_agent(record, probe_num(&t->session->user_probes));

	ring->num_refused += !is_valid;
	if (!is_valid)
		count_broken(t);
	return is_valid && !ring->is_given_up;
}

void agent_ring_bury_tracer(struct traced *t)
{
	if (t->agent_ring)
		ring_bury(agent_memory_ring(t->agent_memory), RING_TRACER);
}

void agent_ring_begin(struct traced *t)
{
	struct agent_ring *ring = t->agent_ring;

	if (!ring)
		return;
	ring->num_refused = 0;
	ring->num_forgiven = ring_num_broken(ring->reader);
	ring->is_noted = ring->is_given_up = false;
}
