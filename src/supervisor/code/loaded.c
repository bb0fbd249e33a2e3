// SPDX-License-Identifier: GPL-3.0-or-later
// /proc/PID/maps is read again whenever the target or its linker gives cause. The difference is
// what counts: a new module is searched and planted in, one that is gone takes its rows with it.
#include "config.h"

#include "supervisor/code/loaded.h"

#include "base/io.h"
#include "base/log.h"
#include "supervisor/code/allocators.h"
#include "supervisor/code/calls.h"
#include "supervisor/code/functions.h"
#include "supervisor/code/probe_table.h"
#include "supervisor/core/control.h"
#include "supervisor/core/row_tables.h"

#include <string.h>

static void plant_rendezvous(struct traced *t, uint32_t id)
{
	struct command command = {.kind = COMMAND_PLANT, .num_items = 1};
	uint64_t addr;
	struct err *err = module_find_rendezvous(t->modules, id, &addr);

	if (err) {
		err_destroy(err);
		return;
	}
	t->has_rendezvous = true;
	command.items[0] = (struct command_plant){addr, PLANT_RENDEZVOUS, 0};
	control_send(t, &command);
}

/** Of use where the target may not map memory. */
static void send_cave(struct traced *t, uint32_t id)
{
	struct command command = {.kind = COMMAND_CODE_CAVE};

	if (module_code_cave(t->modules, id, &command.start, &command.end))
		control_send(t, &command);
}

static void add_module(struct traced *t, uint32_t id)
{
	const struct module *module = modules_get(t->modules, id);
	struct command command = {
		.kind = COMMAND_MODULE, .start = module->start, .end = module->end};

	// Nothing in the vDSO allocates, or calls what does.
	if (strcmp(module->path, "[vdso]") != 0)
		control_send(t, &command);
	send_cave(t, id);
	allocators_plant(t, module);
	plant_rendezvous(t, id);
	functions_plant_known(t, id);
}

static void remove_module(struct traced *t, uint32_t id)
{
	const struct module *module = modules_get(t->modules, id);
	struct command command = {.kind = COMMAND_DROP, .start = module->start, .end = module->end};

	row_tables_withdraw(t, module->start, module->end);
	control_send(t, &command);
	probe_table_withdraw(t->probes, id);
}

static void send_syscall_insn(struct traced *t)
{
	struct command command = {.kind = COMMAND_SYSCALL_INSN};
	struct err *err;

	if (t->syscall_insn && modules_find(t->modules, t->syscall_insn))
		return;
	err = modules_find_syscall_insn(t->modules, io_live_task(t->pid), &command.value);
	if (!err)
		control_send(t, &command);
	t->syscall_insn = command.value;
	err_destroy(err);
}

void loaded_update(struct traced *t)
{
	struct modules_delta delta = {0};
	struct err *err;
	size_t i;

	traced_lock_obj(t);
	err = modules_refresh(t->modules, io_live_task(t->pid), &delta);
	if (err)
		log_debug("modules: %s", err_text(err));
	err_destroy(err);
	for (i = 0; i < delta.removed.num; i++)
		remove_module(t, delta.removed.items[i]);
	for (i = 0; i < delta.added.num; i++)
		add_module(t, delta.added.items[i]);
	if (delta.added.num || delta.removed.num)
		send_syscall_insn(t);
	traced_unlock_obj(t);
	// A function that was waited for may have come.
	for (i = 0; i < delta.added.num; i++)
		calls_plant_in(t, delta.added.items[i]);
	modules_delta_deinit(&delta);
}

void loaded_forget(struct traced *t)
{
	traced_lock_obj(t);
	modules_forget_live(t->modules);
	traced_unlock_obj(t);
	probe_table_withdraw_all(t->probes);
	t->has_rendezvous = false;
	t->link_state = t->syscall_insn = 0;
}
