// SPDX-License-Identifier: GPL-3.0-or-later
// The form is that of the Linux Standard Base, "Exception Frames", and of DWARF 5, section 6.4.
#include "config.h"

#include "walk/eh_frame.h"

#include "base/mem.h"
#include "walk/eh_program.h"

/** Encodings of addresses (DW_EH_PE_*) that linkers and compilers use. */
#define PE_UDATA4        0x03
#define PE_PCREL_SDATA4  0x1b
#define PE_DATREL_SDATA4 0x3b
/** The header that all linkers write: version 1, encodings of its numbers. */
#define HEADER (1u | PE_PCREL_SDATA4 << 8 | PE_UDATA4 << 16 | (unsigned)PE_DATREL_SDATA4 << 24)
/** Bytes before the search table, and of an entry of it. */
#define TABLE_OFFSET 12
#define ENTRY_SIZE   8
/** Longer ones are nonsense. */
#define MAX_SIZE (1u << 20)

_Static_assert(sizeof(struct eh_machine) <= sizeof(struct eh_room), "its room");

static void go_to(struct eh_cursor *c, uint64_t at, uint64_t size)
{
	c->at = at;
	c->end = at + size;
	c->is_bad |= c->end < at;
}

/** The entry of the search table that pc may belong to, by its distance from the header: the last
 *  one that does not begin behind it. */
static bool search(const struct eh_area *area, struct eh_cursor *c, uint64_t pc, uint64_t *fde_ret)
{
	int64_t distance = (int64_t)(pc - area->header);
	uint64_t table = area->header + TABLE_OFFSET, first = 0, last, mid;

	go_to(c, area->header, area->header_size);
	if (eh_number(c, 4) != HEADER)
		return false;
	eh_skip(c, 4);
	last = eh_number(c, 4);
	if (c->is_bad || last > (area->header_size - TABLE_OFFSET) / ENTRY_SIZE)
		return false;
	while (first < last) {
		mid = first + (last - first) / 2;
		c->at = table + mid * ENTRY_SIZE;
		if (eh_s32(c) <= distance)
			first = mid + 1;
		else
			last = mid;
	}
	if (!first)
		return false;
	c->at = table + (first - 1) * ENTRY_SIZE + 4;
	*fde_ret = area->header + (uint64_t)(int64_t)eh_s32(c);
	return !c->is_bad;
}

/** At the length of an entry: from now on the cursor ends with the entry. */
static bool enter_entry(struct eh_cursor *c, uint64_t at)
{
	uint64_t size;

	go_to(c, at, 4);
	size = eh_number(c, 4);
	go_to(c, at + 4, size);
	return !c->is_bad && size && size <= MAX_SIZE;
}

/** The address of the personality routine in the augmentation data of a CIE. */
static void skip_personality(struct eh_cursor *c)
{
	static const uint8_t sizes[8] = {8, 0, 2, 4, 8, 0, 0, 0};
	uint8_t encoding = eh_u8(c), size = sizes[encoding & 7];

	c->is_bad |= !size || (encoding & 0x70) > 0x40;
	eh_skip(c, size);
}

/** What the letters of the augmentation say; 'z' was the first. Signal frames ('S') and all that is
 *  new are for somebody else. */
static bool read_augmentation(struct eh_cursor *letters, struct eh_cursor *data)
{
	bool has_encoding = false;
	uint8_t letter;

	while ((letter = eh_u8(letters)))
		switch (letter) {
		case 'R':
			has_encoding = eh_u8(data) == PE_PCREL_SDATA4;
			break;
		case 'P':
			skip_personality(data);
			break;
		case 'L':
			eh_u8(data);
			break;
		default:
			return false;
		}
	return has_encoding && !letters->is_bad && !data->is_bad;
}

