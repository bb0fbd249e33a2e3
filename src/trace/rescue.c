// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "trace/engine.h"

#include "base/io.h"
#include "base/log.h"
#include "wire/command.h"

#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

/** Stops between two looks whether the handler is still there: a trap in a thread that blocks
 *  SIGTRAP makes the kernel take it out (force_sig_info_to_task(), Linux kernel/signal.c). */
#define CHECK_INTERVAL 4096

/** Size of a signal set for rt_sigaction(2). */
#define SIGSET_SIZE 8

/** How many threads are asked for a moment in user mode, and how often each is looked for. */
#define PREPARE_TRIES  8
#define PREPARE_ROUNDS 100

/** Enough for what a function keeps below its stack pointer (psABI 3.2.2: 128 bytes). */
#define BELOW_STACK 512

/** Is the signal in a set of /proc/TID/status ("SigCgt", "SigIgn")? */
static bool has_signal(pid_t tid, const char *set, int sig)
{
	_cleanup_free_ char *text = NULL;
	struct err *err = io_proc_status(tid, set, &text);

	err_destroy(err);
	return !err && (strtoull(text, NULL, 16) >> (sig - 1) & 1);
}

static bool write_data(struct engine *e, size_t offset, uint64_t value)
{
	return memory_write_code(e, e->rescue_data + offset, &value, sizeof(value));
}

/** Put the handler into slots of the area, one behind the other. */
static bool place(struct engine *e, struct area *area)
{
	uint8_t code[ARCH_RESCUE_SIZE];
	uint64_t addr = area->start + area->used;
	size_t data_offset, size = e->arch->rescue(addr, code, &data_offset), i, part;

	if (area->used + size + ARCH_SLOT_SIZE > area->size)
		return false;
	for (i = 0; i < size; i += part) {
		part = size - i < ARCH_SLOT_SIZE ? size - i : ARCH_SLOT_SIZE;
		if (!displaced_take_slot(e, area, AREA_NAME_RESCUE, code + i, part))
			return false;
	}
	e->rescue_addr = addr;
	e->rescue_data = addr + data_offset;
	return write_data(e, offsetof(struct arch_rescue_data, names_offset),
			  offsetof(struct area_header, addrs)) &&
	       write_data(e, offsetof(struct arch_rescue_data, slots_offset),
			  sizeof(struct area_header)) &&
	       write_data(e, offsetof(struct arch_rescue_data, num_slots), AREA_SLOTS) &&
	       write_data(e, offsetof(struct arch_rescue_data, area_size), AREA_SIZE);
}

/** The handler of an earlier tracer, if it is as ours would be. Threads may be in it right now, so the areas that it
 *  knows stay where they are in its list. */
static bool adopt(struct engine *e)
{
	uint8_t code[ARCH_RESCUE_SIZE], there[ARCH_RESCUE_SIZE];
	struct arch_rescue_data data;
	size_t data_offset, size = e->arch->rescue(e->rescue_addr, code, &data_offset);

	if (pread(e->mem_fd, there, size, (off_t)e->rescue_addr) != (ssize_t)size ||
	    memcmp(there, code, data_offset) != 0)
		return false;
	memcpy(&data, there + data_offset, sizeof(data));
	while (e->num_rescue_areas < ARCH_RESCUE_AREAS && data.areas[e->num_rescue_areas]) {
		e->rescue_areas[e->num_rescue_areas] = data.areas[e->num_rescue_areas];
		e->num_rescue_areas++;
	}
	e->is_rescue_installed = data.is_installed;
	e->stops_to_rescue_check = 1;
	e->rescue_data = e->rescue_addr + data_offset;
	return true;
}

static void prepare_breakpoints(struct engine *e)
{
	size_t i;

	for (i = 0; i < e->breakpoints.cap; i++)
		if (e->breakpoints.slots[i].key != HMAP_NO_KEY)
			displaced_prepare(e, (struct breakpoint *)e->breakpoints.slots[i].value);
}

static bool is_listed(const struct engine *e, uint64_t start)
{
	size_t i;

	for (i = 0; i < e->num_rescue_areas; i++)
		if (e->rescue_areas[i] == start)
			return true;
	return false;
}

static bool list_area(struct engine *e, uint64_t start)
{
	size_t at = offsetof(struct arch_rescue_data, areas) + e->num_rescue_areas * sizeof(start);

	if (e->num_rescue_areas == ARCH_RESCUE_AREAS || !write_data(e, at, start))
		return false;
	e->rescue_areas[e->num_rescue_areas++] = start;
	return true;
}

