// SPDX-License-Identifier: GPL-3.0-or-later
// What an entry means: a part of a call that is in progress, or a call of its own. And the moments
// at which everything changes: end of a thread, clear, a new epoch.
#include "config.h"

#include "capture/internal.h"

#include "base/mem.h"

/** Is the entry a part of a pending call of its family? Calls that were left are dropped. */
static enum capture_nesting nesting_in_pending(struct capture *c, const struct capture_entry *at)
{
	bool is_layered = probe_is_layered(at->probe);
	enum capture_nesting nesting;
	uint32_t i;

	for (i = c->thread->num_pending; i > 0; i--) {
		const struct capture_pending *p = &c->pending[i - 1];

		nesting = capture_nesting(c, at, p->return_addr, p->sp);
		if (nesting == NESTING_NONE && i == c->thread->num_pending)
			capture_abandon(c, i - 1);
		else if (nesting != NESTING_INSIDE || p->is_layered == is_layered)
			return nesting;
	}
	return NESTING_NONE;
}

enum capture_result capture_enter(struct capture *c, const struct capture_entry *at)
{
	bool is_free = at->probe->kind == PROBE_FREE;

	if (at->probe->kind == PROBE_DESTROY) {
		capture_destroy(c, at);
		return c->needs_slow ? CAPTURE_SLOW : CAPTURE_DONE;
	}
	// Who finds its block in the live set frees it for real.
	if (is_free && capture_free_live(c, at))
		return CAPTURE_DONE;
	// The others were not sampled, or somebody else has freed them, or the reader decides.
	if (is_free && c->process->sample_rate) {
		capture_free_nested(c, at);
		return CAPTURE_DONE;
	}
	switch (nesting_in_pending(c, at)) {
	case NESTING_INSIDE:
		if (is_free)
			capture_free_nested(c, at);
		return CAPTURE_DONE;
	case NESTING_MISS:
		return CAPTURE_MISS;
	case NESTING_SLOW:
		return CAPTURE_SLOW;
	default:
		break;
	}
	if (is_free)
		return capture_free_unknown(c, at);
	return c->process->sample_rate ? capture_alloc_sample(c, at) : capture_alloc_enter(c, at);
}

void capture_thread_end(struct capture *c)
{
	capture_abandon(c, 0);
	capture_measured_abandon(c, 0);
	memset(c->thread->freed, 0, sizeof(c->thread->freed));
	memset(c->thread->passed, 0, sizeof(c->thread->passed));
}

void capture_clear(struct capture *c)
{
	c->process->is_heap_known = false;
}

void capture_clear_thread(struct capture *c)
{
	uint32_t i;

	// The block that a realloc holds is an older one from now on. Its size was not looked up,
	// and may be gone by now: it is unknown.
	for (i = 0; i < c->thread->num_pending; i++) {
		if (c->process->sample_rate)
			c->pending[i].has_older = false;
		else if (c->process->is_live_unknown)
			c->pending[i].has_older |= c->pending[i].has_taken;
		else
			c->pending[i].has_older |= c->pending[i].was_live;
		c->pending[i].was_live = false;
	}
}

uint64_t capture_new_epoch(struct capture *c)
{
	capture_known_clear(c->known);
	return ++c->process->epoch;
}
