// SPDX-License-Identifier: GPL-3.0-or-later
/** The allocator functions that are planted in a process, and the code of its operators new. Not
 *  thread-safe: it belongs to one process, and is used under its lock. */
#ifndef SUPERVISOR_CODE_PROBE_TABLE_H
#define SUPERVISOR_CODE_PROBE_TABLE_H

#include "base/err.h"
#include "wire/plant_why.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** An allocator function that was planted. */
struct planted_probe {
	uint32_t module;
	/** Index for probe_at(). */
	uint32_t probe;
	/** Runtime address, and bytes; 0: not known. */
	uint64_t addr;
	uint64_t size;
	/** Place in shared->stats.hits[]. */
	uint32_t hit_slot;
	bool is_live;
	/** As the tracer has told last; a breakpoint until then. */
	enum plant_how how;
	enum plant_why why;
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

/** Add a probe, and give it its hit_slot. A module that was unloaded and loaded again at the same
 *  place keeps its counters. False: out of memory. */
bool probe_table_add(struct probe_table *table, const struct planted_probe *probe,
		     uint32_t *slot_ret) __must_check;
/** The live probe at addr, if there is one, is entered in that way. */
void probe_table_tell(struct probe_table *table, uint64_t addr, enum plant_how how,
		      enum plant_why why);
/** Add the code of an operator new. False: out of memory. */
bool probe_table_add_new(struct probe_table *table, const struct new_range *range) __must_check;
/** Tell whether an operator new and an operator new[] are one function. */
bool probe_table_has_merged_new(const struct probe_table *table);
/** A module is gone. Its probes stay in the table, but are not live any more. */
void probe_table_withdraw(struct probe_table *table, uint32_t module);
/** All modules are gone. */
void probe_table_withdraw_all(struct probe_table *table);

/** How many probes were added. i is in [0, probe_table_num()); a pointer is valid until the next
 *  change. */
size_t probe_table_num(const struct probe_table *table);
const struct planted_probe *probe_table_get(const struct probe_table *table, size_t i);
/** How many probes are live. */
unsigned probe_table_num_live(const struct probe_table *table);
/** Tell whether a live probe has this index for probe_at(). */
bool probe_table_has(const struct probe_table *table, uint32_t probe);
/** The operator new in which a frame value (heap/frame.h) lies, or NULL. */
const struct new_range *probe_table_find_new(const struct probe_table *table, uint64_t frame);

#endif
