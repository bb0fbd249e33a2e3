// SPDX-License-Identifier: GPL-3.0-or-later
// Whatever cannot be had leaves the process with breakpoints, which work until the last step, and
// is told as the reason. It is not tried again.
#include "config.h"

#include "trace/agent/install.h"

#include "base/fault.h"
#include "trace/agent/image.h"
#include "trace/agent/leave.h"
#include "trace/agent/life_word.h"
#include "trace/agent/patching.h"
#include "trace/agent/process_agent.h"
#include "trace/agent/quiesce.h"
#include "trace/code/breakpoints.h"
#include "trace/code/plant.h"
#include "trace/code/xol_areas.h"
#include "trace/code/xol_map.h"
#include "trace/glue/capturer.h"
#include "trace/glue/probes.h"
#include "trace/glue/rooms.h"
#include "trace/os/emit.h"
#include "trace/os/memory.h"
#include "trace/os/process.h"
#include "trace/os/task.h"
#include "trace/os/threads.h"
#include "wire/agent_memory.h"

#include <stdlib.h>
#include <sys/auxv.h>
#include <unistd.h>

/** What makes an agent impossible from the beginning. NULL: nothing. */
static const char *find_obstacle(const struct process *p, const struct thread *t)
{
	uint64_t needed = p->arch->thread_pointer_hwcap2;

	if ((getauxval(AT_HWCAP2) & needed) != needed)
		return "the kernel does not let programs read their thread pointer";
	if (task_has_shadow_stack(t->tid))
		return "it has a shadow stack";
	return NULL;
}

/** What stands in the memory before anybody uses it, and where the agent finds it. */
static bool write_state(struct process *p, struct process_agent *a)
{
	struct agent_state state = {
		.mode = AGENT_OFF,
		.is_sampling = p->capture.sample_rate != 0,
		.shared = a->memory_addr + AGENT_MEMORY_AGENT_OFFSET,
		.rows = a->memory_addr + AGENT_MEMORY_ROWS_OFFSET,
		.areas = a->memory_addr + AGENT_MEMORY_AREAS_OFFSET,
		.ring = a->memory_addr + AGENT_MEMORY_RING_OFFSET,
		.ring_num_slots = AGENT_MEMORY_NUM_SLOTS,
		.ring_buffer_size = AGENT_MEMORY_BUFFER_SIZE,
	};

	a->life = life_word_create(a->memory_fd, offsetof(struct agent_memory, life));
	if (a->life)
		state.life = a->memory_addr + offsetof(struct agent_memory, life);

	capture_known_init((struct capture_known *)a->shared->known, AGENT_KNOWN);
	a->shared->process = p->capture;
	a->epoch = p->capture.epoch;
	a->shared->process.num_calls = 1ull << 62;
	a->shared->process.is_live_unknown = !p->capture.sample_rate;
	return memory_write_code(p, agent_at(a, a->layout->state_offset), &state, sizeof(state));
}

/** The trap of upcalls; its slot must be where the orphan-trap handler finds it. */
static bool plant_upcall(struct process *p, struct thread *t, struct process_agent *a)
{
	uint64_t addr = agent_at(a, a->layout->upcall);

	if (!xol_area_near(p, addr, false) && !xol_map(p, t, addr))
		return false;
	a->upcall = breakpoint_add(p, addr, ROLE_UPCALL);
	return a->upcall;
}

/** *ret_ret stays untouched on failure. */
static struct err *put_in(struct process *p, struct thread *t, struct process_agent *a)
{
	struct err *err;

	a->memory_fd = -1;
	a->layout = agent_image(&(size_t){0});
	err = agent_image_map(p, t, a);
	if (!err)
		err = agent_memory_install(p, t, a);
	if (err)
		return err;
	p->rooms = rooms_create(a->memory);
	if (!p->rooms)
		return &err_nomem;
	if (!write_state(p, a))
		return &err_gone;
	return plant_upcall(p, t, a) ? NULL : err_create(ERR_OTHER, "no trap can be planted in it");
}

static void tell(struct process *p, struct thread *t)
{
	struct event_agent *event = emit_begin(p, EVENT_AGENT, sizeof(*event));

	t->hold = HELD_AGENT;
	if (!event)
		return;
	event->fd = p->agent->memory_fd;
	event->tid = t->tid;
	emit_end_now(p, event);
	FAULT_POINT("agent-told");
}

/** True: t is held. */
static bool install(struct process *p, struct thread *t)
{
	const char *obstacle = find_obstacle(p, t);
	struct err *err = NULL;

	p->is_agent_tried = true;
	if (obstacle) {
		emit_engine(p, ENGINE_BREAKPOINT, obstacle);
		return false;
	}
	p->agent = calloc(1, sizeof(*p->agent));
	err = p->agent ? put_in(p, t, p->agent) : &err_nomem;
	if (!err) {
		p->trampoline = agent_at(p->agent, p->agent->layout->trampoline);
		p->agent_private = agent_at(p->agent, p->agent->layout->private_offset);
		tell(p, t);
		return true;
	}
	emit_engine(p, ENGINE_BREAKPOINT, err_text(err));
	err_destroy(err);
	agent_forget(p);
	return false;
}

/** Tell whether t may put the agent in. */
static bool is_wanted(struct process *p, const struct thread *t)
{
	return p->tracer->engine != ENGINE_BREAKPOINT && !p->is_agent_tried && p->is_tracing &&
	       p->syscall_insn && t->tgid == p->pid && !t->is_watching_maps &&
	       !probes_is_linking(p, t);
}

bool agent_on_hit(struct process *p, struct thread *t, struct breakpoint *b)
{
	if (is_wanted(p, t))
		return install(p, t);
	if (!p->agent || !p->agent->is_ready || p->agent->mode != AGENT_ON)
		return false;
	return patching_try(p, t, b);
}

void agent_ready(struct process *p, struct thread *t, bool is_refused)
{
	struct process_agent *a = p->agent;

	(void)t;
	if (!a)
		return;
	close(a->memory_fd);
	a->memory_fd = -1;
	if (is_refused) {
		emit_engine(p, ENGINE_BREAKPOINT, "the supervisor cannot map the agent's memory");
		agent_leave(p);
		return;
	}
	emit_use_agent(p, a->memory);
	capturer_hand_over(p);
	a->is_ready = true;
	// Meanwhile there may have been a clear.
	agent_resume(p);
	p->engine = ENGINE_AGENT;
	emit_engine(p, ENGINE_AGENT, "");
	FAULT_POINT("agent-on");
}
