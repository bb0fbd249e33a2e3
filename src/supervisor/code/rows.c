// SPDX-License-Identifier: GPL-3.0-or-later
// The supervisor walks a stack as the tracer does, with the same code, but compiles each row that is
// missing on the way, and puts it where the tracer finds it.
#include "config.h"

#include "supervisor/code/rows.h"

#include "arch/arch.h"
#include "heap/frame.h"
#include "supervisor/os/process.h"

/** What the supervisor's own walk reads: rows compiled as it goes, live memory of the thread, which stands still. */
struct filling {
	struct session *s;
	pid_t tid;
};

static bool fill_row(void *ctx, uint64_t pc, bool is_call_site, struct cfi_row *ret)
{
	struct filling *f = ctx;
	struct err *err;

	if (cfi_rows_get(shared_rows(f->s->shared), cfi_rows_key(pc, is_call_site), ret))
		return true;
	err = modules_cfi_row(f->s->modules, pc, is_call_site, ret);
	if (err) {
		// An expression of no known kind: the frame pointer is the second best.
		err_destroy(err);
		*ret = (struct cfi_row){.kind = CFI_ROW_NO_CFI};
	}
	cfi_rows_put(shared_rows(f->s->shared), cfi_rows_key(pc, is_call_site), ret);
	return true;
}

static bool fill_read(void *ctx, uint64_t addr, uint64_t *ret)
{
	return process_read(((struct filling *)ctx)->tid, addr, ret, sizeof(*ret));
}

void rows_fill(struct session *s, pid_t tid, const struct walk_frame *frame)
{
	struct filling filling = {s, tid};
	struct walk_ops ops = {fill_row, fill_read, &filling, arch_host()->unwind};
	struct walk_frame at = *frame;
	struct walk_stack stack = {0};

	session_lock_obj(s);
	walk_stack(&at, &ops, &stack);
	session_unlock_obj(s);
}

/** The range of an operator new that a frame lies in, or NULL. */
static const struct new_range *find_new(const struct session *s, uint64_t frame)
{
	size_t i;

	for (i = 0; i < s->new_ranges.num; i++) {
		const struct new_range *range = &s->new_ranges.items[i];

		if (frame_module(frame) == range->module && frame_addr(frame) >= range->start &&
		    frame_addr(frame) < range->end)
			return range;
	}
	return NULL;
}

static uint64_t frame_of(const struct session *s, uint64_t pc)
{
	const struct module *module = modules_find(s->modules, pc);

	return module ? frame_make(module->id, pc - module->bias) : frame_make(0, pc);
}

/** Libraries' new[] is a jump to new: it is no frame of the stack, but what its caller calls. */
static bool calls_new_array(struct session *s, const uint64_t targets[2])
{
	const struct new_range *range;
	bool is_array = false;
	unsigned i;

	session_lock_obj(s);
	for (i = 0; i < 2; i++) {
		range = targets[i] ? find_new(s, frame_of(s, targets[i])) : NULL;
		is_array |= range && range->domain == DOMAIN_NEW_ARRAY;
	}
	session_unlock_obj(s);
	return is_array;
}

void rows_name_frames(struct session *s, const struct event_stack *stack, uint64_t *frames_ret,
		      uint32_t *domain_ret)
{
	const struct new_range *range;
	size_t i;

	session_lock_obj(s);
	for (i = 0; i < stack->num_pcs; i++)
		frames_ret[i] = frame_of(s, stack->pcs[i]);
	session_unlock_obj(s);
	*domain_ret = DOMAIN_MALLOC;
	// new[] calls new calls malloc: the outermost of them names the domain.
	for (i = 0; i < stack->num_pcs && (range = find_new(s, frames_ret[i])); i++)
		*domain_ret = range->domain;
	if (*domain_ret == DOMAIN_NEW && i <= STACK_CALLEES &&
	    calls_new_array(s, stack->callees[i - 1]))
		*domain_ret = DOMAIN_NEW_ARRAY;
}
