// SPDX-License-Identifier: GPL-3.0-or-later
/** The allocator functions that are planted in a process, and the code of its operators new. Not
 *  thread-safe: of one process, under its lock. */
#ifndef SUPERVISOR_CODE_PROBE_TABLE_H
#define SUPERVISOR_CODE_PROBE_TABLE_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** An allocator function that was planted. */
struct planted_probe {
	uint32_t module;
	/** Index for probe_at(). */
	uint32_t probe;
	/** Runtime address. */
	uint64_t addr;
	/** Place in shared->stats.hits[]. */
	uint32_t hit_slot;
	bool is_live;
};

/** Code of an operator new: a stack whose newest frame lies inside belongs to its domain. ELF
 *  addresses. */
struct new_range {
	uint32_t module;
	uint32_t domain;
	uint64_t start;
	uint64_t end;
};

struct probe_table;

struct err *probe_table_create(struct probe_table **ret) __must_check;
/** NULL is fine. */
void probe_table_destroy(struct probe_table *table);

/** Add a probe, whose hit_slot is given here. A module that was unloaded and loaded again at the
 *  same place keeps its counters. False: without memory. */
bool probe_table_add(struct probe_table *table, const struct planted_probe *probe,
		     uint32_t *slot_ret) __must_check;
/** Likewise. */
bool probe_table_add_new(struct probe_table *table, const struct new_range *range) __must_check;
/** A module is gone: its probes live no more, but stay. */
void probe_table_withdraw(struct probe_table *table, uint32_t module);
/** All modules are gone. */
void probe_table_withdraw_all(struct probe_table *table);

/** All that were added, i in [0, probe_table_num()); valid until the next change. */
size_t probe_table_num(const struct probe_table *table);
const struct planted_probe *probe_table_get(const struct probe_table *table, size_t i);
/** How many of them live. */
unsigned probe_table_num_live(const struct probe_table *table);
/** Does one of this index for probe_at() live? */
bool probe_table_has(const struct probe_table *table, uint32_t probe);
/** The operator new in which a frame value (heap/frame.h) lies, or NULL. */
const struct new_range *probe_table_find_new(const struct probe_table *table, uint64_t frame);

#endif
