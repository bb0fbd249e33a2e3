// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "supervisor/code/loaded.h"

#include "base/io.h"
#include "base/log.h"
#include "supervisor/code/allocators.h"
#include "supervisor/code/calls.h"
#include "supervisor/code/functions.h"
#include "supervisor/core/control.h"

#include <string.h>

static void plant_rendezvous(struct session *s, uint32_t id)
{
	struct command command = {.kind = COMMAND_PLANT, .num_items = 1};
	uint64_t addr;
	struct err *err = module_find_rendezvous(s->modules, id, &addr);

	if (err) {
		err_destroy(err);
		return;
	}
	s->has_rendezvous = true;
	command.items[0] = (struct command_plant){addr, PLANT_RENDEZVOUS, 0};
	control_send(s, &command);
}

/** Of use where the target may not map memory. */
static void send_cave(struct session *s, uint32_t id)
{
	struct command command = {.kind = COMMAND_CODE_CAVE};

	if (module_code_slack(s->modules, id, &command.start, &command.end))
		control_send(s, &command);
}

static void add_module(struct session *s, uint32_t id)
{
	const struct module *module = modules_get(s->modules, id);
	struct command command = {
		.kind = COMMAND_MODULE, .start = module->start, .end = module->end};

	// Nothing in the vDSO allocates, or calls what does.
	if (strcmp(module->path, "[vdso]") != 0)
		control_send(s, &command);
	send_cave(s, id);
	allocators_plant(s, module);
	plant_rendezvous(s, id);
	functions_plant_ptrace(s, id);
}

static void remove_module(struct session *s, uint32_t id)
{
	const struct module *module = modules_get(s->modules, id);
	struct command command = {.kind = COMMAND_DROP, .start = module->start, .end = module->end};

	cfi_rows_withdraw(shared_rows(s->shared), module->start, module->end);
	control_send(s, &command);
	allocators_withdraw(s, id);
}

static void send_syscall_insn(struct session *s)
{
	struct command command = {.kind = COMMAND_SYSCALL_INSN};
	struct err *err;

	if (s->syscall_insn && modules_find(s->modules, s->syscall_insn))
		return;
	err = modules_find_syscall_insn(s->modules, io_live_task(s->tracer.target), &command.value);
	if (!err)
		control_send(s, &command);
	s->syscall_insn = command.value;
	err_destroy(err);
}

void loaded_update(struct session *s)
{
	struct modules_delta delta = {0};
	struct err *err;
	size_t i;

	session_lock_obj(s);
	err = modules_refresh(s->modules, io_live_task(s->tracer.target), &delta);
	if (err)
		log_debug("modules: %s", err_text(err));
	err_destroy(err);
	for (i = 0; i < delta.removed.num; i++)
		remove_module(s, delta.removed.items[i]);
	for (i = 0; i < delta.added.num; i++)
		add_module(s, delta.added.items[i]);
	if (delta.added.num || delta.removed.num)
		send_syscall_insn(s);
	session_unlock_obj(s);
	// A function that was waited for may have come.
	for (i = 0; i < delta.added.num; i++)
		calls_plant_in(s, delta.added.items[i]);
	modules_delta_deinit(&delta);
}

void loaded_forget(struct session *s)
{
	session_lock_obj(s);
	modules_forget_live(s->modules);
	session_unlock_obj(s);
	allocators_withdraw_all(s);
	s->has_rendezvous = false;
	s->link_state = s->syscall_insn = 0;
}
