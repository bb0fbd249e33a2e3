// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "wire/planted.h"

#include "base/fault.h"

#include <string.h>

/** Does a trap stand at addr? False too when that is unreadable. */
static bool is_trap_at(uint64_t addr, const struct arch *arch, const struct code_ops *ops)
{
	uint8_t bytes[ARCH_MAX_TRAP];

	return ops->read(ops->ctx, addr, bytes, arch->trap_size) && arch_is_trap(arch, bytes);
}

bool planted_prepare(struct planted *p, const struct arch *arch, const struct code_ops *ops)
{
	uint8_t original[ARCH_MAX_TRAP];

	if (!ops->read(ops->ctx, p->addr, original, arch->trap_size) ||
	    arch_is_trap(arch, original))
		return false;
	memcpy(p->original, original, arch->trap_size);
	p->has_original = 1;
	return true;
}

bool planted_plant(struct planted *p, const struct arch *arch, const struct code_ops *ops)
{
	// Known before it is in place: whoever dies in between, the other can restore it.
	__atomic_store_n(&p->is_planted, 1, __ATOMIC_SEQ_CST);
	FAULT_POINT("plant");
	if (ops->write(ops->ctx, p->addr, arch->trap, arch->trap_size))
		return true;
	planted_mark_gone(p);
	return false;
}

bool planted_stands(const struct planted *p, const struct arch *arch, const struct code_ops *ops)
{
	return p->has_original && is_trap_at(p->addr, arch, ops);
}

bool planted_restore(const struct planted *p, const struct arch *arch, const struct code_ops *ops)
{
	return !planted_stands(p, arch, ops) ||
	       ops->write(ops->ctx, p->addr, p->original, arch->trap_size);
}

void planted_mark_gone(struct planted *p)
{
	__atomic_store_n(&p->is_planted, 0, __ATOMIC_SEQ_CST);
}

size_t planted_restore_all(const struct planted *list, size_t num, const struct arch *arch,
			   const struct code_ops *ops)
{
	size_t num_left = 0, i;

	for (i = 0; i < num; i++)
		if (__atomic_load_n(&list[i].is_planted, __ATOMIC_ACQUIRE) &&
		    !planted_restore(&list[i], arch, ops))
			num_left++;
	return num_left;
}

void planted_hide(const struct planted *p, const struct arch *arch, uint64_t addr, uint8_t *buf,
		  size_t size)
{
	size_t i;

	for (i = 0; i < arch->trap_size; i++)
		if (p->addr + i - addr < size)
			buf[p->addr + i - addr] = p->original[i];
}
