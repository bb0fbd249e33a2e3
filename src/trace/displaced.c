// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "trace/engine.h"

#include "base/fault.h"
#include "base/io.h"
#include "base/log.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>

/** What an area begins with: its mark, and of each slot the address of the original instruction,
 *  0: unused. */
#define AREA_SLOTS 1636
struct area_header {
	char magic[32];
	uint64_t addrs[AREA_SLOTS];
};
_Static_assert(sizeof(struct area_header) % ARCH_SLOT_SIZE == 0, "slots are aligned");
_Static_assert(sizeof(struct area_header) + AREA_SLOTS * ARCH_SLOT_SIZE <= AREA_SIZE, "they fit");

/** A slot must reach its instruction, and what that refers to, with 32 bits: keep well below 2
 *  GiB. */
#define REACH (1ull << 30)
/** Older headers lack it; older kernels take it for a hint, and the result is checked. */
#ifndef MAP_FIXED_NOREPLACE
#define MAP_FIXED_NOREPLACE 0x100000
#endif

static uint64_t gap(uint64_t a, uint64_t b)
{
	return a > b ? a - b : b - a;
}

static struct area *area_near(struct engine *e, uint64_t addr, bool want_cave)
{
	size_t i;

	for (i = 0; i < e->areas.num; i++) {
		struct area *a = &e->areas.items[i];

		if (a->is_cave == want_cave && a->used + ARCH_SLOT_SIZE <= a->size &&
		    gap(a->start, addr) < REACH)
			return a;
	}
	return NULL;
}

/** One step of t, whose signals but SIGTRAP are blocked. A group-stop that comes in between lets it step all the same;
 *  *has_stop is set then, and the caller ends with a call of stop_again(). False: t vanished. */
static bool step(struct thread *t, bool *has_stop)
{
	int status, sig = 0;
	unsigned i;
	pid_t got;

	for (i = 0; i < 100; i++) {
		if (ptrace(PTRACE_SINGLESTEP, t->tid, 0, sig) < 0)
			return false;
		do
			got = waitpid(t->tid, &status, __WALL);
		while (got < 0 && errno == EINTR);
		if (got != t->tid || !WIFSTOPPED(status))
			return false;
		if (!(status >> 16) && WSTOPSIG(status) == SIGTRAP)
			return true;
		// Nothing blocks SIGSTOP: it is delivered, and the group-stop comes next.
		sig = status >> 16 ? 0 : WSTOPSIG(status);
		*has_stop |= status >> 16 == PTRACE_EVENT_STOP && WSTOPSIG(status) != SIGTRAP;
	}
	return false;
}

/** When the thread goes on it comes into its group-stop once more, before it executes anything. */
static void stop_again(struct thread *t, bool has_stop)
{
	if (has_stop)
		ptrace(PTRACE_INTERRUPT, t->tid, 0, 0);
}

/** Run one system call on a thread that stands in user mode at a trap. Its registers and signal
 *  mask are as before afterwards. False: the thread vanished. */
static bool run_syscall(struct engine *e, struct thread *t, long nr, const uint64_t args[6],
			int64_t *result_ret)
{
	struct arch_regs saved = t->regs, regs = t->regs;
	uint64_t mask, all = ~(1ull << (SIGTRAP - 1));
	bool is_ok = false, has_stop = false;
	int i;

	// Signals wait until it is over; the trap of the step itself must not (a blocked forced
	// signal resets its handler).
	if (ptrace(PTRACE_GETSIGMASK, t->tid, sizeof(mask), &mask) < 0 ||
	    ptrace(PTRACE_SETSIGMASK, t->tid, sizeof(all), &all) < 0)
		return false;
	e->arch->set_syscall(&regs, e->syscall_insn, nr, args);
	if (ptrace(PTRACE_SETREGS, t->tid, 0, &regs) < 0)
		return false;
	FAULT_POINT("inject");
	for (i = 0; i < 100 && !is_ok; i++) {
		if (!step(t, &has_stop) || ptrace(PTRACE_GETREGS, t->tid, 0, &regs) < 0)
			return false;
		// The call is over when the pc has moved.
		is_ok = e->arch->pc(&regs) != e->syscall_insn;
	}
	stop_again(t, has_stop);
	*result_ret = e->arch->syscall_result(&regs);
	FAULT_POINT("injected");
	return ptrace(PTRACE_SETREGS, t->tid, 0, &saved) == 0 &&
	       ptrace(PTRACE_SETSIGMASK, t->tid, sizeof(mask), &mask) == 0 && is_ok;
}

static bool map_at(struct engine *e, struct thread *t, uint64_t hint, uint64_t *ret)
{
	const uint64_t args[6] = {hint,
				  AREA_SIZE,
				  PROT_READ | PROT_EXEC,
				  MAP_PRIVATE | MAP_ANONYMOUS | (hint ? MAP_FIXED_NOREPLACE : 0),
				  (uint64_t)-1,
				  0};
	int64_t result;

	if (!run_syscall(e, t, SYS_mmap, args, &result))
		return false;
	log_debug("area for displaced instructions at hint %#llx: %#llx", (unsigned long long)hint,
		  (unsigned long long)result);
	if (result == -ENOSYS || result == -EPERM || result == -EACCES)
		e->is_mmap_refused = true;
	if (result < 0 && result > -4096)
		return false;
	*ret = result;
	return true;
}

