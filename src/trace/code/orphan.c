// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "trace/engine.h"

#include "base/clock.h"
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

/** How many threads are asked for a stop before the first breakpoint is planted, how long they may take, and how long one that
 *  does not sleep is looked for. */
#define PREPARE_THREADS    8
#define PREPARE_TIMEOUT_NS NS_PER_S
#define PREPARE_SLEEP_NS   (20 * NS_PER_MS)
/** A thread may vanish in the middle of it. */
#define INSTALL_TRIES 3

/** Enough for what a function keeps below its stack pointer (psABI 3.2.2: 128 bytes). */
#define BELOW_STACK 512

static bool write_data(struct process *p, size_t offset, uint64_t value)
{
	return memory_write_code(p, p->rescue_data + offset, &value, sizeof(value));
}

/** Put the handler into slots of the area, one behind the other. */
static bool place(struct process *p, struct area *area)
{
	uint8_t code[ARCH_RESCUE_SIZE];
	uint64_t addr = area->start + area->used;
	size_t data_offset, size = p->arch->rescue(addr, code, &data_offset);

	if (!displaced_take_slots(p, area, AREA_NAME_RESCUE, code, size))
		return false;
	p->rescue_addr = addr;
	p->rescue_data = addr + data_offset;
	return write_data(p, offsetof(struct arch_rescue_data, names_offset),
			  offsetof(struct area_header, addrs)) &&
	       write_data(p, offsetof(struct arch_rescue_data, slots_offset),
			  sizeof(struct area_header)) &&
	       write_data(p, offsetof(struct arch_rescue_data, num_slots), AREA_SLOTS) &&
	       write_data(p, offsetof(struct arch_rescue_data, area_size), XOL_AREA_SIZE);
}

/** The handler of an earlier tracer, if it is as ours would be. Threads may be in it right now, so the areas that it
 *  knows stay where they are in its list. */
static bool adopt(struct process *p)
{
	uint8_t code[ARCH_RESCUE_SIZE], there[ARCH_RESCUE_SIZE];
	struct arch_rescue_data data;
	size_t data_offset, size = p->arch->rescue(p->rescue_addr, code, &data_offset);

	if (pread(p->mem_fd, there, size, (off_t)p->rescue_addr) != (ssize_t)size ||
	    memcmp(there, code, data_offset) != 0)
		return false;
	memcpy(&data, there + data_offset, sizeof(data));
	while (p->num_rescue_areas < ARCH_RESCUE_AREAS && data.areas[p->num_rescue_areas]) {
		p->rescue_areas[p->num_rescue_areas] = data.areas[p->num_rescue_areas];
		p->num_rescue_areas++;
	}
	p->is_rescue_installed = data.is_installed;
	p->stops_to_rescue_check = 1;
	p->rescue_data = p->rescue_addr + data_offset;
	return true;
}

static void prepare_breakpoints(struct process *p)
{
	struct breakpoint *b;
	size_t i;

	hmap_each (&p->breakpoints, i, b)
		displaced_prepare(p, b);
}

static bool is_listed(const struct process *p, uint64_t start)
{
	size_t i;

	for (i = 0; i < p->num_rescue_areas; i++)
		if (p->rescue_areas[i] == start)
			return true;
	return false;
}

static bool list_area(struct process *p, uint64_t start)
{
	size_t at = offsetof(struct arch_rescue_data, areas) + p->num_rescue_areas * sizeof(start);

	if (p->num_rescue_areas == ARCH_RESCUE_AREAS || !write_data(p, at, start))
		return false;
	p->rescue_areas[p->num_rescue_areas++] = start;
	return true;
}

void rescue_add_area(struct process *p, struct area *area)
{
	if (!p->rescue_data && !(p->rescue_addr && adopt(p)) && !place(p, area)) {
		p->rescue_addr = p->rescue_data = 0;
		return;
	}
	if (!is_listed(p, area->start) && !list_area(p, area->start))
		return;
	prepare_breakpoints(p);
}

/** Nothing protects the target from our death, and nothing will. */
static void refuse(struct process *p, const char *why)
{
	p->is_rescue_refused = true;
	emit_note(p, "should malloscope be killed, the target may die with it: %s", why);
}

/** False: it was not, t has vanished perhaps. */
static bool install(struct process *p, struct thread *t)
{
	const uint64_t args[6] = {SIGTRAP,
				  p->rescue_data + offsetof(struct arch_rescue_data, action), 0,
				  SIGSET_SIZE};
	static const uint64_t none[6];
	int64_t result;

	// What the handler itself ends with.
	if (!filter_allows(p, t, SYS_rt_sigreturn, none, p->syscall_insn))
		return false;
	if (!inject_syscall(p, t, SYS_rt_sigaction, args, &result) || result < 0)
		return false;
	p->is_rescue_installed = true;
	p->stops_to_rescue_check = CHECK_INTERVAL;
	if (!write_data(p, offsetof(struct arch_rescue_data, is_installed), 1))
		log_debug("the rescue handler cannot be marked as installed");
	return true;
}

