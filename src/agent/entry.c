// SPDX-License-Identifier: GPL-3.0-or-later
// Entries and returns: is the agent at work, whose thread is it, and who does the rest.
#include "config.h"

#include "agent/internal.h"

#include "arch/patch.h"

/** The bit of a robust futex whose owner has died (linux/futex.h). */
#define OWNER_DIED 0x40000000u

struct agent_private agent_private __attribute__((section(".bss.private")));
struct agent_state agent_state __attribute__((section(".bss.state")));

static uint32_t mode(void)
{
	return __atomic_load_n(&agent_state.mode, __ATOMIC_ACQUIRE);
}

static bool is_tracer_dead(void)
{
	const uint32_t *life = (const uint32_t *)agent_state.life;

	return life && __atomic_load_n(life, __ATOMIC_RELAXED) & OWNER_DIED;
}

/** NULL: it is not in the table. */
static const struct agent_place *find_place(const struct agent_shared *shared,
					    uint64_t thread_pointer)
{
	uint32_t i = agent_place_of(thread_pointer), n;
	uint64_t found;

	for (n = 0; n < AGENT_NUM_PLACES; n++, i = (i + 1) % AGENT_NUM_PLACES) {
		found = __atomic_load_n(&shared->places[i].thread_pointer, __ATOMIC_ACQUIRE);
		if (found == thread_pointer)
			return &shared->places[i];
		if (!found)
			return NULL;
	}
	return NULL;
}

/** The thread whose event it is, if the agent is to do it; is_busy is set then. instead: the upcall
 *  for a thread that the agent has no state for. NULL: pass through. */
static struct agent_thread *begin(const void *frame, uint64_t thread_pointer,
				  enum agent_upcall_reason instead)
{
	const struct agent_place *place;
	struct agent_shared *shared;
	struct agent_thread *t;

	while (mode() != AGENT_OFF) {
		if (is_tracer_dead()) {
			__atomic_store_n(&agent_state.mode, AGENT_OFF, __ATOMIC_RELEASE);
			return NULL;
		}
		shared = (struct agent_shared *)agent_state.shared;
		place = find_place(shared, thread_pointer);
		if (!place) {
			if (agent_ask(AGENT_UPCALL_THREAD, frame, NULL) != AGENT_RETRY)
				return NULL;
			continue;
		}
		if (place->index >= AGENT_MAX_THREADS) {
			agent_ask(instead, frame, NULL);
			return NULL;
		}
		t = &shared->threads[place->index].thread;
		// A function of the allocator that the agent itself calls.
		if (t->is_busy)
			return NULL;
		__atomic_store_n(&t->is_busy, 1, __ATOMIC_RELAXED);
		__atomic_signal_fence(__ATOMIC_SEQ_CST);
		if (mode() == AGENT_ON)
			return t;
		__atomic_store_n(&t->is_busy, 0, __ATOMIC_RELAXED);
		if (mode() == AGENT_PAUSED &&
		    agent_ask(AGENT_UPCALL_PAUSE, frame, NULL) != AGENT_RETRY)
			return NULL;
	}
	return NULL;
}

/** From here on nothing but the stack is touched, but for want_exit: who unmaps the memory lets us
 *  get behind that. */
static void end(const void *frame, struct agent_thread *t)
{
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	__atomic_store_n(&t->is_busy, 0, __ATOMIC_RELAXED);
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	if (__atomic_load_n(&t->want_exit, __ATOMIC_RELAXED))
		agent_ask(AGENT_UPCALL_EXIT, frame, NULL);
}

/** Calls whose return the tracer waits for with a breakpoint. */
static bool has_foreign_calls(const struct agent_thread *t)
{
	uint32_t i;

	for (i = 0; i < t->capture.num_pending && i < AGENT_PENDING; i++)
		if (!t->pending[i].is_exchanged)
			return true;
	return false;
}

static bool has_place(struct agent_thread *t)
{
	if (t->producer < 0)
		t->producer = ring_join((struct ring *)agent_state.ring);
	return t->producer >= 0;
}

static const struct agent_probe *probe_of(const struct agent_shared *shared,
					  const struct agent_frame *frame)
{
	const struct arch_pad_head *head =
		(const struct arch_pad_head *)(frame->pad_return - AGENT_PAD_CALL_SIZE) - 1;

	return &shared->probes[head->probe_index % AGENT_MAX_PROBES];
}

static uint64_t requested_size(const struct agent_frame *frame, const struct probe *probe)
{
	uint64_t size = 0;

	if (probe->size_arg != ARG_NONE)
		size = agent_frame_arg(frame, probe->size_arg);
	if (probe->factor_arg != ARG_NONE)
		size *= agent_frame_arg(frame, probe->factor_arg);
	return size;
}

