// SPDX-License-Identifier: GPL-3.0-or-later
// The order of writing is that of the kernel's own text (Linux, text_poke_bp()).
#include "config.h"

#include "wire/patched.h"

#include "base/clock.h"
#include "base/fault.h"

#include <linux/membarrier.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/** How often it is begun again when the kernel takes out a uprobe in the middle: then it puts the
 *  first byte of the original in the place of our trap, which it takes for its own. We look for
 *  that before each write; what is left is the microsecond from there to the write. */
#define MAX_TRIES 4

/** Byte i > 0 of a jump is a trap, and an instruction began there. */
static bool is_start(const struct patched *p, unsigned i)
{
	return p->starts & 1u << i;
}

static bool read_bytes(const struct patched *p, const struct code_ops *ops, uint8_t *ret)
{
	return p->size <= ARCH_MAX_JUMP && ops->read(ops->ctx, p->addr, ret, p->size);
}

static bool write_byte(const struct patched *p, const struct code_ops *ops, unsigned i,
		       uint8_t byte)
{
	return ops->write(ops->ctx, p->addr + i, &byte, 1);
}

static bool run(const struct code_sync *sync)
{
	return !sync->run || sync->run(sync->ctx);
}

/** Write those bytes behind the first that are the beginnings of instructions, or the others. All
 *  with one write: see MAX_TRIES. */
static bool write_rest(const struct patched *p, const struct code_ops *ops, bool want_starts,
		       const uint8_t *bytes)
{
	uint8_t now[ARCH_MAX_JUMP], then[ARCH_MAX_JUMP];
	unsigned i;

	if (!read_bytes(p, ops, now))
		return false;
	memcpy(then, now, p->size);
	for (i = 1; i < p->size; i++)
		if (is_start(p, i) == want_starts)
			then[i] = bytes[i];
	return memcmp(now, then, p->size) == 0 ||
	       ops->write(ops->ctx, p->addr + 1, then + 1, p->size - 1u);
}

static bool is_ours(const struct patched *p, const struct arch *arch, const uint8_t *now)
{
	unsigned i;

	if (now[0] != p->original[0] && now[0] != p->jump[0] && now[0] != arch->trap[0])
		return false;
	for (i = 1; i < p->size; i++)
		if (now[i] != p->original[i] && now[i] != p->jump[i])
			return false;
	return true;
}

bool patched_stands(const struct patched *p, const struct arch *arch, const struct code_ops *ops)
{
	uint8_t now[ARCH_MAX_JUMP];

	return read_bytes(p, ops, now) && is_ours(p, arch, now) &&
	       (memcmp(now + 1, p->original + 1, p->size - 1u) != 0 ||
		(now[0] != p->original[0] && now[0] != arch->trap[0]));
}

static bool is_patched(const struct patched *p)
{
	return __atomic_load_n(&p->is_patched, __ATOMIC_ACQUIRE);
}

void patched_mark_gone(struct patched *p)
{
	__atomic_store_n(&p->is_patched, 0, __ATOMIC_SEQ_CST);
}

/** The traps at the beginnings of instructions can be taken out at any time while the other bytes
 *  are the original's. */
static void give_up(struct patched *p, const struct arch *arch, const struct code_ops *ops)
{
	if (write_rest(p, ops, true, p->original) && !patched_stands(p, arch, ops))
		patched_mark_gone(p);
}

/** Does the trap stand at byte 0? */
static bool is_stopped(const struct patched *p, const struct arch *arch, const struct code_ops *ops)
{
	uint8_t first;

	return ops->read(ops->ctx, p->addr, &first, 1) && first == arch->trap[0];
}

/** Traps where instructions begin, seen by all CPUs. */
static bool put_traps(const struct patched *p, const struct arch *arch, const struct code_ops *ops,
		      const struct code_sync *sync)
{
	unsigned i;

	for (i = 0; i < MAX_TRIES; i++) {
		if (!write_byte(p, ops, 0, arch->trap[0]) || !write_rest(p, ops, true, p->jump) ||
		    !run(sync))
			return false;
		if (is_stopped(p, arch, ops))
			return true;
	}
	return false;
}

bool patched_put(struct patched *p, const struct arch *arch, const struct code_ops *ops,
		 const struct code_sync *sync)
{
	__atomic_store_n(&p->is_patched, 1, __ATOMIC_SEQ_CST);
	FAULT_POINT("patch");
	if (!put_traps(p, arch, ops, sync)) {
		give_up(p, arch, ops);
		return false;
	}
	FAULT_POINT("patch-traps");
	if (!write_rest(p, ops, false, p->jump) || !run(sync)) {
		if (!patched_take_out(p, 1, arch, ops, sync))
			patched_mark_gone(p);
		return false;
	}
	FAULT_POINT("patch-rest");
	if (!write_byte(p, ops, 0, p->jump[0]))
		return false;
	FAULT_POINT("patched");
	return true;
}

/** More than traps is left. Of some jumps that is the first byte alone. */
static bool has_rest(const struct patched *p, const struct code_ops *ops)
{
	uint8_t now[ARCH_MAX_JUMP];
	unsigned i;

	if (!read_bytes(p, ops, now))
		return false;
	if (now[0] == p->jump[0] && now[0] != p->original[0])
		return true;
	for (i = 1; i < p->size; i++)
		if (!is_start(p, i) && now[i] != p->original[i])
			return true;
	return false;
}