static struct area new_area(uint64_t start)
{
	return (struct area){
		.start = start,
		.size = sizeof(struct area_header) + AREA_SLOTS * ARCH_SLOT_SIZE,
		.used = sizeof(struct area_header),
		.has_header = true,
	};
}

void displaced_adopt(struct engine *e, uint64_t start)
{
	static struct area_header header;
	struct area area = new_area(start);
	size_t i;

	if (pread(e->mem_fd, &header, sizeof(header), (off_t)start) != sizeof(header) ||
	    memcmp(header.magic, AREA_MAGIC, sizeof(AREA_MAGIC)) != 0)
		return;
	for (i = 0; i < AREA_SLOTS && header.addrs[i]; i++, area.used += ARCH_SLOT_SIZE)
		if (!hmap_set(&e->old_slots, header.addrs[i], start + area.used))
			return;
	if (!vec_push(&e->areas, area))
		hmap_deinit(&e->old_slots);
}

static const struct code_range *module_of(const struct engine *e, uint64_t addr)
{
	size_t i;

	for (i = 0; i < e->modules.num; i++)
		if (addr >= e->modules.items[i].start && addr < e->modules.items[i].end)
			return &e->modules.items[i];
	return NULL;
}

static void unmap(struct engine *e, struct thread *t, uint64_t start)
{
	const uint64_t args[6] = {start, AREA_SIZE};
	int64_t result;

	// A thread that vanished needs nothing unmapped.
	if (!run_syscall(e, t, SYS_munmap, args, &result))
		return;
}

static bool has_seccomp_filter(pid_t tid)
{
	_cleanup_free_ char *mode = NULL;
	struct err *err = io_proc_status(tid, "Seccomp", &mode);

	err_destroy(err);
	return !err && *mode != '0';
}

static struct area *area_map(struct engine *e, struct thread *t, uint64_t addr)
{
	const struct code_range *module = module_of(e, addr);
	uint64_t base = (module ? module->start : addr) & ~0xffffull, hint, start;
	struct area area = new_area(0);
	unsigned i;

	// Some filters kill at a system call that they do not know.
	if (!e->is_mmap_refused && has_seccomp_filter(t->tid))
		e->is_mmap_refused = true;
	if (!e->syscall_insn || e->is_mmap_refused)
		return NULL;
	// Below the module: above an executable its heap grows. Further away each time, then
	// wherever the kernel likes.
	for (i = 1; i <= 12 && !e->is_mmap_refused; i++) {
		hint = i < 12 ? base - ((uint64_t)AREA_SIZE << i) : 0;
		if (hint > base || (i < 12 && hint < (1u << 16)))
			continue;
		if (!map_at(e, t, hint, &start))
			continue;
		area.start = start;
		if (gap(start, addr) < REACH &&
		    memory_write_code(e, start, AREA_MAGIC, sizeof(AREA_MAGIC)) &&
		    vec_push(&e->areas, area))
			return &e->areas.items[e->areas.num - 1];
		unmap(e, t, start);
	}
	return NULL;
}

/** An earlier tracer has relocated the same instruction: if its slot is as we would write it, it
 *  is ours. */
static bool reuse_slot(struct engine *e, struct breakpoint *b, const uint8_t *code, size_t size)
{
	const uint64_t *slot = hmap_find(&e->old_slots, b->addr);
	struct arch_relocation *r = &b->relocation;
	uint8_t there[ARCH_SLOT_SIZE];

	return slot && e->arch->relocate(code, size, b->addr, *slot, r) &&
	       r->kind == ARCH_RELOC_SLOT &&
	       pread(e->mem_fd, there, r->size, (off_t)*slot) == (ssize_t)r->size &&
	       memcmp(there, r->code, r->size) == 0;
}

/** Note in the area whose slot comes next. */
static bool name_slot(struct engine *e, const struct area *area, uint64_t addr)
{
	size_t i = (area->used - sizeof(struct area_header)) / ARCH_SLOT_SIZE;

	return !area->has_header ||
	       memory_write_code(e, area->start + offsetof(struct area_header, addrs) + i * 8,
				 &addr, sizeof(addr));
}