/** With sampling nearly every call only changes a number, or looks up a block that is not there. */
bool agent_quick(const struct agent_frame *frame, uint64_t thread_pointer)
{
	struct agent_shared *shared = (struct agent_shared *)agent_state.shared;
	const struct agent_place *place = find_place(shared, thread_pointer);
	uint64_t slot = (uint64_t)(frame + 1), ptr = 0;
	const struct agent_probe *probe;
	struct capture_passed now;
	struct agent_thread *t;

	if (!place || place->index >= AGENT_MAX_THREADS || mode() != AGENT_ON)
		return false;
	t = &shared->threads[place->index].thread;
	probe = probe_of(shared, frame);
	if (t->is_busy || t->capture.num_pending || shared->process.is_live_unknown)
		return false;
	if (probe->probe.kind == PROBE_FREE || probe->probe.kind == PROBE_REALLOC)
		ptr = agent_frame_arg(frame, probe->probe.ptr_arg);
	now.is_layered = probe_is_layered(&probe->probe);
	if (ptr && capture_live_has(&shared->live, capture_key(now.is_layered, ptr)))
		return false;
	now.sp = slot + sizeof(uint64_t);
	now.return_addr = *(const uint64_t *)slot;
	now.size = requested_size(frame, &probe->probe);
	now.entries[0] = probe->function;
	if (probe->probe.kind != PROBE_FREE &&
	    !capture_pass_at_once(&t->capture, agent_unwind(), &now, agent_load))
		return false;
	t->hits[probe - shared->probes]++;
	return true;
}

/** CAPTURE_DONE; anything else is for the tracer. */
static enum capture_result enter(struct agent_event *e, const struct agent_probe *probe)
{
	struct capture_entry at = {
		.addr = probe->function,
		.probe = &probe->probe,
		.probe_id = probe->probe_id,
		.allocator = probe->allocator,
		.code_start = probe->code_start,
		.code_end = probe->code_end,
	};
	enum capture_result result;

	agent_frame_walk_regs(e->entry, e->slot, at.regs);
	for (;;) {
		e->core.needs_slow = false;
		result = capture_enter(&e->core, &at);
		if (result != CAPTURE_MISS)
			return result;
		e->thread->miss = e->core.miss;
		if (agent_ask(AGENT_UPCALL_MISS, e->frame, e->thread) != AGENT_RETRY)
			return CAPTURE_DONE;
	}
}

/** The tracer does it. It cannot lead a thread away from here, so what an allocator has to be asked
 *  is asked by us. */
static void leave_entry(struct agent_event *e, const struct agent_probe *probe)
{
	struct agent_asked *asked = &e->thread->asked;

	while (agent_ask(AGENT_UPCALL_ENTRY, e->frame, e->thread) == AGENT_ASK) {
		asked->ptr = agent_frame_arg(e->entry, probe->probe.ptr_arg);
		asked->usable = agent_usable_size(probe->allocator, asked->ptr);
	}
	asked->ptr = 0;
}

void agent_on_entry(struct agent_frame *frame, uint64_t thread_pointer)
{
	struct agent_thread *t = begin(frame, thread_pointer, AGENT_UPCALL_ENTRY);
	const struct agent_probe *probe;
	struct agent_shared *shared;
	struct agent_event e;

	if (!t)
		return;
	shared = (struct agent_shared *)agent_state.shared;
	probe = probe_of(shared, frame);
	t->hits[probe - shared->probes]++;
	t->counters.num_events++;
	agent_event_init(&e, shared, t, frame);
	e.entry = frame;
	e.slot = (uint64_t)(frame + 1);
	if (has_foreign_calls(t) || !has_place(t) || enter(&e, probe) != CAPTURE_DONE)
		leave_entry(&e, probe);
	end(frame, t);
}

/** Without a record: the pending call knows it as well. */
static uint64_t pending_return(const struct agent_thread *t, uint64_t sp)
{
	uint32_t i;

	for (i = t->capture.num_pending; i-- > 0;)
		if (i < AGENT_PENDING && t->pending[i].sp == sp)
			return t->pending[i].return_addr;
	return 0;
}

/** Does a call return here for which the tracer waits? */
static bool is_foreign_return(const struct agent_thread *t, uint64_t sp)
{
	uint32_t i;

	for (i = 0; i < t->capture.num_pending && i < AGENT_PENDING; i++)
		if (t->pending[i].sp == sp && !t->pending[i].is_exchanged)
			return true;
	return false;
}

static enum capture_result leave(struct agent_event *e, const struct agent_return_frame *frame,
				 uint64_t sp)
{
	struct capture_return at = {frame->target, sp, agent_frame_result(frame)};
	struct capture_returned ret = {0};

	return capture_return(&e->core, &at, &ret);
}

void agent_on_return(struct agent_return_frame *frame, uint64_t thread_pointer)
{
	uint64_t slot = (uint64_t)&frame->target, sp = (uint64_t)(frame + 1);
	struct agent_thread *t;
	struct agent_event e;

	frame->target = agent_take_return(slot);
	t = begin(frame, thread_pointer, AGENT_UPCALL_RETURN);
	if (t) {
		if (!frame->target)
			frame->target = pending_return(t, sp);
		t->counters.num_events++;
		agent_event_init(&e, (struct agent_shared *)agent_state.shared, t, frame);
		if (t->capture.num_pending && (is_foreign_return(t, sp) || !has_place(t) ||
					       leave(&e, frame, sp) != CAPTURE_DONE))
			agent_ask(AGENT_UPCALL_RETURN, frame, t);
		end(frame, t);
	}
	// Nobody knows where to go.
	if (!frame->target)
		__builtin_trap();
}
