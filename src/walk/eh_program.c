// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "walk/eh_program.h"

/** Instructions: those with an operand in the lower six bits, and the others. */
enum {
	CFA_ADVANCE_LOC = 0x40,
	CFA_OFFSET = 0x80,
	CFA_RESTORE = 0xc0,
	CFA_HIGH = 0xc0,

	CFA_NOP = 0,
	CFA_ADVANCE_LOC1 = 2,
	CFA_ADVANCE_LOC2,
	CFA_ADVANCE_LOC4,
	CFA_OFFSET_EXTENDED,
	CFA_RESTORE_EXTENDED,
	CFA_UNDEFINED,
	CFA_SAME_VALUE,
	CFA_REGISTER,
	CFA_REMEMBER_STATE,
	CFA_RESTORE_STATE,
	CFA_DEF_CFA,
	CFA_DEF_CFA_REGISTER,
	CFA_DEF_CFA_OFFSET,
	CFA_DEF_CFA_EXPRESSION,
	CFA_EXPRESSION,
	CFA_OFFSET_EXTENDED_SF,
	CFA_DEF_CFA_SF,
	CFA_DEF_CFA_OFFSET_SF,
	CFA_VAL_OFFSET,
	CFA_VAL_OFFSET_SF,
	CFA_VAL_EXPRESSION,
	CFA_GNU_ARGS_SIZE = 0x2e,
};

/** Index in struct eh_state of a register that a row tells of. */
static bool index_of(const struct arch_unwind *arch, uint64_t reg, unsigned *ret)
{
	unsigned i;

	for (i = WALK_SP + 1; i < arch->num_saved; i++)
		if (arch->dwarf_regs[i] == reg) {
			*ret = i;
			return true;
		}
	return false;
}

static void set_at(struct eh_state *s, unsigned i, enum eh_rule rule, int64_t offset)
{
	s->rules[i] = rule;
	s->offsets[i] = (int16_t)offset;
	// Odd ones mean something else in a row.
	if (rule == EH_SAVED && (offset & 1 || offset < INT16_MIN + 2 || offset > INT16_MAX))
		s->rules[i] = EH_OTHER;
}

static void set(struct eh_machine *m, uint64_t reg, enum eh_rule rule, int64_t offset)
{
	unsigned i;

	if (index_of(m->arch, reg, &i))
		set_at(&m->now, i, rule, offset);
	if (reg == m->common.return_reg)
		set_at(&m->now, EH_RETURN_ADDR, rule, offset);
}

static void restore(struct eh_machine *m, uint64_t reg)
{
	unsigned i;

	if (index_of(m->arch, reg, &i)) {
		m->now.rules[i] = m->initial.rules[i];
		m->now.offsets[i] = m->initial.offsets[i];
	}
	if (reg == m->common.return_reg) {
		m->now.rules[EH_RETURN_ADDR] = m->initial.rules[EH_RETURN_ADDR];
		m->now.offsets[EH_RETURN_ADDR] = m->initial.offsets[EH_RETURN_ADDR];
	}
}

static int64_t scaled(const struct eh_machine *m, uint64_t offset)
{
	return (int64_t)(offset * (uint64_t)m->common.data_align);
}

static void define_cfa(struct eh_machine *m, uint64_t reg, int64_t offset)
{
	m->now.cfa_rule = EH_SAVED;
	m->now.cfa_reg = reg;
	m->now.cfa_offset = offset;
}

static bool remember(struct eh_machine *m)
{
	if (m->num_states == EH_MAX_STATES)
		return false;
	m->states[m->num_states++] = m->now;
	return true;
}

static bool recall(struct eh_machine *m)
{
	if (!m->num_states)
		return false;
	m->now = m->states[--m->num_states];
	return true;
}