static bool relocate(struct engine *e, struct breakpoint *b, struct area *area)
{
	uint8_t code[ARCH_MAX_INSN] = {0};
	size_t size = memory_read_code(e, b->addr, code, sizeof(code));
	uint64_t slot = area ? area->start + area->used : b->addr;

	memcpy(b->insn, code, sizeof(b->insn));
	if (reuse_slot(e, b, code, size)) {
		b->has_relocation = true;
		return true;
	}
	if (!e->arch->relocate(code, size, b->addr, slot, &b->relocation))
		return false;
	if (b->relocation.kind == ARCH_RELOC_JUMP) {
		b->has_relocation = true;
		return true;
	}
	if (!area || !memory_write_code(e, slot, b->relocation.code, b->relocation.size) ||
	    !name_slot(e, area, b->addr))
		return false;
	FAULT_POINT("slot");
	area->used += ARCH_SLOT_SIZE;
	b->has_relocation = true;
	// A module that is loaded again at the same place finds its slots again; without memory it gets others.
	if (!hmap_set(&e->old_slots, b->addr, slot))
		return true;
	return true;
}

uint64_t displaced_resume_pc(struct engine *e, struct thread *t, struct breakpoint *b)
{
	struct area *area;

	if (b->has_relocation)
		return b->relocation.resume_pc;
	area = area_near(e, b->addr, false);
	if (relocate(e, b, area))
		return b->relocation.resume_pc;
	if (area)
		return 0;
	area = area_map(e, t, b->addr);
	if (!area)
		area = area_near(e, b->addr, true);
	if (area && relocate(e, b, area))
		return b->relocation.resume_pc;
	return 0;
}

bool displaced_step_over(struct engine *e, struct thread *t, struct breakpoint *b)
{
	uint64_t mask, all = ~(1ull << (SIGTRAP - 1));
	bool is_ok, has_stop = false;

	if (ptrace(PTRACE_GETSIGMASK, t->tid, sizeof(mask), &mask) < 0 ||
	    ptrace(PTRACE_SETSIGMASK, t->tid, sizeof(all), &all) < 0)
		return false;
	breakpoint_unplant(e, b);
	FAULT_POINT("step-over");
	is_ok = thread_set_pc(e, t, b->addr) && step(t, &has_stop);
	stop_again(t, has_stop);
	breakpoint_plant(e, b);
	return is_ok && ptrace(PTRACE_SETSIGMASK, t->tid, sizeof(mask), &mask) == 0;
}

/** The breakpoint in whose slot pc lies, or NULL. */
static const struct breakpoint *owner_of_slot(const struct engine *e, uint64_t pc)
{
	const struct breakpoint *b;
	size_t i, k;

	for (i = 0; i < e->areas.num; i++)
		if (pc >= e->areas.items[i].start &&
		    pc < e->areas.items[i].start + e->areas.items[i].size)
			break;
	if (i == e->areas.num)
		return NULL;
	// Rare: only a signal that interrupted a slot brings us here.
	for (k = 0; k < e->breakpoints.cap; k++) {
		if (e->breakpoints.slots[k].key == HMAP_NO_KEY)
			continue;
		b = (const struct breakpoint *)e->breakpoints.slots[k].value;
		if (b->has_relocation && b->relocation.kind == ARCH_RELOC_SLOT &&
		    pc - b->relocation.resume_pc < ARCH_SLOT_SIZE)
			return b;
	}
	return NULL;
}

uint64_t displaced_original_pc(struct engine *e, uint64_t pc)
{
	const struct breakpoint *b = owner_of_slot(e, pc);

	if (!b)
		return pc;
	return pc == b->relocation.resume_pc ? b->addr : b->addr + b->relocation.insn_size;
}

void displaced_undo(struct engine *e, struct thread *t, bool is_fault)
{
	uint64_t pc = e->arch->pc(&t->regs);
	const struct breakpoint *b = owner_of_slot(e, pc);
	struct undone *undone;

	if (!b)
		return;
	if (b->relocation.done_size && pc == b->relocation.resume_pc + b->relocation.done_size) {
		if (!thread_set_pc(e, t, b->addr + b->relocation.insn_size))
			log_debug("thread %d vanished", (int)t->tid);
		return;
	}
	// Signals that come faster than the thread gets through the trap: the second one in a row finds the
	// slot, or it would never get on.
	if (pc != b->relocation.resume_pc || (b->addr == t->redone_addr && !is_fault))
		return;
	if (!thread_set_pc(e, t, b->addr) || !b->is_planted)
		return;
	undone = &t->undone[t->num_undone++ % (sizeof(t->undone) / sizeof(t->undone[0]))];
	*undone = (struct undone){b->addr, t->regs};
}

bool displaced_is_undone(struct engine *e, struct thread *t, const struct breakpoint *b)
{
	size_t i;

	t->redone_addr = 0;
	for (i = 0; i < sizeof(t->undone) / sizeof(t->undone[0]); i++) {
		if (t->undone[i].addr != b->addr ||
		    !e->arch->is_same_state(&t->undone[i].regs, &t->regs))
			continue;
		t->undone[i].addr = 0;
		t->redone_addr = b->addr;
		return true;
	}
	return false;
}

void displaced_forget(struct engine *e)
{
	vec_deinit(&e->areas);
	hmap_deinit(&e->old_slots);
	e->is_mmap_refused = false;
	e->syscall_insn = 0;
}
