// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "obj/symbols/scopes.h"

#include "base/vec.h"

#include <dwarf.h>
#include <stdbool.h>
#include <stdlib.h>

/** Namespaces and classes, and lexical blocks, inside each other. */
#define MAX_DEPTH 256
/** How far a look-up looks back over functions that begin later: nested or split ones. */
#define MAX_LOOK_BACK 64

/** Go to the first child or the next sibling. Sibling references of malformed files could lead
 *  back: only forwards is believed. */
static bool first_child(Dwarf_Die *die, Dwarf_Die *ret)
{
	return dwarf_child(die, ret) == 0;
}

static bool next_sibling(Dwarf_Die *die)
{
	Dwarf_Off before = dwarf_dieoffset(die);

	return dwarf_siblingof(die, die) == 0 && dwarf_dieoffset(die) > before;
}

static struct err *add_function(struct scope_index *index, Dwarf_Die *die)
{
	Dwarf_Addr base, start, end;
	ptrdiff_t offset = 0;

	while ((offset = dwarf_ranges(die, offset, &base, &start, &end)) > 0) {
		struct scope_range range = {start, end, *die};

		if (start < end && !vec_push(index, range))
			return &err_nomem;
	}
	return NULL;
}

/** What may hold functions with code. */
static bool is_container(int tag)
{
	switch (tag) {
	case DW_TAG_namespace:
	case DW_TAG_module:
	case DW_TAG_class_type:
	case DW_TAG_structure_type:
	case DW_TAG_union_type:
	case DW_TAG_enumeration_type:
	case DW_TAG_interface_type:
	case DW_TAG_subprogram:
	case DW_TAG_lexical_block:
		return true;
	default:
		return false;
	}
}

static struct err *add_functions(struct scope_index *index, Dwarf_Die *parent, unsigned depth)
{
	struct err *err;
	Dwarf_Die die;

	if (depth > MAX_DEPTH || !first_child(parent, &die))
		return NULL;
	do {
		int tag = dwarf_tag(&die);

		err = tag == DW_TAG_subprogram ? add_function(index, &die) : NULL;
		if (!err && is_container(tag))
			err = add_functions(index, &die, depth + 1);
		if (err)
			return err;
	} while (next_sibling(&die));
	return NULL;
}

static int compare_ranges(const void *va, const void *vb)
{
	const struct scope_range *a = va, *b = vb;

	if (a->start != b->start)
		return a->start < b->start ? -1 : 1;
	// Of two that begin together the inner one comes last, where a look-up begins.
	return a->end > b->end ? -1 : a->end < b->end;
}

struct err *scope_index_init(struct scope_index *index, Dwarf_Die *unit)
{
	struct scope_index built = {0};
	struct err *err = add_functions(&built, unit, 0);

	if (err) {
		scope_index_deinit(&built);
		return err;
	}
	if (built.num)
		qsort(built.items, built.num, sizeof(*built.items), compare_ranges);
	*index = built;
	return NULL;
}

void scope_index_deinit(struct scope_index *index)
{
	vec_deinit(index);
}

static const struct scope_range *find_function(const struct scope_index *index, uint64_t addr)
{
	size_t low = 0, high = index->num, last;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (index->items[mid].start <= addr)
			low = mid + 1;
		else
			high = mid;
	}
	last = low > MAX_LOOK_BACK ? low - MAX_LOOK_BACK : 0;
	while (low-- > last)
		if (addr < index->items[low].end)
			return &index->items[low];
	return NULL;
}

static bool has_no_range(Dwarf_Die *die)
{
	return !dwarf_hasattr(die, DW_AT_low_pc) && !dwarf_hasattr(die, DW_AT_ranges);
}

/** Append the inlined functions at addr below a scope. True: the innermost was reached. */
static bool find_inlined(Dwarf_Die *scope, uint64_t addr, unsigned depth, struct scope_chain *chain)
{
	Dwarf_Die die;

	if (depth > MAX_DEPTH || !first_child(scope, &die))
		return false;
	do {
		int tag = dwarf_tag(&die);

		if (tag != DW_TAG_inlined_subroutine && tag != DW_TAG_lexical_block &&
		    tag != DW_TAG_try_block && tag != DW_TAG_catch_block)
			continue;
		if (dwarf_haspc(&die, addr) == 1) {
			if (tag == DW_TAG_inlined_subroutine) {
				if (chain->num == SCOPE_MAX_INLINED)
					return true;
				chain->dies[chain->num++] = die;
			}
			find_inlined(&die, addr, depth + 1, chain);
			return true;
		}
		// A block without range may hold some that have one.
		if (tag == DW_TAG_lexical_block && has_no_range(&die) &&
		    find_inlined(&die, addr, depth + 1, chain))
			return true;
	} while (next_sibling(&die));
	return false;
}

void scope_index_find(const struct scope_index *index, uint64_t addr, struct scope_chain *ret)
{
	const struct scope_range *range = find_function(index, addr);

	ret->num = 0;
	if (!range)
		return;
	ret->dies[ret->num++] = range->function;
	find_inlined(&ret->dies[0], addr, 0, ret);
}

const char *scope_name(Dwarf_Die *function)
{
	Dwarf_Attribute attr;
	const char *name = NULL;

	if (dwarf_attr_integrate(function, DW_AT_linkage_name, &attr) ||
	    dwarf_attr_integrate(function, DW_AT_MIPS_linkage_name, &attr))
		name = dwarf_formstring(&attr);
	return name ? name : dwarf_diename(function);
}