/** Read the CIE at `at`, up to its instructions. */
static bool read_common(struct eh_machine *m, uint64_t at)
{
	struct eh_cursor *c = &m->cursor;
	struct eh_common *ret = &m->common;
	uint64_t version, size;

	if (!enter_entry(c, at) || eh_number(c, 4) != 0)
		return false;
	version = eh_u8(c);
	if ((version != 1 && version != 3) || eh_u8(c) != 'z')
		return false;
	m->other = *c;
	while (eh_u8(c))
		;
	ret->code_align = eh_uleb(c);
	ret->data_align = eh_sleb(c);
	ret->return_reg = version == 1 ? eh_u8(c) : eh_uleb(c);
	size = eh_uleb(c);
	at = c->at;
	if (c->is_bad || !read_augmentation(&m->other, c) || c->at - at > size)
		return false;
	c->at = at;
	eh_skip(c, size);
	return !c->is_bad;
}

/** Run the entry at fde. False: pc is not its, or something is not known. */
static bool run_entry(struct eh_machine *m, uint64_t fde)
{
	struct eh_cursor *c = &m->cursor;
	uint64_t start, place, common, end;

	if (!enter_entry(c, fde))
		return false;
	place = c->at;
	common = place - eh_number(c, 4);
	place += 4;
	end = c->end;
	if (c->is_bad || !read_common(m, common))
		return false;
	// No address is so high, so that all of it is run.
	m->location = 0;
	if (!eh_run(m))
		return false;
	m->initial = m->now;
	go_to(c, place, end - place);
	start = place + (uint64_t)(int64_t)eh_s32(c);
	m->location = start;
	if (m->pc - start >= eh_number(c, 4))
		return false;
	eh_skip(c, eh_uleb(c));
	return !c->is_bad && eh_run(m);
}

static bool make_row(const struct eh_machine *m, struct cfi_row *ret)
{
	const struct arch_unwind *arch = m->arch;
	const struct eh_state *s = &m->now;
	unsigned i;

	switch (s->rules[EH_RETURN_ADDR]) {
	case EH_UNDEFINED:
		ret->kind = CFI_ROW_END;
		return true;
	case EH_SAVED:
		ret->ra_offset = s->offsets[EH_RETURN_ADDR];
		break;
	default:
		return false;
	}
	for (i = 0; i < arch->num_regs && arch->dwarf_regs[i] != s->cfa_reg; i++)
		;
	if (s->cfa_rule != EH_SAVED || i == arch->num_regs ||
	    s->cfa_offset != (int32_t)s->cfa_offset)
		return false;
	ret->kind = CFI_ROW_REG;
	ret->cfa_reg = (uint8_t)i;
	ret->cfa_offset = (int32_t)s->cfa_offset;
	for (i = WALK_SP + 1; i < arch->num_saved; i++) {
		if (s->rules[i] == EH_OTHER)
			return false;
		if (s->rules[i] == EH_SAVED)
			ret->reg_offset[i] = s->offsets[i];
	}
	return true;
}

/** obj/cfi takes it for the signal trampoline, whatever its call-frame information says. */
static bool may_be_trampoline(struct eh_machine *m, uint64_t pc)
{
	struct eh_cursor *c = &m->cursor;
	size_t i;

	go_to(c, pc, m->arch->trampoline_size);
	for (i = 0; i < m->arch->trampoline_size; i++)
		if (eh_u8(c) != m->arch->trampoline[i])
			return c->is_bad;
	return i;
}

bool eh_frame_row(const struct eh_area *area, const struct arch_unwind *arch, eh_read *read,
		  void *ctx, struct eh_room *room, uint64_t pc, bool is_call_site,
		  struct cfi_row *ret)
{
	struct eh_machine *m = (struct eh_machine *)room->words;
	uint64_t fde;
	unsigned i;

	m->cursor = (struct eh_cursor){.read = read, .ctx = ctx, .word_addr = 1};
	m->arch = arch;
	m->pc = pc - is_call_site;
	m->num_states = 0;
	memset(&m->now, 0, sizeof(m->now));
	*ret = (struct cfi_row){.kind = CFI_ROW_NONE};
	for (i = 0; i < WALK_MAX_SAVED; i++)
		ret->reg_offset[i] = CFI_ROW_SAME;
	return !may_be_trampoline(m, pc) && search(area, &m->cursor, m->pc, &fde) &&
	       run_entry(m, fde) && make_row(m, ret);
}
