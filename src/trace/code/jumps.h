// SPDX-License-Identifier: GPL-3.0-or-later
/** The jumps in the text, in place of the traps of some breakpoints: written, and taken out. Where
 *  they lead to is the matter of code/patch.h. */
#ifndef TRACE_CODE_JUMPS_H
#define TRACE_CODE_JUMPS_H

#include "arch/patch.h"
#include "wire/patched.h"
#include "wire/plant_why.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct process;
struct thread;

/** A function that was patched. It stays for the life of a process image: its jump may come
 *  again. */
struct patch {
	struct arch_patch arch;
	/** What the jump leads to: the pad, its bytes with the head, and its copies. */
	uint64_t pad_addr;
	size_t pad_size;
	uint8_t copies[ARCH_MAX_JUMP];
	uint8_t copies_end;
	uint8_t call_begun;
	/** Where a later tracer finds out about it; 0: nowhere yet. */
	uint64_t record_addr;
	/** Place in shared->patched[]; valid if is_listed. */
	uint32_t index;
	bool is_listed;
};

/** The patch whose jump is, or was, at addr; NULL: none. */
struct patch *jump_find(const struct process *p, uint64_t addr);
/** Register the process for the calls of jump_put(), by a system call of t. False: the kernel lacks
 *  them, or a filter forbids them. */
bool jumps_prepare(struct process *p, struct thread *t);
/** Put patch's jump in the place of the trap at its address, by system calls of t. Returns
 *  WHY_NONE, or why no jump stands. A part of one may: see jump_is_put(). */
enum plant_why jump_put(struct process *p, struct thread *t, struct patch *patch);
/** Tell whether patch's jump stands, or a part of it. */
bool jump_is_put(const struct process *p, const struct patch *patch);
/** Tell whether all of it stands. */
bool jump_is_whole(const struct process *p, const struct patch *patch);

/** Take patch's jump out; the trap stands then. t: makes the system calls for it. NULL: the kernel
 *  waits for each CPU, some 40 ms. is_stopped: no thread of the process runs or stands in what the
 *  jump covers, so nothing is to be waited for. False: it stays, or a part of it. */
bool jump_take_out(struct process *p, struct thread *t, struct patch *patch, bool is_stopped);
/** The same for all, as without t. */
void jumps_take_out_all(struct process *p);
/** Forget those in [start, end), where a module was unmapped. */
void jumps_drop_range(struct process *p, uint64_t start, uint64_t end);
/** Take all jumps out of the memory of a child that has not run yet, by ops. */
void jumps_clean_child(struct process *p, const struct code_ops *ops);
/** buf holds size bytes of code from addr. Make it as it was before our jumps. */
void jumps_hide(const struct process *p, uint64_t addr, uint8_t *buf, size_t size);
/** Forget everything (a new process image). The list in shared memory stays. */
void jumps_forget(struct process *p);

#endif
