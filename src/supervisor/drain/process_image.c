// SPDX-License-Identifier: GPL-3.0-or-later
// After an execve nothing of the tables is true any more. They begin anew, and the program is
// complete at the linker's rendezvous, at its entry point (no rendezvous), or at once (static).
#include "config.h"

#include "supervisor/drain/process_image.h"

#include "base/io.h"
#include "obj/maps.h"
#include "supervisor/code/allocators.h"
#include "supervisor/code/loaded.h"
#include "supervisor/code/silence.h"
#include "supervisor/core/control.h"
#include "supervisor/core/memory.h"
#include "supervisor/core/notes.h"
#include "supervisor/core/row_tables.h"
#include "supervisor/drain/agent_ring.h"
#include "supervisor/drain/heap_events.h"
#include "supervisor/drain/measuring.h"
#include "supervisor/os/precheck.h"
#include "supervisor/os/process.h"

#include <string.h>

/** An image without a rendezvous is complete when its entry point is reached. */
static void plant_entry_point(struct traced *t)
{
	struct command command = {.kind = COMMAND_PLANT, .num_items = 1};
	uint64_t entry;

	if (!process_entry(io_live_task(t->pid), &entry))
		return;
	command.items[0] = (struct command_plant){entry, PLANT_RENDEZVOUS, 0};
	control_send(t, &command);
}

static void send_area(struct traced *t, uint64_t start)
{
	struct command command = {.kind = COMMAND_XOL_AREA, .start = start};
	char magic[sizeof(XOL_AREA_MAGIC)];

	if (process_read(io_live_task(t->pid), start, magic, sizeof(magic)) &&
	    memcmp(magic, XOL_AREA_MAGIC, sizeof(magic)) == 0)
		control_send(t, &command);
}

/** Tell the tracer what an earlier one has left mapped in the target. */
static void send_areas(struct traced *t)
{
	_cleanup_free_ char *text = NULL;
	struct maps_cursor cursor;
	struct map_entry entry;
	char path[32];
	size_t size;
	uint64_t at;
	struct err *err;

	snprintf(path, sizeof(path), "/proc/%d/maps", (int)io_live_task(t->pid));
	err = io_read_file(path, 256 << 20, &text, &size);
	if (err) {
		err_destroy(err);
		return;
	}
	maps_cursor_init(&cursor, text, size);
	while (maps_next(&cursor, &entry)) {
		if (entry.inode || entry.path_size || !entry.is_executable || entry.is_writable)
			continue;
		// The kernel joins neighbours.
		for (at = entry.start; at + XOL_AREA_SIZE <= entry.end; at += XOL_AREA_SIZE)
			send_area(t, at);
	}
}

/** The image is complete: hold the thread for the user, or let it run. */
static void image_ready(struct traced *t, pid_t tid)
{
	allocators_note(t);
	if (t->want_hold) {
		t->held_tid = tid;
		t->state = TARGET_HELD;
		control_wake(t->session);
		return;
	}
	control_release(t, tid, RELEASE_UNWATCH);
}

/** Paths stay: somebody may be reading the one before. */
static void keep_exe(struct traced *t, const char *path)
{
	char *copy;

	if (strcmp(path, t->exe) == 0)
		return;
	copy = strdup(path);
	if (copy && vec_push(&t->exes, copy))
		t->exe = copy;
	else
		free(copy);
}

/** Find out which program the target executes. */
static void set_exe(struct traced *t)
{
	char path[32], exe[4096] = "";

	snprintf(path, sizeof(path), "/proc/%d/exe", (int)io_live_task(t->pid));
	if (readlink(path, exe, sizeof(exe) - 1) >= 0)
		keep_exe(t, exe);
}

/** Its modules are known now, and with them by which name it was executed. */
static void set_called(struct traced *t)
{
	const struct module *module;
	uint32_t id;

	traced_lock_obj(t);
	for (id = 1; id <= modules_num(t->modules); id++) {
		module = modules_get(t->modules, id);
		if (module && module->is_live && module->is_executable_file && module->called)
			keep_exe(t, module->called);
	}
	traced_unlock_obj(t);
}

static void note_exec(struct traced *t, bool has_executed)
{
	// Children do so all the time; `processes` shows it.
	if (!t->want_hold && has_executed && (!t->parent || t->snapshots.num))
		traced_note(t, "process %d executes %s: a new heap", (int)t->pid, t->exe);
	if (precheck_lacks_privileges(t->pid))
		traced_note(
			t,
			"process %d runs %s without the privileges of the file (setuid), because "
			"it is traced; run malloscope as root to keep them",
			(int)t->pid, t->exe);
}

void process_image_exec(struct traced *t, pid_t tid)
{
	bool has_executed = t->has_executed;

	memory_open(t);
	agent_ring_close(t);
	heap_clear(t->heap);
	hmap_deinit_owned(&t->taken);
	hmap_deinit_owned(&t->pools);
	row_tables_clear(t);
	heap_events_forget_stacks(t);
	loaded_forget(t);
	silence_restart(t);
	measuring_reset(t);
	set_exe(t);
	t->has_executed = true;
	// Nothing of this heap was missed.
	t->is_from_launch |= t->is_tracing;
	if (t->want_hold && !t->launch_error)
		t->launch_error = precheck_image(t->pid);
	loaded_update(t);
	set_called(t);
	note_exec(t, has_executed);
	if (!process_has_interpreter(io_live_task(t->pid))) {
		image_ready(t, tid);
		return;
	}
	if (!t->has_rendezvous)
		plant_entry_point(t);
	control_release(t, tid, RELEASE_WATCH_MAPS);
}

/** The linker reaches the rendezvous before and after each change of its list. From the first
 *  complete list on, the tracer looks at r_state by itself. */
static bool is_linking(struct traced *t)
{
	struct command command = {.kind = COMMAND_LINK_STATE};
	pid_t task = io_live_task(t->pid);

	if (t->link_state || !process_link_state(task, &command.value))
		return false;
	if (process_is_linking(task, command.value))
		return true;
	t->link_state = command.value;
	control_send(t, &command);
	return false;
}

void process_image_rendezvous(struct traced *t, pid_t tid)
{
	if (t->has_rendezvous && is_linking(t)) {
		control_release(t, tid, 0);
		return;
	}
	loaded_update(t);
	image_ready(t, tid);
}

void process_image_adopt(struct traced *t)
{
	t->has_executed = true;
	set_exe(t);
	send_areas(t);
	loaded_update(t);
	set_called(t);
}
