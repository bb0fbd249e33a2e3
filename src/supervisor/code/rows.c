// SPDX-License-Identifier: GPL-3.0-or-later
// The supervisor walks a stack as the tracer does, with the same code. It compiles each row that is
// missing on the way, and puts it where the tracer finds it.
#include "config.h"

#include "supervisor/code/rows.h"

#include "arch/arch.h"
#include "base/io.h"
#include "heap/frame.h"
#include "supervisor/code/probe_table.h"
#include "supervisor/core/row_tables.h"
#include "supervisor/os/process.h"

#include <string.h>

/** What the supervisor's own walk reads: rows compiled as it goes, live memory of the thread, which
 *  stands still. */
struct filling {
	struct traced *t;
	pid_t tid;
};

static bool fill_row(void *ctx, uint64_t pc, bool is_call_site, struct cfi_row *ret)
{
	struct filling *f = ctx;
	struct err *err;

	if (row_tables_find(f->t, cfi_rows_key(pc, is_call_site), ret))
		return true;
	err = modules_cfi_row(f->t->modules, pc, is_call_site, ret);
	if (err) {
		// An expression of no known kind: the frame pointer is the second best.
		err_destroy(err);
		*ret = (struct cfi_row){.kind = CFI_ROW_NO_CFI};
	}
	row_tables_put(f->t, cfi_rows_key(pc, is_call_site), ret);
	row_tables_tell_area(f->t, pc - is_call_site);
	return true;
}

static bool fill_read(void *ctx, uint64_t addr, uint64_t *ret)
{
	return process_read(((struct filling *)ctx)->tid, addr, ret, sizeof(*ret));
}

void rows_fill(struct traced *t, pid_t tid, const struct walk_frame *frame)
{
	struct filling filling = {t, tid};
	struct walk_ops ops = {fill_row, fill_read, &filling, arch_host()->unwind};
	struct walk_frame at = *frame;
	struct walk_stack stack = {0};

	traced_lock_obj(t);
	walk_stack(&at, &ops, &stack);
	traced_unlock_obj(t);
}

static uint64_t frame_of(const struct traced *t, uint64_t pc)
{
	const struct module *module = modules_find(t->modules, pc);

	return module ? frame_make(module->id, pc - module->bias) : frame_make(0, pc);
}

/** In libraries, new[] is a jump to new. So it is no frame of the stack, but it is what the caller
 *  of new calls. */
static bool calls_new_array(struct traced *t, const uint64_t targets[2])
{
	const struct new_range *range;
	bool is_array = false;
	unsigned i;

	traced_lock_obj(t);
	for (i = 0; i < 2; i++) {
		range = targets[i] ? probe_table_find_new(t->probes, frame_of(t, targets[i]))
				   : NULL;
		is_array |= range && range->domain == DOMAIN_NEW_ARRAY;
	}
	traced_unlock_obj(t);
	return is_array;
}

uint32_t rows_stack_flags(struct traced *t, const struct event_stack *stack)
{
	uint32_t sure = stack->num_sure < stack->num_pcs ? stack_sure(stack->num_sure) : 0;
	enum stack_end end = STACK_END_UNKNOWN;
	uint32_t module;

	if (!stack->stop)
		return sure;
	traced_lock_obj(t);
	module = frame_module(frame_of(t, stack->last_pc));
	traced_unlock_obj(t);
	switch (stack->stop) {
	case WALK_STOP_NO_CFI:
		end = module ? STACK_END_NO_CFI : STACK_END_NO_MODULE;
		break;
	case WALK_STOP_UNREADABLE:
		end = STACK_END_UNREADABLE;
		break;
	case WALK_STOP_BROKEN:
		end = STACK_END_BROKEN;
		break;
	default:
		break;
	}
	return stack_truncated(end, module) | sure;
}

/** Reads the process, and notes where the last whole word was. */
struct slot_reader {
	pid_t pid;
	uint64_t slot;
};

static bool read_and_note_slot(void *ctx, uint64_t addr, void *buf, size_t size)
{
	struct slot_reader *reader = ctx;

	if (size == sizeof(uint64_t))
		reader->slot = addr;
	return process_read(reader->pid, addr, buf, size);
}

/** In tcmalloc and mimalloc new[] and new are one function, which is the first one that is entered.
 *  But the caller's linkage table names the one that is called. */
static bool names_new_array(struct traced *t, uint64_t return_addr)
{
	struct slot_reader reader = {.pid = io_live_task(t->pid)};
	uint64_t targets[2];
	char name[8];

	arch_host()->callee(read_and_note_slot, &reader, return_addr, targets);
	return reader.slot && modules_slot_symbol(t->modules, reader.slot, name, sizeof(name)) &&
	       strncmp(name, "_Zna", 4) == 0;
}

void rows_name_frames(struct traced *t, const struct event_stack *stack, uint64_t *frames_ret,
		      uint32_t *domain_ret)
{
	const struct new_range *range;
	size_t i;

	traced_lock_obj(t);
	for (i = 0; i < stack->num_pcs; i++)
		frames_ret[i] = frame_of(t, stack->pcs[i]);
	*domain_ret = DOMAIN_MALLOC;
	if (stack->num_pcs && probe_table_has_merged_new(t->probes) &&
	    names_new_array(t, stack->pcs[0] + 1))
		*domain_ret = DOMAIN_NEW_ARRAY;
	traced_unlock_obj(t);
	// new[] calls new calls malloc: the outermost of them names the domain.
	for (i = 0; i < stack->num_pcs && (range = probe_table_find_new(t->probes, frames_ret[i]));
	     i++)
		*domain_ret = range->domain;
	if (*domain_ret == DOMAIN_NEW && i <= STACK_CALLEES &&
	    calls_new_array(t, stack->callees[i - 1]))
		*domain_ret = DOMAIN_NEW_ARRAY;
}