void rescue_add_area(struct engine *e, struct area *area)
{
	if (!e->rescue_data && !(e->rescue_addr && adopt(e)) && !place(e, area)) {
		e->rescue_addr = e->rescue_data = 0;
		return;
	}
	if (!is_listed(e, area->start) && !list_area(e, area->start))
		return;
	e->is_rescue_due = true;
	prepare_breakpoints(e);
}

static void install(struct engine *e, struct thread *t)
{
	const uint64_t args[6] = {SIGTRAP,
				  e->rescue_data + offsetof(struct arch_rescue_data, action), 0,
				  SIGSET_SIZE};
	int64_t result;

	e->is_rescue_due = false;
	// The program's own handler stays: who traps on purpose shall notice nothing of us.
	if (!e->syscall_insn || !inject_is_allowed(t) || has_signal(t->tid, "SigCgt", SIGTRAP) ||
	    has_signal(t->tid, "SigIgn", SIGTRAP))
		return;
	if (!inject_syscall(e, t, SYS_rt_sigaction, args, &result) || result < 0)
		return;
	e->is_rescue_installed = true;
	e->stops_to_rescue_check = CHECK_INTERVAL;
	if (!write_data(e, offsetof(struct arch_rescue_data, is_installed), 1))
		log_debug("the rescue handler cannot be marked as installed");
}

/** Stop t, which does not sleep, for a moment, and use it if it stands in user mode. */
static void prepare_on(struct engine *e, struct thread *t)
{
	const struct timespec pause = {.tv_nsec = 20000};
	unsigned i;
	int status;
	pid_t got = 0, tid = t->tid;

	if (ptrace(PTRACE_INTERRUPT, tid, 0, 0) < 0)
		return;
	// Its stop will be known for what it is even when it comes later.
	t->is_interrupted = true;
	for (i = 0; i < PREPARE_ROUNDS && !got; i++) {
		got = waitpid(tid, &status, __WALL | WNOHANG);
		if (!got)
			nanosleep(&pause, NULL);
	}
	if (got != tid)
		return;
	if (status >> 16 == PTRACE_EVENT_STOP && WSTOPSIG(status) == SIGTRAP &&
	    thread_fetch(e, t)) {
		interrupt_undo(e, t);
		t->is_interrupted = false;
		if (e->arch->syscall_nr(&t->regs) < 0) {
			displaced_map_all(e, t);
			rescue_on_stop(e, t);
		}
		thread_continue(e, t, 0);
		return;
	}
	stops_handle(e, tid, status);
}

void rescue_prepare(struct engine *e)
{
	size_t num = 0, i, num_tries = 0;
	const pid_t *tids;
	struct thread *t;

	if (e->is_rescue_installed || !e->syscall_insn)
		return;
	tids = thread_list(e, &num);
	for (i = 0; tids && i < num && num_tries < PREPARE_TRIES && !e->is_rescue_installed; i++) {
		t = thread_find(e, tids[i]);
		if (!t || t->hold != NOT_HELD || t->is_interrupted || interrupt_is_needless(t->tid))
			continue;
		num_tries++;
		prepare_on(e, t);
	}
}

void rescue_on_stop(struct engine *e, struct thread *t)
{
	if (e->is_rescue_installed && --e->stops_to_rescue_check == 0) {
		e->stops_to_rescue_check = CHECK_INTERVAL;
		e->is_rescue_due = !has_signal(t->tid, "SigCgt", SIGTRAP);
	}
	if (e->is_rescue_due)
		install(e, t);
}

void rescue_remove(struct engine *e, struct thread *t)
{
	uint64_t old = (e->arch->sp(&t->regs) - BELOW_STACK) & ~15ull, handler = 0;
	const uint64_t ask[6] = {SIGTRAP, 0, old, SIGSET_SIZE};
	uint64_t set[6] = {SIGTRAP, old, 0, SIGSET_SIZE};
	const uint64_t none[4] = {0};
	int64_t result;

	if (!e->is_rescue_installed)
		return;
	e->is_rescue_installed = false;
	if (!inject_is_allowed(t) || !inject_syscall(e, t, SYS_rt_sigaction, ask, &result) ||
	    result < 0 || !memory_read(t->tid, old, &handler, sizeof(handler)) ||
	    handler != e->rescue_addr)
		return;
	// The old action is no more needed: its place takes the new one.
	if (pwrite(e->mem_fd, none, sizeof(none), (off_t)old) != sizeof(none) ||
	    !inject_syscall(e, t, SYS_rt_sigaction, set, &result))
		return;
	if (!write_data(e, offsetof(struct arch_rescue_data, is_installed), 0))
		log_debug("the rescue handler cannot be marked as removed");
}
