// SPDX-License-Identifier: GPL-3.0-or-later
/** Frees: which of them count, and of which blocks. */
#ifndef TRACE_GLUE_FREES_H
#define TRACE_GLUE_FREES_H

#include <stdbool.h>
#include <stdint.h>

struct breakpoint;
struct event_size;
struct probe;
struct process;
struct thread;

/** Blocks of layered allocators (probe_is_layered()) have this bit in process.live: one may
 *  begin where a block of malloc does. */
#define FREES_LAYERED (1ull << 63)
/** The member of process.live for a block of probe. */
uint64_t frees_key(const struct probe *probe, uint64_t addr);
/** Tell the supervisor of a free; older: what the allocator gave a block that is older than the
 *  tracing, else NULL. */
void frees_emit(struct process *p, const struct thread *t, uint32_t probe, uint64_t ptr,
		const struct event_size *older);
/** The supervisor was told of a new block. */
void frees_add_live(struct process *p, const struct probe *probe, uint64_t addr);
/** Thread t stands at the entry of a function that frees. If the block is one of process.live it is
 *  freed, wherever the call comes from: true. */
bool frees_live(struct process *p, struct thread *t, const struct breakpoint *b);
/** The same with a block that is not, outside of all calls of its family that are pending. False: a
 *  row is missing, t is held; or t runs, to come here again. */
bool frees_unknown(struct process *p, struct thread *t, const struct breakpoint *b);
/** What t has freed is forgotten. */
void frees_forget(struct thread *t);

#endif
