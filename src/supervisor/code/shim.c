// SPDX-License-Identifier: GPL-3.0-or-later
// chromium's malloc, free and operator new pass their calls on through a table of functions
// (PartitionAlloc's allocator shim). So do UncheckedAlloc(), UncheckedRealloc() and the like, which
// its libraries call where they survive a failure. These are not exported, and have no symbol in a
// stripped program. But each is only a jump through the same table, where the unchecked form of a
// function comes after the function itself. And they follow UncheckedAlloc(), which the linker
// merges with operator new(nothrow).
#include "config.h"

#include "supervisor/code/shim.h"

#include "arch/arch.h"
#include "supervisor/os/process.h"
#include "wire/probe.h"

#include <string.h>

/** How compilers align functions. */
#define ALIGNMENT 16u
/** There are seven of them. So many functions are looked at. */
#define MAX_FUNCTIONS 64
/** Enough of a function for arch.dispatch. */
#define MAX_CODE 128u

enum role {
	ROLE_MALLOC,
	ROLE_CALLOC,
	ROLE_REALLOC,
	ROLE_FREE,
	ROLE_NOTHROW,
	NUM_ROLES
};
static const char *const role_names[NUM_ROLES] = {"malloc", "calloc", "realloc", "free",
						  "_ZnwmRKSt9nothrow_t"};

struct shim {
	/** Index for probe_at() and address of those that have a name; 0: not found. */
	uint32_t probes[NUM_ROLES];
	uint64_t addrs[NUM_ROLES];
	struct arch_dispatch dispatch[NUM_ROLES];
};

static void name_roles(struct shim *shim, const struct planted_probe *found, size_t num)
{
	size_t i, role;

	for (i = 0; i < num; i++) {
		for (role = 0; role < NUM_ROLES && found[i].probe < num_probes; role++) {
			if (strcmp(probes[found[i].probe].symbol, role_names[role]) != 0)
				continue;
			shim->probes[role] = found[i].probe;
			shim->addrs[role] = found[i].addr;
		}
	}
}

static bool read_dispatch(pid_t pid, uint64_t addr, struct arch_dispatch *ret)
{
	uint8_t code[MAX_CODE];

	return process_read(pid, addr, code, sizeof(code)) &&
	       arch_host()->dispatch(code, sizeof(code), addr, ret);
}

/** All of them jump through one table. In it nothrow new, which is unchecked, comes after
 *  malloc. */
static bool is_shim(struct shim *shim, pid_t pid)
{
	size_t role;

	for (role = 0; role < NUM_ROLES; role++)
		if (!shim->addrs[role] ||
		    !read_dispatch(pid, shim->addrs[role], &shim->dispatch[role]) ||
		    shim->dispatch[role].pointer_addr != shim->dispatch[0].pointer_addr)
			return false;
	return shim->dispatch[ROLE_NOTHROW].offset ==
	       shim->dispatch[ROLE_MALLOC].offset + (int64_t)sizeof(uint64_t);
}

/** What the unnamed function does that jumps to this place of the table. NUM_ROLES: unknown. */
static enum role role_of_place(const struct shim *shim, int64_t offset)
{
	size_t role, named;

	if (offset == shim->dispatch[ROLE_FREE].offset)
		return ROLE_FREE;
	if (offset == shim->dispatch[ROLE_NOTHROW].offset)
		return ROLE_MALLOC;
	for (role = ROLE_CALLOC; role <= ROLE_REALLOC; role++) {
		if (offset != shim->dispatch[role].offset + (int64_t)sizeof(uint64_t))
			continue;
		for (named = 0; named < NUM_ROLES; named++)
			if (shim->dispatch[named].offset == offset)
				return NUM_ROLES;
		return role;
	}
	return NUM_ROLES;
}

static bool is_named(const struct planted_probe *found, size_t num, uint64_t addr)
{
	size_t i;

	for (i = 0; i < num; i++)
		if (found[i].addr == addr)
			return true;
	return false;
}

size_t shim_find(pid_t pid, const struct planted_probe *found, size_t num,
		 struct planted_probe ret[SHIM_MAX])
{
	struct arch_dispatch dispatch;
	struct shim shim = {0};
	size_t num_ret = 0, i;
	uint64_t addr;
	enum role role;

	name_roles(&shim, found, num);
	if (!is_shim(&shim, pid))
		return 0;
	addr = shim.addrs[ROLE_NOTHROW];
	for (i = 0; i < MAX_FUNCTIONS && num_ret < SHIM_MAX; i++) {
		if (!read_dispatch(pid, addr, &dispatch) || !dispatch.is_jump ||
		    dispatch.pointer_addr != shim.dispatch[ROLE_MALLOC].pointer_addr)
			break;
		role = role_of_place(&shim, dispatch.offset);
		if (role != NUM_ROLES && !is_named(found, num, addr))
			ret[num_ret++] = (struct planted_probe){.module = found[0].module,
								.probe = shim.probes[role],
								.addr = addr,
								.is_live = true};
		addr = (addr + dispatch.size + ALIGNMENT - 1) & ~(uint64_t)(ALIGNMENT - 1);
	}
	return num_ret;
}
