// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "obj/symbols/lines.h"

#include "obj/files/libdw_open.h"
#include "obj/symbols/missing.h"
#include "obj/symbols/scopes.h"

#include <dwarf.h>
#include <stdlib.h>

/** How far a look-up looks back over ranges that begin later but end before: they overlap only in
 *  broken files. */
#define MAX_LOOK_BACK 64

struct unit_range {
	uint64_t start;
	uint64_t end;
	size_t unit;
};

struct unit {
	/** The unit's DIE in the file: the line table belongs to it. */
	Dwarf_Die die;
	/** The DIE that has the functions: that of the .dwo file of a split unit, else the same. */
	Dwarf_Die scope_die;
	/** The .dwo file is not there: which functions were inlined is not known. */
	bool is_split_missing;
	bool is_indexed;
	struct scope_index functions;
};

struct lines {
	/** Lives longer. */
	struct libdw_view *view;
	VEC(struct unit) units;
	size_t num_split_missing;
	/** Ascending by start. */
	VEC(struct unit_range) ranges;
};

static struct err *add_ranges(struct lines *lines, size_t unit_id)
{
	Dwarf_Die *die = &lines->units.items[unit_id].die;
	Dwarf_Addr base, start, end;
	ptrdiff_t offset = 0;

	while ((offset = dwarf_ranges(die, offset, &base, &start, &end)) > 0) {
		struct unit_range range = {start, end, unit_id};

		// Functions that the linker threw away keep ranges near 0 or -1.
		if (start >= end || !elf_file_is_code(lines->view->file, start))
			continue;
		if (!vec_push(&lines->ranges, range))
			return &err_nomem;
	}
	return NULL;
}

static int compare_ranges(const void *va, const void *vb)
{
	const struct unit_range *a = va, *b = vb;

	if (a->start != b->start)
		return a->start < b->start ? -1 : 1;
	return a->unit < b->unit ? -1 : a->unit > b->unit;
}

static const char *string_of(Dwarf_Die *die, unsigned name)
{
	Dwarf_Attribute attr;

	return dwarf_formstring(dwarf_attr(die, name, &attr));
}

/** The name of the .dwo file, or NULL. */
static const char *split_name(Dwarf_Die *die)
{
	const char *name = string_of(die, DW_AT_dwo_name);

	return name ? name : string_of(die, DW_AT_GNU_dwo_name);
}

static struct err *read_units(struct lines *lines)
{
	Dwfl_Module *module = libdw_view_module(lines->view);
	Dwarf_Addr bias;
	Dwarf *dwarf = module ? dwfl_module_getdwarf(module, &bias) : NULL;
	Dwarf_CU *cu = NULL;
	Dwarf_Die die, sub;
	uint8_t type;
	struct err *err;

	while (dwarf && dwarf_get_units(dwarf, cu, &cu, NULL, &type, &die, &sub) == 0) {
		struct unit unit = {.die = die, .scope_die = die};

		if (type != DW_UT_compile && type != DW_UT_skeleton)
			continue;
		if (type == DW_UT_skeleton && dwarf_tag(&sub) == DW_TAG_compile_unit)
			unit.scope_die = sub;
		else
			unit.is_split_missing = type == DW_UT_skeleton || split_name(&die);
		lines->num_split_missing += unit.is_split_missing;
		if (!vec_push(&lines->units, unit))
			return &err_nomem;
		err = add_ranges(lines, lines->units.num - 1);
		if (err)
			return err;
	}
	if (!lines->units.num)
		missing_compressed(lines->view);
	if (lines->ranges.num)
		qsort(lines->ranges.items, lines->ranges.num, sizeof(struct unit_range),
		      compare_ranges);
	return NULL;
}

struct err *lines_create(struct libdw_view *view, struct lines **ret)
{
	struct lines *lines = calloc(1, sizeof(*lines));
	struct libdw_guard guard;
	struct err *err;

	if (!lines)
		return &err_nomem;
	lines->view = view;
	// Split units and supplementary files are opened when something of theirs is asked for.
	libdw_guard_begin(&guard, view->target, view->expansion);
	err = read_units(lines);
	libdw_guard_end(&guard);
	if (err) {
		lines_destroy(lines);
		return err;
	}
	*ret = lines;
	return NULL;
}

void lines_destroy(struct lines *lines)
{
	size_t i;

	if (!lines)
		return;
	for (i = 0; i < lines->units.num; i++)
		scope_index_deinit(&lines->units.items[i].functions);
	vec_deinit(&lines->units);
	vec_deinit(&lines->ranges);
	free(lines);
}

