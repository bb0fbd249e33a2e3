// SPDX-License-Identifier: GPL-3.0-or-later
// Between two steps of writing a jump, all CPUs that run the process must see the last one. A
// thread of the process asks the kernel for that: membarrier(2) works for the caller's own memory.
// Without such a thread the tracer waits until each CPU has done something else.
#include "config.h"

#include "trace/code/jumps.h"

#include "base/log.h"
#include "trace/code/xol_areas.h"
#include "trace/os/memory.h"
#include "trace/os/process.h"

#include <linux/membarrier.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/** Who waits for the CPUs. */
struct waiter_thread {
	struct process *process;
	/** NULL: the tracer. */
	struct thread *thread;
	/** A wait was impossible. */
	bool has_failed;
};

struct patch *jump_find(const struct process *p, uint64_t addr)
{
	uint64_t *found = hmap_find(&p->patches, addr);

	return found ? (struct patch *)*found : NULL;
}

static bool membarrier(struct process *p, struct thread *t, uint64_t command)
{
	const uint64_t args[6] = {command};
	int64_t result;

	return xol_syscall(p, t, SYS_membarrier, args, &result) && result == 0;
}

bool jumps_prepare(struct process *p, struct thread *t)
{
	if (!p->has_membarrier)
		p->has_membarrier =
			membarrier(p, t, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE);
	return p->has_membarrier;
}

static bool wait_for_cpus(void *ctx)
{
	struct waiter_thread *w = ctx;
	bool is_done = (w->thread && membarrier(w->process, w->thread,
						MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE)) ||
		       patched_sync_all_cpus(NULL);

	w->has_failed |= !is_done;
	return is_done;
}

static struct patched *entry_of(const struct process *p, const struct patch *patch)
{
	return &p->shared->patched[patch->index];
}

/** Give it a place in the list of both processes. */
static bool list_patch(struct process *p, struct patch *patch)
{
	uint32_t num = shared_num_patched(p->shared);

	if (patch->is_listed)
		return true;
	if (num == SHARED_MAX_PATCHED)
		return false;
	patch->index = num;
	patch->is_listed = true;
	__atomic_store_n(&p->shared->num_patched, num + 1, __ATOMIC_RELEASE);
	return true;
}

enum plant_why jump_put(struct process *p, struct thread *t, struct patch *patch)
{
	struct waiter_thread w = {p, t, false};
	const struct code_sync sync = {wait_for_cpus, &w};
	struct memory_code code = {p, p->mem_fd, 0};
	struct code_ops ops = memory_code_ops(&code);
	struct patched *entry;

	if (!list_patch(p, patch))
		return WHY_NO_ROOM;
	entry = entry_of(p, patch);
	*entry = (struct patched){.addr = patch->arch.addr,
				  .size = patch->arch.jump_size,
				  .starts = patch->arch.starts};
	memcpy(entry->original, patch->arch.original, entry->size);
	p->arch->patching->jump(&patch->arch, patch->pad_addr, entry->jump);
	if (patched_put(entry, p->arch, &ops, &sync))
		return WHY_NONE;
	return w.has_failed ? WHY_NO_BARRIER : WHY_REFUSED;
}

bool jump_is_put(const struct process *p, const struct patch *patch)
{
	return patch->is_listed && entry_of(p, patch)->is_patched;
}

bool jump_is_whole(const struct process *p, const struct patch *patch)
{
	uint8_t now[ARCH_MAX_JUMP];
	const struct patched *entry;

	if (!jump_is_put(p, patch))
		return false;
	entry = entry_of(p, patch);
	return pread(p->mem_fd, now, entry->size, (off_t)entry->addr) == entry->size &&
	       memcmp(now, entry->jump, entry->size) == 0;
}

/** Take out num jumps from entry on. */
static bool take_out(struct process *p, struct thread *t, struct patched *entry, size_t num,
		     bool is_stopped)
{
	struct waiter_thread w = {p, t, false};
	const struct code_sync sync = {is_stopped ? NULL : wait_for_cpus, &w};
	struct memory_code code = {p, p->mem_fd, 0};
	struct code_ops ops = memory_code_ops(&code);
	size_t num_left = patched_take_out(entry, num, p->arch, &ops, &sync), i;

	if (num_left)
		log_debug("%zu jumps cannot be taken out", num_left);
	for (i = 0; i < num; i++)
		if (!num_left || !patched_stands(&entry[i], p->arch, &ops))
			patched_mark_gone(&entry[i]);
	return !num_left;
}

bool jump_take_out(struct process *p, struct thread *t, struct patch *patch, bool is_stopped)
{
	return !jump_is_put(p, patch) || take_out(p, t, entry_of(p, patch), 1, is_stopped);
}

void jumps_take_out_all(struct process *p)
{
	size_t num = shared_num_patched(p->shared);

	if (num)
		take_out(p, NULL, p->shared->patched, num, false);
}

void jumps_drop_range(struct process *p, uint64_t start, uint64_t end)
{
	struct patch *patch;
	size_t i;

	hmap_each (&p->patches, i, patch) {
		if (patch->arch.addr < start || patch->arch.addr >= end || !jump_is_put(p, patch))
			continue;
		// Where a copy of the text is now, the jump stands in that.
		jump_take_out(p, NULL, patch, false);
		patched_mark_gone(entry_of(p, patch));
	}
}

void jumps_clean_child(struct process *p, const struct code_ops *ops)
{
	static const struct code_sync nobody = {NULL, NULL};
	struct patched copy;
	uint32_t i;

	for (i = 0; i < shared_num_patched(p->shared); i++) {
		// Also what was taken out of the parent after the fork.
		copy = p->shared->patched[i];
		copy.is_patched = 1;
		if (patched_take_out(&copy, 1, p->arch, ops, &nobody))
			log_debug("a jump cannot be taken out of a child");
	}
}

void jumps_hide(const struct process *p, uint64_t addr, uint8_t *buf, size_t size)
{
	const struct patched *list = p->shared->patched;
	uint32_t i;

	for (i = 0; i < shared_num_patched(p->shared); i++)
		if (list[i].is_patched)
			patched_hide(&list[i], addr, buf, size);
}

void jumps_forget(struct process *p)
{
	hmap_deinit_owned(&p->patches);
	p->has_membarrier = false;
}