static bool must_go(const struct patched *p, const struct arch *arch, const struct code_ops *ops)
{
	return is_patched(p) && patched_stands(p, arch, ops);
}

/** A uprobe was taken out of a jump: its first byte is the original's. Threads may have trapped
 *  behind that, in the middle of an instruction. The kernel looks at each trap of a process that
 *  has had uprobes, and where none stands any more it sends the thread back to its place, where
 *  there is no instruction then. So let it finish. */
static void wait_for_halves(const struct patched *list, size_t num, const struct arch *arch,
			    const struct code_ops *ops)
{
	const struct timespec pause = {.tv_nsec = 20 * NS_PER_MS};
	uint8_t now[ARCH_MAX_JUMP];
	size_t i;

	for (i = 0; i < num; i++) {
		if (!must_go(&list[i], arch, ops) || !read_bytes(&list[i], ops, now) ||
		    now[0] != list[i].original[0] || now[0] == list[i].jump[0])
			continue;
		if (write_byte(&list[i], ops, 0, arch->trap[0]))
			nanosleep(&pause, NULL);
	}
}

/** First step: traps in place of all first bytes. Returns whether more than traps is left. */
static bool stop_jumps(const struct patched *list, size_t num, const struct arch *arch,
		       const struct code_ops *ops)
{
	bool ret = false;
	size_t i;

	for (i = 0; i < num; i++) {
		if (!must_go(&list[i], arch, ops) || !has_rest(&list[i], ops))
			continue;
		ret |= write_byte(&list[i], ops, 0, arch->trap[0]);
	}
	return ret;
}

static void restore_rest(const struct patched *list, size_t num, bool want_starts,
			 const struct arch *arch, const struct code_ops *ops)
{
	uint8_t now[ARCH_MAX_JUMP];
	size_t i;

	for (i = 0; i < num; i++) {
		if (!must_go(&list[i], arch, ops) || !read_bytes(&list[i], ops, now))
			continue;
		// The first instruction may be whole when the others are.
		if (want_starts ? has_rest(&list[i], ops) : now[0] != arch->trap[0])
			continue;
		// What cannot be written still stands afterwards, and is counted then.
		(void)write_rest(&list[i], ops, want_starts, list[i].original);
	}
}

static size_t count(const struct patched *list, size_t num, const struct arch *arch,
		    const struct code_ops *ops)
{
	size_t ret = 0, i;

	for (i = 0; i < num; i++)
		ret += must_go(&list[i], arch, ops);
	return ret;
}

/** Once. False: not all CPUs could be made to see a step. */
static bool take_out(const struct patched *list, size_t num, const struct arch *arch,
		     const struct code_ops *ops, const struct code_sync *sync)
{
	wait_for_halves(list, num, arch, ops);
	if (stop_jumps(list, num, arch, ops)) {
		FAULT_POINT("unpatch");
		if (!run(sync))
			return false;
		restore_rest(list, num, false, arch, ops);
		FAULT_POINT("unpatch-rest");
	}
	if (!run(sync))
		return false;
	restore_rest(list, num, true, arch, ops);
	FAULT_POINT("unpatched");
	return true;
}

size_t patched_take_out(const struct patched *list, size_t num, const struct arch *arch,
			const struct code_ops *ops, const struct code_sync *sync)
{
	size_t num_left = count(list, num, arch, ops), i;

	for (i = 0; i < MAX_TRIES && num_left && take_out(list, num, arch, ops, sync); i++)
		num_left = count(list, num, arch, ops);
	return num_left;
}

/** Does a jump stand at addr, so that its first byte must not be restored alone? */
static bool is_held(const struct patched *list, size_t num, uint64_t addr, const struct arch *arch,
		    const struct code_ops *ops)
{
	size_t i;

	for (i = 0; i < num; i++)
		if (list[i].addr == addr && must_go(&list[i], arch, ops))
			return true;
	return false;
}

size_t patched_restore_all(const struct patched *patched, size_t num_patched,
			   const struct planted *planted, size_t num_planted,
			   const struct arch *arch, const struct code_ops *ops,
			   const struct code_sync *sync)
{
	size_t num_left, i;

	num_left = sync ? patched_take_out(patched, num_patched, arch, ops, sync)
			: count(patched, num_patched, arch, ops);
	if (!num_left)
		return planted_restore_all(planted, num_planted, arch, ops);
	for (i = 0; i < num_planted; i++)
		if (!is_held(patched, num_patched, planted[i].addr, arch, ops))
			num_left += planted_restore_all(&planted[i], 1, arch, ops);
	return num_left;
}

void patched_hide(const struct patched *p, uint64_t addr, uint8_t *buf, size_t size)
{
	size_t i;

	for (i = 0; i < p->size; i++)
		if (p->addr + i - addr < size)
			buf[p->addr + i - addr] = p->original[i];
}

bool patched_sync_all_cpus(void *ctx)
{
	(void)ctx;
	return syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0) == 0;
}

bool patched_can_sync_all_cpus(void)
{
	long commands = syscall(SYS_membarrier, MEMBARRIER_CMD_QUERY, 0, 0);

	return commands > 0 && (commands & MEMBARRIER_CMD_GLOBAL);
}