static struct unit *find_unit(struct lines *lines, uint64_t addr)
{
	size_t low = 0, high = lines->ranges.num, last;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (lines->ranges.items[mid].start <= addr)
			low = mid + 1;
		else
			high = mid;
	}
	last = low > MAX_LOOK_BACK ? low - MAX_LOOK_BACK : 0;
	while (low-- > last)
		if (addr < lines->ranges.items[low].end)
			return &lines->units.items[lines->ranges.items[low].unit];
	return NULL;
}

/** Index of the last row at or before addr; rows are sorted by address. SIZE_MAX: none. */
static size_t find_row(Dwarf_Lines *rows, size_t num, uint64_t addr)
{
	size_t low = 0, high = num;
	Dwarf_Addr row_addr;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (dwarf_lineaddr(dwarf_onesrcline(rows, mid), &row_addr) != 0)
			return SIZE_MAX;
		if (row_addr <= addr)
			low = mid + 1;
		else
			high = mid;
	}
	return low - 1;
}

/** The row of the line table for addr. Rows with line 0 (code that belongs to no line) count as the
 *  one before. */
static void find_line(Dwarf_Die *unit, uint64_t addr, struct line_frame *ret)
{
	Dwarf_Lines *rows;
	size_t num, i;

	if (dwarf_getsrclines(unit, &rows, &num) != 0)
		return;
	for (i = find_row(rows, num, addr); i < num; i--) {
		Dwarf_Line *row = dwarf_onesrcline(rows, i);
		bool is_end = true;
		int line = 0;

		if (dwarf_lineendsequence(row, &is_end) != 0 || is_end ||
		    dwarf_lineno(row, &line) != 0)
			return;
		if (line <= 0)
			continue;
		ret->line = (uint32_t)line;
		ret->file = dwarf_linesrc(row, NULL, NULL);
		return;
	}
}

/** Where an inlined function was called from. */
static void find_call_site(Dwarf_Die *inlined, struct line_frame *ret)
{
	Dwarf_Attribute attr;
	Dwarf_Files *files;
	Dwarf_Word value;
	Dwarf_Die unit;
	size_t num;

	if (dwarf_formudata(dwarf_attr(inlined, DW_AT_call_line, &attr), &value) == 0 &&
	    value <= UINT32_MAX)
		ret->line = (uint32_t)value;
	if (dwarf_formudata(dwarf_attr(inlined, DW_AT_call_file, &attr), &value) == 0 &&
	    dwarf_diecu(inlined, &unit, NULL, NULL) &&
	    dwarf_getsrcfiles(&unit, &files, &num) == 0 && value < num)
		ret->file = dwarf_filesrc(files, value, NULL, NULL);
}

static struct err *find_lines(struct lines *lines, uint64_t addr, struct line_frames *ret)
{
	struct scope_chain chain = {.num = 0};
	struct line_frame frame = {0};
	struct unit *unit = find_unit(lines, addr);
	struct err *err;
	size_t i;

	if (!unit)
		return NULL;
	if (!unit->is_indexed) {
		err = scope_index_init(&unit->functions, &unit->scope_die);
		if (err)
			return err;
		unit->is_indexed = true;
	}
	frame.comp_dir = string_of(&unit->die, DW_AT_comp_dir);
	find_line(&unit->die, addr, &frame);
	scope_index_find(&unit->functions, addr, &chain);
	// The line may be one of an inlined function, of which only the container's name would be
	// known.
	if (!chain.num && unit->is_split_missing) {
		missing_split_units(lines->view, split_name(&unit->die), lines->num_split_missing);
		return NULL;
	}
	// No function, or one of its scopes: the line alone.
	if (!chain.num && frame.file && !vec_push(ret, frame))
		return &err_nomem;
	for (i = chain.num; i-- > 0;) {
		frame.function = scope_name(&chain.dies[i]);
		if (!vec_push(ret, frame))
			return &err_nomem;
		frame = (struct line_frame){.comp_dir = frame.comp_dir};
		if (i)
			find_call_site(&chain.dies[i], &frame);
	}
	return NULL;
}

struct err *lines_find(struct lines *lines, uint64_t addr, struct line_frames *ret)
{
	struct libdw_guard guard;
	struct err *err;

	libdw_guard_begin(&guard, lines->view->target, lines->view->expansion);
	err = find_lines(lines, addr, ret);
	libdw_guard_end(&guard);
	return err;
}