/** The program's own handler stays: who traps on purpose shall notice nothing of us. */
static bool is_trap_used(const struct thread *t)
{
	return signals_has(t->tid, "SigCgt", SIGTRAP) || signals_has(t->tid, "SigIgn", SIGTRAP);
}

static void install_first(struct process *p, struct thread *t)
{
	if (is_trap_used(t)) {
		refuse(p, "it handles or ignores SIGTRAP itself");
		return;
	}
	area_map_all(p, t);
	if ((p->rescue_data && install(p, t)) || ++p->num_rescue_tries < INSTALL_TRIES)
		return;
	if (filter_exists(t))
		refuse(p, "its seccomp filter forbids what would save it");
	else
		refuse(p, "no memory can be mapped in it");
}

bool rescue_is_wanted(const struct process *p, const struct thread *t)
{
	return p->is_tracing && p->syscall_insn && !p->is_rescue_installed &&
	       !p->is_rescue_refused && t->tgid == p->pid;
}

/** Ask those that do not sleep to stop, max of them. Returns their number; *has_free_ret: there are threads that can come to
 *  a stop. */
static size_t interrupt_some(struct process *p, size_t max, bool *has_free_ret)
{
	size_t num = 0, i, num_asked = 0;
	const pid_t *tids = thread_list(p, &num);
	struct thread *t;

	*has_free_ret = false;
	for (i = 0; i < num; i++) {
		t = thread_find(p, tids[i]);
		if (t->hold != NOT_HELD || !rescue_is_wanted(p, t))
			continue;
		*has_free_ret = true;
		if (num_asked == max || t->is_interrupted || interrupt_is_needless(t->tid) ||
		    ptrace(PTRACE_INTERRUPT, t->tid, 0, 0) < 0)
			continue;
		t->is_interrupted = true;
		num_asked++;
	}
	return num_asked;
}

void rescue_prepare(struct process *p)
{
	uint64_t now = clock_now_ns(), sleep_deadline = now + PREPARE_SLEEP_NS;
	uint64_t deadline = now + PREPARE_TIMEOUT_NS;
	const struct timespec pause = {.tv_nsec = 50000};
	size_t num_asked = 0;
	bool has_free;
	int status;
	pid_t tid;

	// stops_handle() comes to rescue_on_stop(), which ends this. Those that come later are known for what
	// they are.
	for (;;) {
		num_asked += interrupt_some(p, PREPARE_THREADS - num_asked, &has_free);
		while ((tid = thread_wait(&status, WNOHANG)) > 0)
			stops_handle(follow_owner(p->tracer, tid), tid, status);
		now = clock_now_ns();
		if (!has_free || now > (num_asked ? deadline : sleep_deadline))
			return;
		nanosleep(&pause, NULL);
	}
}

void rescue_on_stop(struct process *p, struct thread *t)
{
	if (rescue_is_wanted(p, t)) {
		install_first(p, t);
		return;
	}
	if (!p->is_rescue_installed || --p->stops_to_rescue_check)
		return;
	p->stops_to_rescue_check = CHECK_INTERVAL;
	if (!signals_has(t->tid, "SigCgt", SIGTRAP) && t->tgid == p->pid && !install(p, t))
		log_debug("the rescue handler is gone");
}

void rescue_remove(struct process *p, struct thread *t)
{
	uint64_t old = (p->arch->sp(&t->regs) - BELOW_STACK) & ~15ull, handler = 0;
	const uint64_t ask[6] = {SIGTRAP, 0, old, SIGSET_SIZE};
	uint64_t set[6] = {SIGTRAP, old, 0, SIGSET_SIZE};
	const uint64_t none[4] = {0};
	int64_t result;

	if (!p->is_rescue_installed)
		return;
	p->is_rescue_installed = false;
	if (!inject_syscall(p, t, SYS_rt_sigaction, ask, &result) || result < 0 ||
	    !memory_read(t->tid, old, &handler, sizeof(handler)) || handler != p->rescue_addr)
		return;
	// The old action is no more needed: its place takes the new one.
	if (pwrite(p->mem_fd, none, sizeof(none), (off_t)old) != sizeof(none) ||
	    !inject_syscall(p, t, SYS_rt_sigaction, set, &result))
		return;
	if (!write_data(p, offsetof(struct arch_rescue_data, is_installed), 0))
		log_debug("the rescue handler cannot be marked as removed");
}