/** Instructions about the CFA. False: not one that is known. */
static bool run_cfa(struct eh_machine *m, uint8_t op)
{
	struct eh_cursor *c = &m->cursor;
	uint64_t reg;

	switch (op) {
	case CFA_DEF_CFA:
		reg = eh_uleb(c);
		define_cfa(m, reg, (int64_t)eh_uleb(c));
		return true;
	case CFA_DEF_CFA_SF:
		reg = eh_uleb(c);
		define_cfa(m, reg, scaled(m, (uint64_t)eh_sleb(c)));
		return true;
	case CFA_DEF_CFA_REGISTER:
		m->now.cfa_reg = eh_uleb(c);
		return m->now.cfa_rule == EH_SAVED;
	case CFA_DEF_CFA_OFFSET:
		m->now.cfa_offset = (int64_t)eh_uleb(c);
		return m->now.cfa_rule == EH_SAVED;
	case CFA_DEF_CFA_OFFSET_SF:
		m->now.cfa_offset = scaled(m, (uint64_t)eh_sleb(c));
		return m->now.cfa_rule == EH_SAVED;
	case CFA_DEF_CFA_EXPRESSION:
		eh_skip(c, eh_uleb(c));
		m->now.cfa_rule = EH_OTHER;
		return true;
	default:
		return false;
	}
}

/** Instructions about a register. */
static bool run_register(struct eh_machine *m, uint8_t op)
{
	struct eh_cursor *c = &m->cursor;
	uint64_t reg = eh_uleb(c);

	switch (op) {
	case CFA_OFFSET_EXTENDED:
		set(m, reg, EH_SAVED, scaled(m, eh_uleb(c)));
		return true;
	case CFA_OFFSET_EXTENDED_SF:
		set(m, reg, EH_SAVED, scaled(m, (uint64_t)eh_sleb(c)));
		return true;
	case CFA_RESTORE_EXTENDED:
		restore(m, reg);
		return true;
	case CFA_UNDEFINED:
		set(m, reg, EH_UNDEFINED, 0);
		return true;
	case CFA_SAME_VALUE:
		set(m, reg, EH_SAME, 0);
		return true;
	case CFA_EXPRESSION:
	case CFA_VAL_EXPRESSION:
		set(m, reg, EH_OTHER, 0);
		eh_skip(c, eh_uleb(c));
		return true;
	case CFA_REGISTER:
	case CFA_VAL_OFFSET:
	case CFA_VAL_OFFSET_SF:
		set(m, reg, EH_OTHER, 0);
		eh_uleb(c);
		return true;
	default:
		return false;
	}
}

static bool is_about_cfa(uint8_t op)
{
	return (op >= CFA_DEF_CFA && op <= CFA_DEF_CFA_EXPRESSION) || op == CFA_DEF_CFA_SF ||
	       op == CFA_DEF_CFA_OFFSET_SF;
}

/** One with its operand, if any, behind it. */
static bool run_low(struct eh_machine *m, uint8_t op)
{
	struct eh_cursor *c = &m->cursor;

	switch (op) {
	case CFA_NOP:
		return true;
	case CFA_ADVANCE_LOC1:
	case CFA_ADVANCE_LOC2:
	case CFA_ADVANCE_LOC4:
		m->location += m->common.code_align * eh_number(c, 1u << (op - CFA_ADVANCE_LOC1));
		return true;
	case CFA_REMEMBER_STATE:
		return remember(m);
	case CFA_RESTORE_STATE:
		return recall(m);
	case CFA_GNU_ARGS_SIZE:
		eh_uleb(c);
		return true;
	default:
		return is_about_cfa(op) ? run_cfa(m, op) : run_register(m, op);
	}
}

bool eh_run(struct eh_machine *m)
{
	struct eh_cursor *c = &m->cursor;
	uint8_t op;

	while (c->at < c->end && !c->is_bad) {
		op = eh_u8(c);
		switch (op & CFA_HIGH) {
		case CFA_ADVANCE_LOC:
			m->location += m->common.code_align * (op & 0x3fu);
			break;
		case CFA_OFFSET:
			set(m, op & 0x3fu, EH_SAVED, scaled(m, eh_uleb(c)));
			break;
		case CFA_RESTORE:
			restore(m, op & 0x3fu);
			break;
		default:
			if (!run_low(m, op))
				return false;
		}
		if (m->location > m->pc)
			break;
	}
	return !c->is_bad;
}
