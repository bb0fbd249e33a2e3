// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "supervisor/drain/process_image.h"

#include "base/io.h"
#include "obj/maps.h"
#include "supervisor/code/allocators.h"
#include "supervisor/code/loaded.h"
#include "supervisor/core/control.h"
#include "supervisor/core/memory.h"
#include "supervisor/core/notes.h"
#include "supervisor/drain/measuring.h"
#include "supervisor/os/precheck.h"
#include "supervisor/os/process.h"

#include <string.h>

/** An image without a rendezvous is complete when its entry point is reached. */
static void plant_entry_point(struct session *s)
{
	struct command command = {.kind = COMMAND_PLANT, .num_items = 1};
	uint64_t entry;

	if (!process_entry(io_live_task(s->tracer.target), &entry))
		return;
	command.items[0] = (struct command_plant){entry, PLANT_RENDEZVOUS, 0};
	control_send(s, &command);
}

static void send_area(struct session *s, uint64_t start)
{
	struct command command = {.kind = COMMAND_XOL_AREA, .start = start};
	char magic[sizeof(XOL_AREA_MAGIC)];

	if (process_read(io_live_task(s->tracer.target), start, magic, sizeof(magic)) &&
	    memcmp(magic, XOL_AREA_MAGIC, sizeof(magic)) == 0)
		control_send(s, &command);
}

/** Tell the tracer of what an earlier one has left mapped in the target. */
static void send_areas(struct session *s)
{
	_cleanup_free_ char *text = NULL;
	struct maps_cursor cursor;
	struct map_entry entry;
	char path[32];
	size_t size;
	uint64_t at;
	struct err *err;

	snprintf(path, sizeof(path), "/proc/%d/maps", (int)io_live_task(s->tracer.target));
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
			send_area(s, at);
	}
}

/** The image is complete: hold the thread for the user, or let it run. */
static void image_ready(struct session *s, pid_t tid)
{
	allocators_note(s);
	if (s->want_hold) {
		s->held_tid = tid;
		s->state = TARGET_HELD;
		control_wake(s);
		return;
	}
	control_release(s, tid, RELEASE_UNWATCH);
}

/** Find out which program the target executes. */
static void set_exe(struct session *s)
{
	char path[32], exe[4096] = "", *copy;

	snprintf(path, sizeof(path), "/proc/%d/exe", (int)io_live_task(s->tracer.target));
	if (readlink(path, exe, sizeof(exe) - 1) < 0 || strcmp(exe, s->exe) == 0)
		return;
	copy = strdup(exe);
	if (copy && vec_push(&s->exes, copy))
		s->exe = copy;
	else
		free(copy);
}

static void note_exec(struct session *s)
{
	// Of children, which do so all the time, `processes` tells.
	if (!s->want_hold && s->has_executed && (!s->parent || s->snapshots.num))
		session_note(s, "process %d executes %s: a new heap", (int)s->tracer.target,
			     s->exe);
	if (precheck_lacks_privileges(s->tracer.target))
		session_note(
			s,
			"process %d runs %s without the privileges of the file (setuid), because "
			"it is traced; run malloscope as root to keep them",
			(int)s->tracer.target, s->exe);
}

void process_image_exec(struct session *s, pid_t tid)
{
	memory_open(s);
	heap_clear(s->heap);
	hmap_deinit_owned(&s->taken);
	cfi_rows_clear(shared_rows(s->shared));
	hmap_deinit(&s->stacks_by_hash);
	loaded_forget(s);
	measuring_reset(s);
	set_exe(s);
	note_exec(s);
	s->has_executed = true;
	// Nothing of this heap was missed.
	s->is_from_launch |= s->is_tracing;
	if (s->want_hold && !s->launch_error)
		s->launch_error = precheck_image(s->tracer.target);
	loaded_update(s);
	if (!process_has_interpreter(io_live_task(s->tracer.target))) {
		image_ready(s, tid);
		return;
	}
	if (!s->has_rendezvous)
		plant_entry_point(s);
	control_release(s, tid, RELEASE_WATCH_MAPS);
}

/** The linker stops before and after each change of its list. From the first complete one on the tracer tells by itself. */
static bool is_linking(struct session *s)
{
	struct command command = {.kind = COMMAND_LINK_STATE};
	pid_t task = io_live_task(s->tracer.target);

	if (s->link_state || !process_link_state(task, &command.value))
		return false;
	if (process_is_linking(task, command.value))
		return true;
	s->link_state = command.value;
	control_send(s, &command);
	return false;
}

void process_image_rendezvous(struct session *s, pid_t tid)
{
	if (s->has_rendezvous && is_linking(s)) {
		control_release(s, tid, 0);
		return;
	}
	loaded_update(s);
	image_ready(s, tid);
}

void process_image_adopt(struct session *s)
{
	s->has_executed = true;
	set_exe(s);
	send_areas(s);
	loaded_update(s);
}
