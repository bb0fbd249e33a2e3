// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "trace/agent/unwind.h"

#include "base/fault.h"
#include "trace/code/breakpoints.h"
#include "trace/glue/exchanged.h"
#include "trace/glue/returns.h"
#include "trace/glue/rooms.h"
#include "trace/os/memory.h"
#include "trace/os/process.h"
#include "trace/os/threads.h"

/** The original is in its slot again, and whoever returns there is seen. */
static bool put_back(struct process *p, struct thread *t, const struct capture_pending *call)
{
	struct breakpoint *b;
	uint64_t slot, word;

	if (!arch_return_place(p->arch->unwind, call->sp, &slot) ||
	    !memory_read(t->tid, slot, &word, sizeof(word)))
		return false;
	// Of two calls that return together, one by a jump of the other, the second finds it there.
	if (word != p->trampoline && word != call->return_addr)
		return false;
	b = returns_plant(p, call->return_addr);
	if (!b)
		return false;
	FAULT_POINT("agent-unwind");
	if (!memory_write_code(p, slot, &call->return_addr, sizeof(call->return_addr)))
		return false;
	b->num_pending++;
	return true;
}

void agent_unwind(struct process *p, struct thread *t)
{
	struct capture_pending *call;
	uint32_t i;

	if (!p->agent || !t->room)
		return;
	rooms_load(p, t);
	for (i = 0; i < t->capture.num_pending; i++) {
		call = &t->pending[i];
		if (call->is_exchanged && put_back(p, t, call))
			call->is_exchanged = false;
	}
	rooms_store(t);
}
